#include <gtest/gtest.h>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

constexpr DataType kIndex = DataType::kInt64;

Tensor Coordinates(Shape shape, std::initializer_list<std::int64_t> items) {
  return Tensor::Of<std::int64_t>(std::move(shape), items);
}

TEST(GatherInferTest, PutsTheIndicesShapeInPlaceOfTheAxis) {
  EXPECT_EQ(TestNode("Gather")
                .Input({2, 3, 4})
                .Input({5, 6}, kIndex)
                .Set("axis", {1})
                .Type(),
            "float32[2, 5, 6, 4]");
  EXPECT_EQ(TestNode("Gather").Input({3}).Input({}, kIndex).Type(),
            "float32[]");
}

TEST(GatherInferTest, ChecksConstantIndices) {
  EXPECT_EQ(TestNode("Gather").Input({3}).Ints({-3, 3}).Type(),
            "Gather 'n': indices contain 3, the axis has 3 elements");
  EXPECT_EQ(TestNode("Gather").Input({3}).Input({2}).Type(),
            "Gather 'n': indices is float32, want int64 or int32");
}

TEST(GatherInferTest, RefusesToReadFromNothing) {
  EXPECT_EQ(TestNode("Gather").Input({0}).Input({2}, kIndex).Type(),
            "Gather 'n': data has no elements: float32[0]");
}

TEST(GatherElementsInferTest, HasTheShapeOfTheIndices) {
  EXPECT_EQ(
      TestNode("GatherElements").Input({3, 4}).Input({7, 2}, kIndex).Type(),
      "float32[7, 2]");
  EXPECT_EQ(
      TestNode("GatherElements").Input({3, 4}).Input({7, 5}, kIndex).Type(),
      "GatherElements 'n': indices have shape [7, 5], data has [3, 4]");
}

TEST(GatherNDInferTest, SelectsByCoordinates) {
  EXPECT_EQ(TestNode("GatherND").Input({3, 4, 5}).Input({7, 2}, kIndex).Type(),
            "float32[7, 5]");
  EXPECT_EQ(TestNode("GatherND")
                .Input({2, 4, 5})
                .Input({2, 7, 1}, kIndex)
                .Set("batch_dims", {1})
                .Type(),
            "float32[2, 7, 5]");
}

TEST(GatherNDInferTest, ChecksCoordinates) {
  EXPECT_EQ(TestNode("GatherND").Input({3, 4}).Input({7, 3}, kIndex).Type(),
            "GatherND 'n': indices are int64[7, 3]: coordinates of 3 axes, "
            "data has 2");
  EXPECT_EQ(TestNode("GatherND")
                .Input({3, 4})
                .Constant(Coordinates({1, 2}, {2, 4}))
                .Type(),
            "GatherND 'n': indices contain 4, axis 1 has 4 elements");
  EXPECT_EQ(TestNode("GatherND")
                .Input({2, 4})
                .Input({3, 1}, kIndex)
                .Set("batch_dims", {1})
                .Type(),
            "GatherND 'n': batch axis 0 is 2 in data, 3 in indices");
}

TEST(ScatterInferTest, KeepsTheDataShape) {
  EXPECT_EQ(TestNode("ScatterND")
                .Input({3, 4})
                .Input({2, 1}, kIndex)
                .Input({2, 4})
                .Type(),
            "float32[3, 4]");
  EXPECT_EQ(TestNode("ScatterElements")
                .Input({3, 4})
                .Input({1, 4}, kIndex)
                .Input({1, 4})
                .Type(),
            "float32[3, 4]");
}

TEST(ScatterInferTest, ComparesUpdatesWithIndices) {
  EXPECT_EQ(TestNode("ScatterND")
                .Input({3, 4})
                .Input({2, 1}, kIndex)
                .Input({2, 3})
                .Type(),
            "ScatterND 'n': updates has shape [2, 3], want [2, 4]");
  EXPECT_EQ(TestNode("ScatterElements")
                .Input({3, 4})
                .Input({1, 4}, kIndex)
                .Input({4})
                .Type(),
            "ScatterElements 'n': updates has shape [4], want [1, 4]");
}

TEST(ScatterInferTest, KnowsItsReductions) {
  EXPECT_EQ(TestNode("ScatterND")
                .Input({3})
                .Input({2, 1}, kIndex)
                .Input({2})
                .Text("reduction", "mean")
                .Type(),
            "ScatterND 'n': attribute 'reduction' is 'mean', want none, add, "
            "mul, min or max");
}

TEST(OneHotInferTest, AddsAnAxis) {
  EXPECT_EQ(TestNode("OneHot")
                .Input({2, 3}, kIndex)
                .Ints({5})
                .Input({2})
                .Set("axis", {1})
                .Type(),
            "float32[2, 5, 3]");
  EXPECT_FALSE(
      TestNode("OneHot").Input({2}, kIndex).Ints({-5}).Input({2}).Infer());
}

}  // namespace
}  // namespace skerry::compiler
