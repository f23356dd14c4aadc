#include <algorithm>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

bool AllAre(const Dims& list, std::int64_t wanted) {
  return std::ranges::all_of(
      list, [&](std::int64_t value) { return value == wanted; });
}

/// The extent of a pool's square window, if it is odd, moves by 1 and is
/// padded so that the output has the input's shape; else 0.
std::int64_t CentredWindow(const Node& node) {
  const Dims kernel = node.attributes.Ints("kernel_shape");
  if (node.op != "MaxPool" || kernel.empty() || kernel[0] % 2 == 0 ||
      !AllAre(kernel, kernel[0]) ||
      !AllAre(node.attributes.Ints("strides"), 1) ||
      !AllAre(node.attributes.Ints("dilations"), 1) ||
      !AllAre(node.attributes.Ints("pads", Dims(1, 0)), kernel[0] / 2) ||
      (node.outputs.size() > 1 && node.outputs[1] != kNoValue)) {
    return 0;
  }
  return kernel[0];
}

/// Whether two pools read the same and differ in nothing but the window.
bool AreAlike(const Node& a, const Node& b) {
  Attributes attributes = a.attributes;
  for (const char* name : {"kernel_shape", "pads"}) {
    attributes.Set(name, b.attributes.Ints(name));
  }
  return a.inputs == b.inputs && attributes == b.attributes;
}

/// The pool like `index`, of the largest window smaller than its own.
NodeIndex NextSmaller(const Editor& editor, NodeIndex index) {
  const Node& node = editor.node(index);
  const std::int64_t window = CentredWindow(node);
  NodeIndex best = kNoNode;
  std::int64_t best_window = 1;
  for (const NodeIndex other : editor.Users(node.inputs[0])) {
    const std::int64_t found = CentredWindow(editor.node(other));
    if (found > best_window && found < window &&
        AreAlike(node, editor.node(other))) {
      best = other;
      best_window = found;
    }
  }
  return best;
}

}  // namespace

Result<bool> CascadePools(Graph& graph) {
  Editor editor(graph);
  // The largest windows come first: their inputs must still be the others'.
  std::vector<NodeIndex> pools;
  for (NodeIndex i = 0; i < editor.size(); ++i) {
    if (CentredWindow(editor.node(i)) > 0) pools.push_back(i);
  }
  std::ranges::sort(pools, [&](NodeIndex a, NodeIndex b) {
    const std::int64_t window_a = CentredWindow(editor.node(a));
    const std::int64_t window_b = CentredWindow(editor.node(b));
    return window_a != window_b ? window_a > window_b : a < b;
  });
  for (const NodeIndex index : pools) {
    const NodeIndex smaller = NextSmaller(editor, index);
    if (smaller == kNoNode) continue;
    const Node& node = editor.node(index);
    const Node& inner = editor.node(smaller);
    const std::int64_t window = CentredWindow(node) - CentredWindow(inner) + 1;
    Attributes attributes = node.attributes;
    const std::size_t axes = attributes.Ints("kernel_shape").size();
    attributes.Set("kernel_shape", Dims(axes, window));
    attributes.Set("pads", Dims(2 * axes, window / 2));
    editor.SetAttributes(index, std::move(attributes));
    editor.SetInput(index, 0, inner.outputs[0]);
  }
  return editor.changed();
}

}  // namespace skerry::compiler
