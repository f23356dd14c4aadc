#include <gtest/gtest.h>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TEST(MatMulInferTest, MultipliesAsNumpyDoes) {
  const auto product = [](Shape a, Shape b) {
    return TestNode("MatMul").Input(std::move(a)).Input(std::move(b)).Type();
  };

  EXPECT_EQ(product({2, 3}, {3, 4}), "float32[2, 4]");
  EXPECT_EQ(product({5, 1, 2, 3}, {7, 3, 4}), "float32[5, 7, 2, 4]");
  EXPECT_EQ(product({3}, {3, 4}), "float32[4]");
  EXPECT_EQ(product({2, 3}, {3}), "float32[2]");
  EXPECT_EQ(product({3}, {3}), "float32[]");
}

TEST(MatMulInferTest, ComparesInnerExtents) {
  EXPECT_EQ(TestNode("MatMul").Input({2, 3}).Input({4, 5}).Type(),
            "MatMul 'n': inner extents differ: 3 in [2, 3], 4 in [4, 5]");
  EXPECT_EQ(TestNode("MatMul").Input({}).Input({4, 5}).Type(),
            "MatMul 'n': A is float32[], want at least 1 dimensions");
}

TEST(MatMulInferTest, TakesBiasAndResidual) {
  EXPECT_EQ(TestNode("MatMul")
                .Input({2, 3})
                .Input({3, 4})
                .Input({4})
                .Input({2, 4})
                .Type(),
            "float32[2, 4]");
  EXPECT_EQ(TestNode("MatMul").Input({2, 3}).Input({3, 4}).Input({3}).Type(),
            "MatMul 'n': 'C' has shape [3], which does not broadcast to "
            "[2, 4]");
}

TEST(GemmInferTest, TurnsItsOperands) {
  EXPECT_EQ(TestNode("Gemm")
                .Input({3, 2})
                .Input({4, 3})
                .Set("transA", {1})
                .Set("transB", {1})
                .Type(),
            "float32[2, 4]");
  EXPECT_EQ(TestNode("Gemm").Input({3, 2}).Input({4, 3}).Type(),
            "Gemm 'n': inner extents differ: 2 in [3, 2], 4 in [4, 3]");
  EXPECT_EQ(TestNode("Gemm").Input({3, 2, 1}).Input({4, 3}).Type(),
            "Gemm 'n': A is float32[3, 2, 1], want 2 dimensions");
}

TEST(MatMulIntegerInferTest, SumsToInt32) {
  EXPECT_EQ(TestNode("MatMulInteger")
                .Input({2, 3}, DataType::kUint8)
                .Input({3, 4}, DataType::kInt8)
                .Type(),
            "int32[2, 4]");
}

TEST(EinsumInferTest, FollowsTheEquation) {
  const auto einsum = [](std::string equation) {
    return TestNode("Einsum")
        .Input({2, 3, 4})
        .Input({2, 5, 4})
        .Text("equation", std::move(equation))
        .Type();
  };

  EXPECT_EQ(einsum("bid, bjd -> bij"), "float32[2, 3, 5]");
  EXPECT_EQ(einsum("bid,bjx->bij"), "float32[2, 3, 5]");
  EXPECT_EQ(einsum("bid,bid->b"), "Einsum 'n': subscript 'i' is both 3 and 5");
  EXPECT_EQ(einsum("bi,bjd->b"),
            "Einsum 'n': input 0 is float32[2, 3, 4], want 2 dimensions");
  EXPECT_EQ(einsum("bid->b"),
            "Einsum 'n': attribute 'equation' is 'bid->b': has 1 operands, "
            "the node has 2");
}

}  // namespace
}  // namespace skerry::compiler
