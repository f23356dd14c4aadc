#include "skerry/compiler/reference/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/compiler/reference/node_runner.h"

namespace skerry::compiler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// y = relu(x - 1), of two elements.
Graph SmallGraph() {
  Graph graph;
  const TensorType type = {DataType::kFloat32, {2}};
  const ValueId x = graph.AddValue("x", type);
  const ValueId one = graph.AddConstant("one", Tensor::Of<float>({1}, {1}));
  const ValueId difference = graph.AddValue("difference", type);
  const ValueId y = graph.AddValue("y", type);
  graph.inputs = {x};
  graph.outputs = {y};
  graph.nodes = {{.op = "Sub",
                  .name = "a",
                  .inputs = {x, one},
                  .outputs = {difference},
                  .attributes = {}},
                 {.op = "Relu",
                  .name = "b",
                  .inputs = {difference},
                  .outputs = {y},
                  .attributes = {}}};
  return graph;
}

TEST(EvaluateTest, NodesRunInOrder) {
  const auto outputs =
      Evaluate(SmallGraph(), {{Tensor::Of<float>({2}, {0.5F, 3})}});

  ASSERT_TRUE(outputs) << outputs.error().message();
  EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(0, 2));
}

TEST(EvaluateTest, AnInputOrAConstantMayBeAnOutput) {
  Graph graph = SmallGraph();
  graph.outputs = {0, 1, 3, 3};

  const auto outputs = Evaluate(graph, {{Tensor::Of<float>({2}, {5, 6})}});

  ASSERT_TRUE(outputs) << outputs.error().message();
  ASSERT_EQ(outputs->size(), 4);
  EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(5, 6));
  EXPECT_THAT((*outputs)[1].data<float>(), ElementsAre(1));
  EXPECT_THAT((*outputs)[3].data<float>(), ElementsAre(4, 5));
}

TEST(EvaluateTest, InputsThatDoNotMatchAreNamed) {
  const Graph graph = SmallGraph();

  const auto few = Evaluate(graph, {});
  const auto wrong = Evaluate(graph, {{Tensor::Of<float>({1}, {1})}});

  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().code(), ErrorCode::kInvalidArgument);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message(),
            "input 'x': got float32[1], want float32[2]");
}

TEST(EvaluateTest, AnOperatorWithoutAKernelIsNamed) {
  Graph graph = SmallGraph();
  graph.nodes[1].op = "NoSuch";

  const auto outputs = Evaluate(graph, {{Tensor::Of<float>({2}, {1, 1})}});

  ASSERT_FALSE(outputs);
  EXPECT_EQ(outputs.error().code(), ErrorCode::kUnimplemented);
  EXPECT_THAT(outputs.error().message(), HasSubstr("NoSuch 'b'"));
}

TEST(EvaluateNodeTest, AnOperandMayBeLeftOut) {
  NodeRunner runner("Clip");
  runner.Input(Tensor::Of<float>({3}, {-5, 0, 5})).NoInput();
  runner.Input(Tensor::Of<float>({}, {2}));

  EXPECT_THAT(runner.Run().data<float>(), ElementsAre(-5, 0, 2));
}

}  // namespace
}  // namespace skerry::compiler
