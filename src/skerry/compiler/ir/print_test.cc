#include "skerry/compiler/ir/print.h"

#include <gtest/gtest.h>

#include <limits>

#include "skerry/compiler/ir/compare.h"
#include "skerry/compiler/ir/parse.h"

namespace skerry::compiler {
namespace {

TEST(PrintTest, WritesOneLineForEachValueThatIsMade) {
  Graph graph;
  graph.name = "tiny";
  const ValueId x = graph.AddValue("x", TensorType{DataType::kFloat32, {2}});
  const ValueId w = graph.AddConstant("w", Tensor::Of<float>({2}, {0.5F, -1}));
  const ValueId y =
      graph.AddValue("a b:0", TensorType{DataType::kFloat32, {2}});
  graph.inputs = {x};
  graph.outputs = {y};
  Node node = {"Clip", "layer\n1", {x, kNoValue, w}, {y, kNoValue}, {}};
  node.attributes.SetInt("group", 1);
  node.attributes.SetFloat("epsilon", 1e-5F);
  node.attributes.Set("pads", std::vector<std::int64_t>{0, 1});
  node.attributes.Set("none", std::vector<float>{});
  node.attributes.Set("layout", std::string("NHWC"));
  graph.nodes.push_back(std::move(node));

  EXPECT_EQ(PrintGraph(graph),
            R"(graph "tiny" {
  input %x: float32[2]
  %w: float32[2] = const [0.5, -1]
  %"a b:0": float32[2], _ = Clip(%x, _, %w) {epsilon=1e-05f, group=1, )"
            R"(layout="NHWC", none=[]f, pads=[0, 1]} @"layer\n1"
  output %"a b:0"
}
)");
}

/// A graph whose only output is the constant `tensor`.
Graph Holding(Tensor tensor) {
  Graph graph;
  graph.outputs = {graph.AddConstant("c", std::move(tensor))};
  return graph;
}

void ExpectRoundTrip(const Graph& graph) {
  const std::string text = PrintGraph(graph);

  const Result<Graph> parsed = ParseGraph(text);

  ASSERT_TRUE(parsed.has_value()) << parsed.error().message() << "\n" << text;
  EXPECT_TRUE(Same(*parsed, Compact(graph))) << text;
  EXPECT_EQ(PrintGraph(*parsed), text);
}

TEST(PrintTest, ConstantsOfEveryTypeRoundTrip) {
  for (int number = 0; number <= 16; ++number) {
    const auto type = DataTypeFromNumber(number);
    if (!type.has_value()) continue;
    for (const std::int64_t count : {0, 1, 3, 16, 17, 100}) {
      Tensor tensor({*type, {count}});
      for (std::size_t i = 0; i < tensor.bytes().size(); ++i) {
        tensor.bytes()[i] = static_cast<std::byte>(
            *type == DataType::kBool ? i % 2 : i * 37 + 11);
      }

      ExpectRoundTrip(Holding(std::move(tensor)));
    }
  }
}

TEST(PrintTest, UnusualFloatsRoundTripToTheBit) {
  using Limits = std::numeric_limits<float>;
  ExpectRoundTrip(Holding(Tensor::Of<float>(
      {8}, {-0.0F, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
            -Limits::quiet_NaN(), Limits::denorm_min(), Limits::max(), 0.1F})));
  ExpectRoundTrip(Holding(Tensor::Of<double>(
      {2}, {std::numeric_limits<double>::quiet_NaN(), 0.1})));
}

TEST(PrintTest, AttributesOfEveryKindRoundTrip) {
  using Limits = std::numeric_limits<float>;
  Graph graph;
  const ValueId y = graph.AddValue("y", std::nullopt);
  Node node = {"Op", "", {}, {y}, {}};
  node.attributes.Set("i0", std::vector<std::int64_t>{});
  node.attributes.Set("i1", std::vector<std::int64_t>{-7});
  node.attributes.Set("i2", std::vector<std::int64_t>{1, 2});
  node.attributes.Set("f0", std::vector<float>{});
  node.attributes.Set("f1", std::vector<float>{Limits::infinity()});
  node.attributes.Set("f2", std::vector<float>{1, Limits::quiet_NaN()});
  node.attributes.Set("text", std::string("a\"b\\c\nd\x01\xFF"));
  node.attributes.Set("odd name", std::string());
  graph.nodes.push_back(std::move(node));
  graph.outputs = {y};

  ExpectRoundTrip(graph);
}

TEST(PrintTest, UniformConstantsArePrintedAsFill) {
  const Tensor zeros({DataType::kFloat32, {1000}});

  EXPECT_NE(PrintGraph(Holding(zeros)).find("const fill 0\n"),
            std::string::npos);
  ExpectRoundTrip(Holding(zeros));
}

TEST(PrintTest, ElidedConstantsShowThatTheyChanged) {
  Tensor a({DataType::kFloat32, {100}});
  a.data<float>()[5] = 1;
  Tensor b = a;
  b.data<float>()[99] = 1;
  const PrintOptions elide = {.elide_large_constants = true};

  const std::string text = PrintGraph(Holding(a), elide);

  EXPECT_EQ(text, PrintGraph(Holding(a), elide));
  EXPECT_NE(text, PrintGraph(Holding(b), elide));
  EXPECT_LT(text.size(), 100U);
}

}  // namespace
}  // namespace skerry::compiler
