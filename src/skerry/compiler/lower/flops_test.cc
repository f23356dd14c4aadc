#include "skerry/compiler/lower/flops.h"

#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

Graph OneNode(std::string op, const std::vector<Shape>& inputs,
              const Shape& output) {
  Graph graph;
  Node node{.op = std::move(op),
            .name = "n",
            .inputs = {},
            .outputs = {},
            .attributes = {}};
  for (const Shape& shape : inputs) {
    node.inputs.push_back(
        graph.AddValue("x", TensorType{DataType::kFloat32, shape}));
  }
  node.outputs.push_back(
      graph.AddValue("y", TensorType{DataType::kFloat32, output}));
  graph.nodes.push_back(node);
  return graph;
}

std::int64_t Flops(const Graph& graph) {
  return EstimateFlops(graph, graph.nodes.front());
}

TEST(FlopsTest, ConvolutionsCountEachMultiplyAddTwice) {
  // 32 x 112 x 112 outputs, each from 3 x 3 x 3 products.
  EXPECT_EQ(Flops(OneNode("Conv", {{1, 3, 224, 224}, {32, 3, 3, 3}},
                          {1, 32, 112, 112})),
            2LL * 32 * 112 * 112 * 27);
  // Depthwise: each output from 3 x 3 products.
  EXPECT_EQ(Flops(OneNode("Conv", {{1, 8, 4, 4}, {8, 1, 3, 3}}, {1, 8, 4, 4})),
            2LL * 8 * 16 * 9);
}

TEST(FlopsTest, TransposedConvolutionsCountByTheirInput) {
  EXPECT_EQ(Flops(OneNode("ConvTranspose", {{1, 8, 4, 4}, {8, 2, 2, 2}},
                          {1, 2, 8, 8})),
            2LL * 8 * 16 * 2 * 4);
}

TEST(FlopsTest, MatrixProductsCountTheInnerExtent) {
  EXPECT_EQ(Flops(OneNode("MatMul", {{3, 5}, {5, 7}}, {3, 7})),
            2LL * 3 * 5 * 7);
}

TEST(FlopsTest, MovingDataCostsNothing) {
  EXPECT_EQ(Flops(OneNode("Transpose", {{3, 5}}, {5, 3})), 0);
  EXPECT_EQ(Flops(OneNode("Add", {{3, 5}, {3, 5}}, {3, 5})), 15);
}

}  // namespace
}  // namespace skerry::compiler
