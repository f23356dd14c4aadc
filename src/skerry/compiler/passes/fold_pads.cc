#include <algorithm>
#include <limits>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// Padding of the spatial axes, all before and all after, if `pad` pads those
/// of a feature map only, and by nothing negative.
std::optional<Dims> SpatialPads(const Graph& graph, const Node& pad,
                                int spatial_axis, std::size_t spatial_count) {
  const auto pads = IntsOf(graph, pad.inputs[1]);
  if (!pads.has_value() ||
      pad.attributes.Text("mode", "constant") != "constant") {
    return std::nullopt;
  }
  const std::size_t rank = pads->size() / 2;
  Dims spatial;
  for (std::size_t i = 0; i < pads->size(); ++i) {
    const std::size_t axis = i % rank;
    const auto first = static_cast<std::size_t>(spatial_axis);
    if (axis >= first && axis < first + spatial_count) {
      if ((*pads)[i] < 0) return std::nullopt;
      spatial.push_back((*pads)[i]);
    } else if ((*pads)[i] != 0) {
      return std::nullopt;
    }
  }
  return spatial;
}

bool AllZero(const Dims& list) {
  return std::ranges::all_of(list, [](std::int64_t v) { return v == 0; });
}

/// Whether padding with `value` outside a window operator is what the
/// operator's own padding does.
bool PadsLike(const Node& user, float value) {
  if (user.op == "Conv") return value == 0;
  if (user.attributes.Int("ceil_mode", 0) != 0) return false;
  if (user.op == "MaxPool") {
    return value <= std::numeric_limits<float>::lowest() &&
           user.outputs.size() == 1;
  }
  // The zeros were counted by the average, so the operator's must be too.
  return user.op == "AveragePool" && value == 0 &&
         (user.attributes.Int("count_include_pad", 0) != 0 ||
          AllZero(user.attributes.Ints("pads")));
}

void FoldPad(Editor& editor, NodeIndex index) {
  const Graph& graph = editor.graph();
  const Node& user = editor.node(index);
  const bool conv = user.op == "Conv";
  if (!conv && user.op != "MaxPool" && user.op != "AveragePool") return;
  const Node* pad = editor.ProducerOf(user.inputs[0], "Pad");
  if (pad == nullptr) return;
  const ValueId value_id = InputOf(*pad, 2);
  const auto value =
      value_id == kNoValue ? std::optional(0.F) : ScalarOf(graph, value_id);
  if (!value.has_value() || !PadsLike(user, *value)) return;
  const Dims kernel = user.attributes.Ints("kernel_shape");
  const auto added = SpatialPads(graph, *pad, SpatialAxis(user), kernel.size());
  if (!added.has_value() || kernel.empty()) return;
  Dims pads = user.attributes.Ints("pads", Dims(added->size(), 0));
  const Dims dilations =
      user.attributes.Ints("dilations", Dims(kernel.size(), 1));
  for (std::size_t i = 0; i < pads.size(); ++i) {
    const std::size_t axis = i % kernel.size();
    pads[i] += (*added)[i];
    // A pool's windows must all touch its input.
    if (!conv && pads[i] > (kernel[axis] - 1) * dilations[axis]) return;
  }
  Attributes attributes = user.attributes;
  attributes.Set("pads", pads);
  if (user.op == "AveragePool") attributes.SetInt("count_include_pad", 1);
  editor.SetAttributes(index, std::move(attributes));
  editor.SetInput(index, 0, pad->inputs[0]);
}

}  // namespace

Result<bool> FoldPads(Graph& graph) {
  Editor editor(graph);
  for (NodeIndex i = 0; i < editor.size(); ++i) {
    if (!editor.removed(i)) FoldPad(editor, i);
  }
  return editor.changed();
}

}  // namespace skerry::compiler
