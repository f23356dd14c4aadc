#include "skerry/compiler/layout/layout.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "skerry/compiler/layout/region.h"

namespace skerry::compiler {
namespace {

/// Operators whose attributes and weights know spatial axes.
bool IsWindowed(std::string_view op) {
  static constexpr auto kOps = std::to_array<std::string_view>(
      {"AveragePool", "Conv", "ConvTranspose", "LpPool", "MaxPool"});
  return std::ranges::find(kOps, op) != kOps.end();
}

/// Operators with the attribute `layout` and no spatial attributes.
bool HasLayout(std::string_view op) {
  static constexpr auto kOps = std::to_array<std::string_view>(
      {"BatchNormalization", "DepthToSpace", "GlobalAveragePool",
       "GlobalLpPool", "GlobalMaxPool", "GroupNormalization",
       "InstanceNormalization", "LRN", "SpaceToDepth"});
  return std::ranges::find(kOps, op) != kOps.end();
}

/// Feature map in, feature maps out, both made at run time.
std::optional<Remapping> FindMapOperator(const Graph& graph, const Node& node,
                                         const AxisMap& map) {
  if (!IsWindowed(node.op) && !HasLayout(node.op)) return std::nullopt;
  const bool has_indices =
      node.outputs.size() > 1 && node.outputs[1] != kNoValue;
  if (graph.shape(node.inputs[0]).rank() != map.old_rank() ||
      graph.type(node.inputs[0]).type != DataType::kFloat32 ||
      graph.constant(node.inputs[0]) != nullptr || has_indices ||
      node.attributes.Text("layout", "NCHW") != "NCHW") {
    return std::nullopt;
  }
  Remapping remapping = {.inputs = {0}, .outputs = true};
  const bool has_residual = node.op == "Conv" || node.op == "ConvTranspose";
  if (has_residual && InputOf(node, 3) != kNoValue) {
    remapping.inputs.push_back(3);
  }
  return remapping;
}

std::optional<Remapping> FindLine(const Graph& graph, const Node& node,
                                  const AxisMap& map) {
  // The weight gets its new axis when the compiler runs, not the model.
  const bool has_weight = node.op == "Conv" || node.op == "ConvTranspose";
  if (node.op == "DepthToSpace" || node.op == "SpaceToDepth" ||
      (has_weight && graph.constant(node.inputs[1]) == nullptr)) {
    return std::nullopt;
  }
  return FindMapOperator(graph, node, map);
}

/// [a] becomes [1, a] (with `filler` for 1), [a, b] becomes [0, a, 0, b].
Dims LiftList(const Dims& list, std::int64_t filler) {
  Dims lifted;
  for (const std::int64_t value : list) {
    lifted.push_back(filler);
    lifted.push_back(value);
  }
  return lifted;
}

Result<Node> LiftLine(Editor& editor, NodeIndex index, const AxisMap&) {
  Node node = editor.node(index);
  struct Spatial {
    const char* name;
    std::int64_t filler;
  };
  for (const auto& [name, filler] : {Spatial{"kernel_shape", 1},
                                     {"strides", 1},
                                     {"dilations", 1},
                                     {"pads", 0},
                                     {"output_padding", 0}}) {
    if (!IsWindowed(node.op) || !node.attributes.Has(name)) continue;
    node.attributes.Set(name, LiftList(node.attributes.Ints(name), filler));
  }
  if (node.op == "Conv" || node.op == "ConvTranspose") {
    Dims dims = editor.graph().shape(node.inputs[1]).dims();
    dims.insert(dims.begin() + 2, 1);
    SKERRY_ASSIGN_OR_RETURN(node.inputs[1],
                            AddReshape(editor, index, node.inputs[1], dims));
  }
  return node;
}

Result<Node> SetNhwc(Editor& editor, NodeIndex index, const AxisMap&) {
  Node node = editor.node(index);
  node.attributes.Set("layout", std::string("NHWC"));
  return node;
}

}  // namespace

Result<bool> LiftToTwoDimensions(Graph& graph) {
  return ConvertRegions(graph, {.map = {.to = {0, 1, 3}, .rank = 4},
                                .find_seed = FindLine,
                                .remap_seed = LiftLine});
}

Result<bool> ChooseNhwc(Graph& graph) {
  return ConvertRegions(graph, {.map = {.to = {0, 3, 1, 2}, .rank = 4},
                                .find_seed = FindMapOperator,
                                .remap_seed = SetNhwc});
}

}  // namespace skerry::compiler
