#include "skerry/compiler/lower/flops.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace skerry::compiler {
namespace {

constexpr std::array<std::string_view, 33> kMovers = {
    "Transpose",       "Reshape",         "Flatten",        "Squeeze",
    "Unsqueeze",       "Concat",          "Split",          "Slice",
    "Gather",          "GatherND",        "GatherElements", "ScatterND",
    "ScatterElements", "Expand",          "Tile",           "Pad",
    "Identity",        "Shape",           "Size",           "ConstantOfShape",
    "DepthToSpace",    "SpaceToDepth",    "Cast",           "Range",
    "OneHot",          "EyeLike",         "Trilu",          "Where",
    "Dropout",         "ReverseSequence", "TopK",           "NonZero",
    "Constant"};

// The elements of the window that one output element is computed from.
std::int64_t WindowCount(const Node& node) {
  std::int64_t count = 1;
  for (const std::int64_t extent : node.attributes.Ints("kernel_shape")) {
    count *= extent;
  }
  return count;
}

// Weights are [out, in/group, window] for Conv, [in, out/group, window] for
// ConvTranspose: each output (input) element meets a row of them.
std::int64_t ConvolutionFlops(const Graph& graph, const Node& node) {
  const Shape& weights = graph.shape(node.inputs[1]);
  const ValueId through =
      node.op == "ConvTranspose" ? node.inputs[0] : node.outputs[0];
  const std::int64_t rows = std::max<std::int64_t>(weights[0], 1);
  return 2 * graph.shape(through).element_count() *
         (weights.element_count() / rows);
}

std::int64_t MatMulFlops(const Graph& graph, const Node& node) {
  const Shape& a = graph.shape(node.inputs[0]);
  if (a.rank() == 0) return 0;
  const bool transposed = node.attributes.Int("transA", 0) != 0;
  const std::int64_t inner = transposed ? a[0] : a[a.rank() - 1];
  return 2 * graph.shape(node.outputs[0]).element_count() * inner;
}

}  // namespace

std::int64_t EstimateFlops(const Graph& graph, const Node& node) {
  const std::string_view op = node.op;
  if (std::ranges::find(kMovers, op) != kMovers.end()) return 0;
  if (op == "Conv" || op == "ConvTranspose") {
    return ConvolutionFlops(graph, node);
  }
  if (op == "MatMul" || op == "Gemm") return MatMulFlops(graph, node);
  std::int64_t flops = 0;
  for (const ValueId id : node.outputs) {
    if (id != kNoValue) flops += graph.shape(id).element_count();
  }
  if (op == "MaxPool" || op == "AveragePool" || op == "LpPool") {
    return flops * WindowCount(node);
  }
  if (op.starts_with("Reduce") || op.starts_with("Global")) {
    return graph.shape(node.inputs[0]).element_count();
  }
  return flops;
}

}  // namespace skerry::compiler
