#include "skerry/compiler/ir/parse.h"

#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

std::string ErrorOf(std::string_view text) {
  const Result<Graph> graph = ParseGraph(text);
  return graph.has_value() ? "none" : graph.error().message();
}

/// The error of a graph whose lines are `lines`, which start in line 2.
std::string ErrorIn(const std::string& lines) {
  return ErrorOf("graph \"g\" {\n" + lines + "\n}\n");
}

TEST(ParseTest, ReadsAGraph) {
  const Result<Graph> graph = ParseGraph(R"(# A comment.
    graph "tiny" {
      input %x: float32[1, 2]
      %w: float32[2] = const [1.5, -inf]   # two elements
      %y: float32[1, 2] = Mul(%x, %w) {axis=[3], scales=[1f, 2f]} @"node"
      output %y
    })");

  ASSERT_TRUE(graph.has_value()) << graph.error().message();
  EXPECT_EQ(graph->name, "tiny");
  EXPECT_EQ(graph->shape(graph->inputs[0]), Shape({1, 2}));
  ASSERT_EQ(graph->nodes.size(), 1U);
  EXPECT_EQ(graph->nodes[0].attributes.Int("axis", 0), 3);
  EXPECT_EQ(graph->nodes[0].attributes.Floats("scales"),
            (std::vector<float>{1, 2}));
  EXPECT_EQ(graph->constant(graph->nodes[0].inputs[1])->data<float>()[0], 1.5F);
}

TEST(ParseTest, NamesWhatWasFoundAndWanted) {
  EXPECT_EQ(ErrorOf("grief"), "line 1, column 1: found 'grief', want 'graph'");
  EXPECT_EQ(ErrorOf("graph \"g\" {"),
            "line 1, column 12: found the end of the text, want 'input', "
            "'output', '%', '_' or '}'");
  EXPECT_EQ(ErrorIn("  input %x float32[1]"),
            "line 2, column 12: found 'float32', want ':'");
  EXPECT_EQ(ErrorIn("input %x: float33[1]"),
            "line 2, column 11: found 'float33', want an element type such "
            "as float32");
  EXPECT_EQ(ErrorIn("\ninput %x: float32[1.5]"),
            "line 3, column 19: found '1.5', want an extent");
  EXPECT_EQ(ErrorIn("input %x: ?\n%y: ? = Op(%x} "),
            "line 3, column 14: found '}', want ')'");
  EXPECT_EQ(ErrorOf("graph \"g\" {} x"),
            "line 1, column 14: found 'x', want the end of the text");
}

TEST(ParseTest, RefusesNamesThatAreUndefinedOrDefinedTwice) {
  EXPECT_EQ(ErrorIn("output %y"),
            "line 2, column 8: 'y' is not defined before this use");
  EXPECT_EQ(ErrorIn("%y: ? = Op(%y)"),
            "line 2, column 12: 'y' is not defined before this use");
  EXPECT_EQ(ErrorIn("input %x: ?\ninput %x: ?"),
            "line 3, column 7: 'x' is defined twice");
}

TEST(ParseTest, RefusesConstantsThatDoNotMatchTheirType) {
  EXPECT_EQ(ErrorIn("%c: float32[2] = const [1]"),
            "line 2, column 26: found ']', want 2 elements for float32[2]");
  EXPECT_EQ(ErrorIn("%c: float32[1] = const [1, 2]"),
            "line 2, column 28: found '2', want ']' after 1 elements");
  EXPECT_EQ(ErrorIn("%c: int8[1] = const [300]"),
            "line 2, column 22: found '300', want int8");
  EXPECT_EQ(ErrorIn("%c: bool[1] = const base64 \"Ag==\""),
            "line 2, column 21: a bool is neither 0 nor 1");
  EXPECT_EQ(ErrorIn("%c: int8[3] = const base64 \"Zg==\""),
            "line 2, column 21: found 1 bytes, want 3 for int8[3]");
  EXPECT_EQ(ErrorIn("%c: int8[1] = const base64 \"Zg\""),
            "line 2, column 21: bad base64");
  EXPECT_EQ(ErrorIn("%c: ? = const [1]"),
            "line 2, column 15: a constant is one value of a known type");
  EXPECT_EQ(ErrorIn("%c: int8[100] = const elided 12"),
            "line 2, column 23: the constant is elided; print the graph in "
            "full");
}

TEST(ParseTest, RefusesAbsurdSizes) {
  EXPECT_EQ(ErrorIn("%c: int8[1000000000000] = const fill 0"),
            "line 2, column 33: the constants take more than 2147483648 bytes");
  EXPECT_EQ(ErrorIn("%c: int8[100000000] = const fill 0"),
            "line 2, column 34: found int8[100000000], fill is for at most "
            "4194304 elements");
  EXPECT_EQ(ErrorIn("input %c: int8[1, 1, 1, 1, 1, 1, 1, 1, 1]"),
            "line 2, column 11: shape has 9 dimensions, at most 8 are "
            "supported");
}

TEST(ParseTest, RefusesBadAttributes) {
  const std::string wants =
      "want an integer or a float such as 0.5f, all of a list of one kind";
  EXPECT_EQ(ErrorIn("%y: ? = Op() {a=1.5}"),
            "line 2, column 17: found '1.5', " + wants);
  EXPECT_EQ(ErrorIn("%y: ? = Op() {a=[1, 2f]}"),
            "line 2, column 21: found '2f', " + wants);
  EXPECT_EQ(ErrorIn("%y: ? = Op() {a=1, a=2}"),
            "line 2, column 20: attribute 'a' is given twice");
  EXPECT_EQ(ErrorIn("%y: ? = Op() {a=\"x\\q\"}"),
            "line 2, column 20: want one of the escapes \\\" \\\\ \\n \\xHH");
  EXPECT_EQ(ErrorIn("%y: ? = Op() {a=\"x}"),
            "line 2, column 17: the text that starts here has no closing "
            "'\"'");
}

}  // namespace
}  // namespace skerry::compiler
