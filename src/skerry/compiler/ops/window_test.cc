#include <gtest/gtest.h>

#include <cmath>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TestNode MaxPool(Shape x) {
  return TestNode("MaxPool")
      .Input(std::move(x))
      .Set("kernel_shape", {3, 3})
      .Set("strides", {2, 2});
}

Tensor Scales(std::initializer_list<float> scales) {
  return Tensor::Of<float>({static_cast<std::int64_t>(scales.size())}, scales);
}

TEST(PoolInferTest, RoundsDownOrUp) {
  EXPECT_EQ(MaxPool({1, 8, 6, 6}).Type(), "float32[1, 8, 2, 2]");
  EXPECT_EQ(MaxPool({1, 8, 6, 6}).Set("ceil_mode", {1}).Type(),
            "float32[1, 8, 3, 3]");
}

TEST(PoolInferTest, LeavesOutWindowsThatStartBehindTheInput) {
  EXPECT_EQ(TestNode("MaxPool")
                .Input({1, 1, 4})
                .Set("kernel_shape", {2})
                .Set("strides", {3})
                .Set("pads", {0, 1})
                .Set("ceil_mode", {1})
                .Type(),
            "float32[1, 1, 2]");
}

TEST(PoolInferTest, ReadsChannelsLastInNhwc) {
  EXPECT_EQ(MaxPool({1, 7, 9, 8}).Text("layout", "NHWC").Type(),
            "float32[1, 3, 4, 8]");
}

TEST(PoolInferTest, GivesIndicesOnRequest) {
  const auto types =
      TestNode("MaxPool", 2).Input({1, 1, 4}).Set("kernel_shape", {2}).Infer();

  EXPECT_EQ(types->at(1).ToString(), "int64[1, 1, 3]");
}

TEST(PoolInferTest, ChecksItsKernel) {
  EXPECT_EQ(TestNode("AveragePool").Input({1, 1, 4}).Type(),
            "AveragePool 'n': attribute 'kernel_shape' is missing");
  EXPECT_EQ(MaxPool({1, 8, 2, 6}).Type(),
            "MaxPool 'n': kernel covers 3 elements, the padded input has 2");
  EXPECT_EQ(MaxPool({1, 8, 6, 6}).Set("pads", {3, 0, 0, 0}).Type(),
            "MaxPool 'n': attribute 'pads' has 3 where the kernel covers 3");
  EXPECT_EQ(MaxPool({1, 8}).Type(),
            "MaxPool 'n': input has shape [1, 8], want at least 3 dimensions");
}

TEST(GlobalPoolInferTest, LeavesOneElementPerPlane) {
  EXPECT_EQ(TestNode("GlobalAveragePool").Input({2, 3, 4, 5}).Type(),
            "float32[2, 3, 1, 1]");
  EXPECT_EQ(TestNode("GlobalMaxPool")
                .Input({2, 4, 5, 3})
                .Text("layout", "NHWC")
                .Type(),
            "float32[2, 1, 1, 3]");
}

TEST(ResizeInferTest, ScalesRoundDown) {
  EXPECT_EQ(TestNode("Resize")
                .Input({1, 3, 5, 5})
                .None()
                .Constant(Scales({1, 1, 2, 0.5F}))
                .Type(),
            "float32[1, 3, 10, 2]");
}

TEST(ResizeInferTest, SizesAreTheResult) {
  EXPECT_EQ(TestNode("Resize")
                .Input({1, 3, 5, 5})
                .None()
                .None()
                .Ints({1, 3, 8, 9})
                .Type(),
            "float32[1, 3, 8, 9]");
}

TEST(ResizeInferTest, WantsEitherScalesOrSizes) {
  EXPECT_EQ(TestNode("Resize").Input({1, 3}).Type(),
            "Resize 'n': wants one of the inputs 'scales' and 'sizes'");
}

TEST(ResizeInferTest, RefusesScalesThatAreNoScales) {
  for (const float scale : {0.0F, -1.0F, 1e30F, std::nanf("")}) {
    EXPECT_FALSE(
        TestNode("Resize").Input({4}).None().Constant(Scales({scale})).Infer());
  }
}

TEST(ResizeInferTest, NamesModesThatAreNotSupported) {
  EXPECT_EQ(TestNode("Resize")
                .Input({4})
                .None()
                .Constant(Scales({2}))
                .Text("mode", "lanczos")
                .Type(),
            "Resize 'n': attribute 'mode' is 'lanczos', supported are "
            "nearest, linear, cubic");
}

TEST(GridSampleInferTest, TakesItsPlaneFromTheGrid) {
  EXPECT_EQ(
      TestNode("GridSample").Input({2, 3, 4, 5}).Input({2, 6, 7, 2}).Type(),
      "float32[2, 3, 6, 7]");
  EXPECT_EQ(
      TestNode("GridSample").Input({2, 3, 4, 5}).Input({2, 6, 7, 3}).Type(),
      "GridSample 'n': grid has shape [2, 6, 7, 3], want [2, 6, 7, 2]");
}

TEST(LrnInferTest, WantsASize) {
  EXPECT_EQ(TestNode("LRN").Input({1, 3, 4, 4}).Set("size", {5}).Type(),
            "float32[1, 3, 4, 4]");
  EXPECT_EQ(TestNode("LRN").Input({1, 3, 4, 4}).Type(),
            "LRN 'n': attribute 'size' is 0, want at least 1");
}

}  // namespace
}  // namespace skerry::compiler
