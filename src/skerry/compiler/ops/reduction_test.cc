#include <gtest/gtest.h>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TEST(ReduceInferTest, RemovesOrKeepsAxes) {
  EXPECT_EQ(TestNode("ReduceMean").Input({2, 3, 4}).Ints({1, -1}).Type(),
            "float32[2, 1, 1]");
  EXPECT_EQ(TestNode("ReduceSum")
                .Input({2, 3, 4})
                .Ints({0})
                .Set("keepdims", {0})
                .Type(),
            "float32[3, 4]");
}

TEST(ReduceInferTest, ReducesAllAxesIfNoneIsNamed) {
  EXPECT_EQ(TestNode("ReduceMax").Input({2, 3}).Type(), "float32[1, 1]");
  EXPECT_EQ(TestNode("ReduceMax")
                .Input({2, 3})
                .Set("noop_with_empty_axes", {1})
                .Type(),
            "float32[2, 3]");
}

TEST(ReduceInferTest, ChecksAxes) {
  EXPECT_EQ(TestNode("ReduceSum").Input({2, 3}).Ints({2}).Type(),
            "ReduceSum 'n': input 'axes' is 2, want one of 2 axes");
  EXPECT_EQ(TestNode("ReduceSum").Input({2, 3}).Ints({1, -1}).Type(),
            "ReduceSum 'n': input 'axes' names axis 1 twice");
  EXPECT_EQ(TestNode("ReduceSum").Input({2}).Input({1}).Type(),
            "ReduceSum 'n': input 'axes' ('x_1') depends on the data; it "
            "shapes the result and must be a constant");
}

TEST(ArgReduceInferTest, GivesIndices) {
  EXPECT_EQ(TestNode("ArgMax").Input({2, 3}).Set("axis", {1}).Type(),
            "int64[2, 1]");
  EXPECT_EQ(TestNode("ArgMin").Input({0, 3}).Type(),
            "ArgMin 'n': axis 0 of float32[0, 3] is empty");
}

TEST(AlongAxisInferTest, ChecksTheAxis) {
  EXPECT_EQ(TestNode("Softmax").Input({2, 3}).Set("axis", {-2}).Type(),
            "float32[2, 3]");
  EXPECT_EQ(TestNode("Softmax").Input({2, 3}).Set("axis", {2}).Type(),
            "Softmax 'n': attribute 'axis' is 2, want one of 2 axes");
  EXPECT_EQ(TestNode("LpNormalization").Input({2}).Set("p", {3}).Type(),
            "LpNormalization 'n': attribute 'p' is 3, want 1 or 2");
}

TEST(CumSumInferTest, WantsAConstantAxis) {
  EXPECT_EQ(TestNode("CumSum").Input({2, 3}).Ints({1}).Type(), "float32[2, 3]");
  EXPECT_EQ(TestNode("CumSum").Input({2, 3}).Ints({1, 0}).Type(),
            "CumSum 'n': input 'axis' has 2 elements, want 1");
}

TEST(TopKInferTest, GivesValuesAndIndices) {
  const auto types = TestNode("TopK", 2).Input({2, 9}).Ints({4}).Infer();

  EXPECT_EQ(types->at(0).ToString(), "float32[2, 4]");
  EXPECT_EQ(types->at(1).ToString(), "int64[2, 4]");
}

TEST(TopKInferTest, TakesNoMoreThanThereIs) {
  EXPECT_EQ(TestNode("TopK").Input({2, 9}).Ints({10}).Type(),
            "TopK 'n': input 'K' is 10, axis 1 has 9 elements");
}

}  // namespace
}  // namespace skerry::compiler
