#include "skerry/compiler/passes/editor.h"

#include <gtest/gtest.h>

#include "skerry/compiler/ir/parse.h"
#include "skerry/compiler/ir/print.h"

namespace skerry::compiler {
namespace {

Graph Parse(const std::string& lines) {
  auto graph = ParseGraph("graph \"g\" {\n" + lines + "\n}");
  EXPECT_TRUE(graph.has_value()) << graph.error().message();
  return *std::move(graph);
}

std::vector<std::string> Ops(const Graph& graph) {
  std::vector<std::string> ops;
  for (const Node& node : graph.nodes) ops.push_back(node.op);
  return ops;
}

ValueId Named(const Graph& graph, std::string_view name) {
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].name == name) return static_cast<ValueId>(i);
  }
  ADD_FAILURE() << "no value " << name;
  return kNoValue;
}

constexpr const char* kChain = R"(
  input %x: float32[2]
  %a: float32[2] = Relu(%x)
  %b: float32[2] = Exp(%a)
  %y: float32[2] = Neg(%b)
  output %y)";

TEST(EditorTest, LeavesAGraphAsItIs) {
  Graph graph = Parse(kChain);
  const std::string before = PrintGraph(graph);

  {
    const Editor editor(graph);
    EXPECT_FALSE(editor.changed());
  }

  EXPECT_EQ(PrintGraph(graph), before);
}

TEST(EditorTest, RemovesAllThatAReplacementLeavesUnused) {
  Graph graph = Parse(kChain);

  {
    Editor editor(graph);
    editor.ReplaceUses(Named(graph, "b"), Named(graph, "x"));
    EXPECT_TRUE(editor.removed(0));
    EXPECT_TRUE(editor.changed());
  }

  EXPECT_EQ(Ops(graph), std::vector<std::string>{"Neg"});
}

TEST(EditorTest, KnowsUsersOfWhatItAdded) {
  Graph graph = Parse(kChain);
  Editor editor(graph);
  const ValueId a = Named(graph, "a");

  const auto added = editor.Add(1, "Tanh", {a});
  ASSERT_TRUE(added.has_value());
  editor.ReplaceUses(a, *added);

  // Tanh itself goes on reading `a`.
  EXPECT_EQ(editor.Users(a), std::vector<NodeIndex>{3});
  EXPECT_EQ(editor.Users(*added), std::vector<NodeIndex>{1});
  EXPECT_EQ(editor.ProducerOf(*added, "Tanh")->inputs[0], a);
  EXPECT_EQ(editor.ProducerOf(*added, "Relu"), nullptr);
}

TEST(EditorTest, PutsNodesBehindWhatTheyNeed) {
  Graph graph = Parse(kChain);

  {
    Editor editor(graph);
    const auto added = editor.Add(0, "Tanh", {Named(graph, "x")});
    ASSERT_TRUE(added.has_value());
    editor.SetInput(1, 0, *added);
  }

  EXPECT_EQ(Ops(graph), (std::vector<std::string>{"Tanh", "Exp", "Neg"}));
  EXPECT_TRUE(graph.Verify().has_value());
}

TEST(EditorTest, ReplacesGraphOutputs) {
  Graph graph = Parse(kChain);

  {
    Editor editor(graph);
    editor.ReplaceUses(Named(graph, "y"), Named(graph, "a"));
    EXPECT_TRUE(editor.IsGraphOutput(Named(graph, "a")));
    EXPECT_EQ(editor.UseCount(Named(graph, "a")), 1);
  }

  EXPECT_EQ(graph.outputs, std::vector<ValueId>{Named(graph, "a")});
  EXPECT_EQ(Ops(graph), std::vector<std::string>{"Relu"});
}

TEST(EditorTest, TakingAnOutputRemovesTheNodeThatMadeIt) {
  Graph graph = Parse(kChain);

  {
    Editor editor(graph);
    editor.TakeOutput(1, Named(graph, "y"));
  }

  EXPECT_EQ(Ops(graph), (std::vector<std::string>{"Relu", "Exp"}));
  EXPECT_EQ(graph.nodes[1].outputs[0], Named(graph, "y"));
}

TEST(EditorTest, AddRefusesWhatCannotBeTyped) {
  Graph graph = Parse(kChain);
  Editor editor(graph);

  EXPECT_FALSE(editor.Add(0, "MatMul", {Named(graph, "x")}).has_value());
  EXPECT_FALSE(editor.changed());
}

TEST(EditorTest, LongChainsNeedNoStack) {
  std::string lines = "input %v0: float32[2]\n";
  constexpr int kCount = 100000;
  for (int i = 1; i <= kCount; ++i) {
    lines += "%v" + std::to_string(i) + ": float32[2] = Relu(%v" +
             std::to_string(i - 1) + ")\n";
  }
  Graph graph = Parse(lines + "output %v" + std::to_string(kCount));

  {
    Editor editor(graph);
    editor.ReplaceUses(graph.outputs[0], graph.inputs[0]);
  }

  EXPECT_TRUE(graph.nodes.empty());
}

}  // namespace
}  // namespace skerry::compiler
