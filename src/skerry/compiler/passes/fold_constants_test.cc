#include <gtest/gtest.h>

#include "skerry/compiler/ir/parse.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// A graph that expands one zero to `count` bytes.
Graph Expanding(const std::string& count) {
  auto graph = ParseGraph(R"(graph "g" {
    %zero: uint8[1] = const [0]
    %shape: int64[1] = const [)" +
                          count + R"(]
    %y: uint8[)" + count + R"(] = Expand(%zero, %shape)
    output %y
  })");
  EXPECT_TRUE(graph.has_value()) << graph.error().message();
  return *std::move(graph);
}

TEST(FoldConstantsTest, FoldsWhatStaysOfBearableSize) {
  Graph graph = Expanding("1000");

  EXPECT_TRUE(*FoldConstants(graph));

  EXPECT_TRUE(graph.nodes.empty());
  EXPECT_EQ(graph.constant(graph.outputs[0])->bytes().size(), 1000U);
}

TEST(FoldConstantsTest, LeavesWhatWouldFillTheModelsFile) {
  Graph graph = Expanding("100000000");

  EXPECT_FALSE(*FoldConstants(graph));

  EXPECT_EQ(graph.nodes.size(), 1U);
}

}  // namespace
}  // namespace skerry::compiler
