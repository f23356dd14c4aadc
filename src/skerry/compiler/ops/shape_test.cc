#include <gtest/gtest.h>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TestNode Reshape(Shape x, std::vector<std::int64_t> shape) {
  return TestNode("Reshape").Input(std::move(x)).Ints(std::move(shape));
}

TestNode Range(std::int64_t start, std::int64_t limit, std::int64_t delta) {
  return TestNode("Range")
      .Constant(Tensor::Of<std::int64_t>({}, {start}))
      .Constant(Tensor::Of<std::int64_t>({}, {limit}))
      .Constant(Tensor::Of<std::int64_t>({}, {delta}));
}

TEST(ReshapeInferTest, FillsInZerosAndOneUnknown) {
  EXPECT_EQ(Reshape({2, 3, 4}, {0, -1}).Type(), "float32[2, 12]");
  EXPECT_EQ(Reshape({1}, {}).Type(), "float32[]");
  EXPECT_EQ(Reshape({0, 3}, {3, 0}).Set("allowzero", {1}).Type(),
            "float32[3, 0]");
}

TEST(ReshapeInferTest, KeepsTheElementCount) {
  EXPECT_EQ(Reshape({2, 3}, {4}).Type(),
            "Reshape 'n': input has shape [2, 3], which cannot become [4]");
  EXPECT_FALSE(Reshape({2, 3}, {-1, -1}).Infer());
  EXPECT_FALSE(Reshape({2, 3}, {-2, 3}).Infer());
  EXPECT_FALSE(Reshape({2, 3}, {4, -1}).Infer());
  EXPECT_FALSE(Reshape({2, 3}, {2, 3, 0}).Infer());
  EXPECT_FALSE(Reshape({0, 3}, {0, -1}).Infer());
}

TEST(FlattenInferTest, MakesTwoAxes) {
  EXPECT_EQ(TestNode("Flatten").Input({2, 3, 4}).Type(), "float32[2, 12]");
  EXPECT_EQ(TestNode("Flatten").Input({2, 3, 4}).Set("axis", {0}).Type(),
            "float32[1, 24]");
  EXPECT_EQ(TestNode("Flatten").Input({2, 3, 4}).Set("axis", {-1}).Type(),
            "float32[6, 4]");
  EXPECT_EQ(TestNode("Flatten").Input({2, 3}).Set("axis", {3}).Type(),
            "Flatten 'n': attribute 'axis' is 3, input has 2 dimensions");
}

TEST(SqueezeInferTest, RemovesAxesOfOne) {
  EXPECT_EQ(TestNode("Squeeze").Input({1, 3, 1}).Type(), "float32[3]");
  EXPECT_EQ(TestNode("Squeeze").Input({1, 3, 1}).Ints({-1}).Type(),
            "float32[1, 3]");
  EXPECT_EQ(TestNode("Squeeze").Input({1, 3, 1}).Ints({1}).Type(),
            "Squeeze 'n': axis 1 of float32[1, 3, 1] is not 1");
  EXPECT_EQ(TestNode("Squeeze").Input({1, 3, 1}).Ints({0, -3}).Type(),
            "Squeeze 'n': input 'axes' names axis 0 twice");
}

TEST(UnsqueezeInferTest, AddsAxesOfOne) {
  EXPECT_EQ(TestNode("Unsqueeze").Input({3}).Ints({0, -1}).Type(),
            "float32[1, 3, 1]");
  EXPECT_FALSE(TestNode("Unsqueeze").Input({3}).Ints({3}).Infer());
  EXPECT_EQ(
      TestNode("Unsqueeze").Input({3}).Ints({0, 1, 2, 3, 4, 5, 6, 7}).Type(),
      "Unsqueeze 'n': result would have 9 dimensions, at most 8 are "
      "supported");
}

TEST(RangeInferTest, CountsElements) {
  EXPECT_EQ(Range(2, 9, 3).Type(), "int64[3]");
  EXPECT_EQ(Range(9, 2, -3).Type(), "int64[3]");
  EXPECT_EQ(Range(9, 2, 3).Type(), "int64[0]");
  EXPECT_FALSE(Range(0, 9, 0).Infer());
  EXPECT_FALSE(Range(0, std::int64_t{1} << 60, 1).Infer());
}

TEST(NonZeroInferTest, CountsAConstant) {
  EXPECT_EQ(TestNode("NonZero")
                .Constant(Tensor::Of<float>({2, 2}, {0, 1, 2, 0}))
                .Type(),
            "int64[2, 2]");
  EXPECT_EQ(TestNode("NonZero").Input({4}).Type(),
            "NonZero 'n': the shape of the result depends on the data, which "
            "is not supported");
}

}  // namespace
}  // namespace skerry::compiler
