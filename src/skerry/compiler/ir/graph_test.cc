#include "skerry/compiler/ir/graph.h"

#include <gtest/gtest.h>

#include "skerry/compiler/ir/compare.h"

namespace skerry::compiler {
namespace {

const TensorType kFour = {DataType::kFloat32, {4}};

TEST(GraphTest, NamesStayUnique) {
  Graph graph;
  const ValueId a = graph.AddValue("x", kFour);
  const ValueId b = graph.AddValue("x", kFour);
  const ValueId c = graph.AddValue("", kFour);

  EXPECT_EQ(graph.value(a).name, "x");
  EXPECT_EQ(graph.value(b).name, "x_1");
  EXPECT_EQ(graph.value(c).name, "_1");
}

TEST(GraphTest, VerifyRefusesUseBeforeDefinition) {
  Graph graph;
  const ValueId x = graph.AddValue("x", kFour);
  const ValueId y = graph.AddValue("y", kFour);
  graph.nodes.push_back({"Relu", "late", {x}, {y}, {}});
  graph.outputs = {y};

  EXPECT_EQ(graph.Verify().error().message(),
            "Relu 'late': input 'x' is used before it is made");
}

TEST(GraphTest, VerifyRefusesTwoProducers) {
  Graph graph;
  const ValueId x = graph.AddValue("x", kFour);
  const ValueId y = graph.AddValue("y", kFour);
  graph.inputs = {x};
  graph.nodes.push_back({"Relu", "a", {x}, {y}, {}});
  graph.nodes.push_back({"Relu", "b", {x}, {y}, {}});

  EXPECT_EQ(graph.Verify().error().message(),
            "Relu 'b': output 'y' is made twice");
}

TEST(GraphTest, CompactDropsWhatNothingUsesAndOrdersTheRest) {
  Graph graph;
  graph.AddValue("unused", kFour);
  const ValueId y = graph.AddValue("y", kFour);
  const ValueId x = graph.AddValue("x", kFour);
  graph.inputs = {x};
  graph.outputs = {y};
  graph.nodes.push_back({"Relu", "", {x}, {y}, {}});

  const Graph compact = Compact(graph);

  ASSERT_EQ(compact.values.size(), 2U);
  EXPECT_EQ(compact.values[0].name, "x");
  EXPECT_EQ(compact.values[1].name, "y");
  EXPECT_FALSE(Same(compact, graph));
  EXPECT_TRUE(Same(compact, Compact(compact)));
}

}  // namespace
}  // namespace skerry::compiler
