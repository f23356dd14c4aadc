#include "skerry/compiler/passes/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "skerry/compiler/ir/parse.h"
#include "skerry/compiler/ir/print.h"

namespace skerry::compiler {
namespace {

using testing::HasSubstr;

Graph ParsedGraph(const std::string& lines) {
  auto graph = ParseGraph("graph \"g\" {\n" + lines + "\n}");
  EXPECT_TRUE(graph.has_value()) << graph.error().message();
  return *std::move(graph);
}

constexpr const char* kFused = R"(
  input %x: float32[2, 3]
  %half: float32[] = const [0.5]
  %a: float32[2, 3] = Mul(%x, %half)
  %y: float32[2, 3] = Tanh(%a)
  output %y)";

TEST(PassesTest, EachHasANameAndAPurpose) {
  for (const Pass& pass : Passes()) {
    EXPECT_FALSE(pass.name.empty());
    EXPECT_FALSE(pass.purpose.empty());
    EXPECT_NE(pass.run, nullptr);
  }
}

TEST(RunPassesTest, TimesEachPass) {
  Graph graph = ParsedGraph(kFused);

  const auto times = RunPasses(graph);

  ASSERT_TRUE(times.has_value()) << times.error().message();
  EXPECT_EQ(times->size(), Passes().size());
  EXPECT_EQ(graph.nodes.size(), 1U);
}

TEST(RunPassesTest, SkipsDisabledPasses) {
  Graph graph = ParsedGraph(kFused);

  const auto times =
      RunPasses(graph, {.disabled = {"fuse-elementwise"}, .trace = {}});

  ASSERT_TRUE(times.has_value());
  EXPECT_EQ(times->size(), Passes().size() - 1);
  EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST(RunPassesTest, TracesThePassesThatChangedSomething) {
  Graph graph = ParsedGraph(kFused);
  std::vector<std::string> traced;

  const auto times = RunPasses(
      graph, {.disabled = {},
              .trace = [&](std::string_view pass, const Graph& traced_graph) {
                traced.emplace_back(pass);
                EXPECT_THAT(PrintGraph(traced_graph), HasSubstr("Elementwise"));
              }});

  ASSERT_TRUE(times.has_value());
  EXPECT_EQ(traced, std::vector<std::string>{"fuse-elementwise"});
}

TEST(RunPassesTest, KeepsNamesAndTypesOfInputsAndOutputs) {
  Graph graph = ParsedGraph(R"(
    input %y_1: float32[1, 2, 4, 4]
    %w: float32[2, 2, 1, 1] = const [1, 2, 3, 4]
    %c: float32[1, 2, 4, 4] = Conv(%y_1, %w)
    %y: float32[1, 2, 4, 4] = Identity(%c)
    %z: float32[1, 2, 4, 4] = Relu(%c)
    output %y
    output %z)");
  const TensorType type = graph.type(graph.inputs[0]);

  ASSERT_TRUE(RunPasses(graph).has_value());

  EXPECT_EQ(graph.value(graph.inputs[0]).name, "y_1");
  EXPECT_EQ(graph.type(graph.inputs[0]), type);
  ASSERT_EQ(graph.outputs.size(), 2U);
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "y");
  EXPECT_EQ(graph.value(graph.outputs[1]).name, "z");
  EXPECT_EQ(graph.type(graph.outputs[0]), type);
  EXPECT_TRUE(graph.Verify().has_value());
}

TEST(RunPassesTest, GivesTheSameGraphEachTime) {
  Graph first = ParsedGraph(kFused);
  Graph second = ParsedGraph(kFused);

  ASSERT_TRUE(RunPasses(first).has_value());
  ASSERT_TRUE(RunPasses(second).has_value());

  EXPECT_EQ(PrintGraph(first), PrintGraph(second));
}

TEST(RunPassesTest, RefusesTypesThatTheOperatorDoesNotInfer) {
  Graph graph = ParsedGraph(R"(
    input %x: float32[2]
    %y: float32[3] = Relu(%x)
    output %y)");

  EXPECT_EQ(RunPasses(graph).error().message(),
            "Relu '': output 'y' is float32[3], the operator infers "
            "float32[2]");
}

}  // namespace
}  // namespace skerry::compiler
