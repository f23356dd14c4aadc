#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

bool Is(std::string_view op, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, op) != list.end();
}

bool AllAre(const Dims& list, std::int64_t wanted) {
  return std::ranges::all_of(
      list, [&](std::int64_t value) { return value == wanted; });
}

/// Steps of a Slice that keeps the shape: 1, or any on an extent of 1.
bool SliceKeepsOrder(const Graph& graph, const Node& node) {
  if (InputOf(node, 4) == kNoValue) return true;
  const auto steps = IntsOf(graph, node.inputs[4]);
  return steps.has_value() &&
         std::ranges::all_of(*steps, [](std::int64_t s) { return s > 0; });
}

bool ResizeKeepsSamples(const Graph& graph, const Node& node) {
  if (node.attributes.Text("coordinate_transformation_mode", "half_pixel") ==
      "tf_crop_and_resize") {
    return false;
  }
  const Tensor* scales = graph.constant(InputOf(node, 2));
  if (scales == nullptr || scales->shape().element_count() == 0) return true;
  return std::ranges::all_of(scales->data<float>(),
                             [](float scale) { return scale == 1; });
}

/// A window of one element, taken everywhere.
bool PoolKeepsElements(const Node& node) {
  return node.op != "LpPool" && node.outputs.size() == 1 &&
         AllAre(node.attributes.Ints("kernel_shape"), 1) &&
         AllAre(node.attributes.Ints("strides"), 1) &&
         AllAre(node.attributes.Ints("pads"), 0);
}

/// For nodes whose output has the type of operand 0.
bool KeepsElements(const Graph& graph, const Node& node) {
  const std::string_view op = node.op;
  if (Is(op, {"Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
              "Expand", "Tile", "GlobalAveragePool", "GlobalMaxPool"})) {
    return true;
  }
  if (op == "Transpose") return IsIdentity(PermOf(graph, node));
  if (op == "Slice") return SliceKeepsOrder(graph, node);
  if (op == "Resize") return ResizeKeepsSamples(graph, node);
  if (op == "Concat" || op == "Split") {
    return node.inputs.size() == 1 || op == "Split";
  }
  if (op == "Pad") {
    const auto pads = IntsOf(graph, node.inputs[1]);
    return pads.has_value() && AllAre(*pads, 0);
  }
  if (Is(op, {"MaxPool", "AveragePool"})) return PoolKeepsElements(node);
  // All reduced extents are 1, as the shape stays; of one element these are
  // that element.
  if (Is(op,
         {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"})) {
    return node.attributes.Int("keepdims", 1) != 0;
  }
  if (op == "Clip") {
    const float infinity = std::numeric_limits<float>::infinity();
    const ValueId low = InputOf(node, 1);
    const ValueId high = InputOf(node, 2);
    return (low == kNoValue || ScalarOf(graph, low) == -infinity) &&
           (high == kNoValue || ScalarOf(graph, high) == infinity);
  }
  return false;
}

/// The operand that a binary node gives back: x * 1, x + 0, x / 1, x - 0.
ValueId NeutralOperand(const Graph& graph, const Node& node) {
  const bool product = Is(node.op, {"Mul", "Div", "Pow"});
  if (!product && !Is(node.op, {"Add", "Sub"})) return kNoValue;
  const float neutral = product ? 1 : 0;
  if (ScalarOf(graph, node.inputs[1]) == neutral) return node.inputs[0];
  if (Is(node.op, {"Mul", "Add"}) &&
      ScalarOf(graph, node.inputs[0]) == neutral) {
    return node.inputs[1];
  }
  return kNoValue;
}

/// Relu of what is never negative, and the like.
bool IsRepeated(const Editor& editor, const Node& node) {
  if (node.op != "Relu") return false;
  const ValueId x = node.inputs[0];
  return editor.ProducerOf(x, "Relu") != nullptr ||
         editor.ProducerOf(x, "Sigmoid") != nullptr ||
         editor.ProducerOf(x, "HardSigmoid") != nullptr;
}

}  // namespace

Result<bool> RemoveIdentities(Graph& graph) {
  Editor editor(graph);
  for (NodeIndex i = 0; i < editor.size(); ++i) {
    const Node& node = editor.node(i);
    if (editor.removed(i) || node.outputs[0] == kNoValue ||
        node.inputs.empty() || node.inputs[0] == kNoValue) {
      continue;
    }
    ValueId same = NeutralOperand(editor.graph(), node);
    if (same == kNoValue) same = node.inputs[0];
    if (graph.type(same) != graph.type(node.outputs[0])) continue;
    if (same == NeutralOperand(graph, node) || KeepsElements(graph, node) ||
        IsRepeated(editor, node)) {
      editor.ReplaceUses(node.outputs[0], same);
    }
  }
  return editor.changed();
}

}  // namespace skerry::compiler
