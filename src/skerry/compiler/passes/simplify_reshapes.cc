#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// Whether a Transpose leaves all elements where they are: the axes of more
/// than one element keep their order.
bool KeepsMemory(const Shape& shape, const Dims& perm) {
  std::int64_t last = -1;
  for (const std::int64_t axis : perm) {
    if (shape[static_cast<int>(axis)] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

bool IsReshape(const Graph& graph, const Node& node) {
  return node.op == "Reshape" || node.op == "Flatten" || node.op == "Squeeze" ||
         node.op == "Unsqueeze" ||
         (node.op == "Transpose" &&
          KeepsMemory(graph.shape(node.inputs[0]), PermOf(graph, node)));
}

/// A Reshape with all extents written out, straight from `x`.
Result<void> MakeReshape(Editor& editor, NodeIndex index, ValueId x) {
  const ValueId output = editor.node(index).outputs[0];
  const Dims dims = editor.graph().shape(output).dims();
  SKERRY_ASSIGN_OR_RETURN(const ValueId reshaped,
                          AddReshape(editor, index, x, dims));
  editor.ReplaceUses(output, reshaped);
  return {};
}

bool IsWrittenOut(const Graph& graph, const Node& node) {
  return node.op == "Reshape" &&
         IntsOf(graph, node.inputs[1]) == graph.shape(node.outputs[0]).dims();
}

}  // namespace

Result<bool> SimplifyReshapes(Graph& graph) {
  Editor editor(graph);
  for (NodeIndex i = 0; i < editor.size(); ++i) {
    const Node& node = editor.node(i);
    if (editor.removed(i) || !IsReshape(graph, node)) continue;
    const ValueId x = node.inputs[0];
    const Node* before = editor.ProducerOf(x, "Reshape");
    if (before != nullptr) {
      SKERRY_RETURN_IF_ERROR(MakeReshape(editor, i, before->inputs[0]));
    } else if (!IsWrittenOut(graph, node)) {
      SKERRY_RETURN_IF_ERROR(MakeReshape(editor, i, x));
    }
  }
  return editor.changed();
}

}  // namespace skerry::compiler
