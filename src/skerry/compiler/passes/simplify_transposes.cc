#include <algorithm>
#include <utility>

#include "skerry/compiler/passes/axis_map.h"
#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// Axes of a Reshape's input and of its output that hold the same elements:
/// [2, 6, 5] to [2, 2, 3, 5] is {0}{0}, {1}{1, 2}, {2}{3}.
struct AxisGroup {
  std::vector<int> from;
  std::vector<int> to;
};

/// The finest groups, in order. Extents of 1 join a neighbour. Nothing for
/// tensors without elements.
std::optional<std::vector<AxisGroup>> GroupAxes(const Shape& from,
                                                const Shape& to) {
  if (from.element_count() == 0) return std::nullopt;
  std::vector<AxisGroup> groups;
  int i = 0;
  int j = 0;
  while (i < from.rank() && j < to.rank()) {
    AxisGroup group = {.from = {i}, .to = {j}};
    std::int64_t from_count = from[i++];
    std::int64_t to_count = to[j++];
    while (from_count != to_count) {
      if (from_count < to_count) {
        from_count *= from[i];
        group.from.push_back(i++);
      } else {
        to_count *= to[j];
        group.to.push_back(j++);
      }
    }
    while (i < from.rank() && from[i] == 1) group.from.push_back(i++);
    while (j < to.rank() && to[j] == 1) group.to.push_back(j++);
    groups.push_back(std::move(group));
  }
  if (i < from.rank() || j < to.rank()) return std::nullopt;  // a scalar
  return groups;
}

/// Where each axis of `shape` stands after its axes have moved to the places
/// `moved`, counted in axes of more than one element and doubled; axes of one
/// element stand in between.
std::vector<int> Standing(const Shape& shape, const Dims& moved) {
  std::vector<int> standing(moved.size());
  for (std::size_t axis = 0; axis < moved.size(); ++axis) {
    int before = 0;
    for (std::size_t other = 0; other < moved.size(); ++other) {
      const bool counts = shape.dims()[other] != 1;
      if (counts && moved[other] < moved[axis]) ++before;
    }
    standing[axis] = 2 * before + (shape.dims()[axis] != 1 ? 1 : 0);
  }
  return standing;
}

/// The groups in the order in which they are after the axes at `near`, of a
/// tensor of shape `shape`, have moved to the places `moved`; nothing if that
/// tears a group apart. Axes of one element never tear.
std::optional<std::vector<AxisGroup>> OrderGroups(
    std::vector<AxisGroup> groups, std::vector<int> AxisGroup::* near,
    const Shape& shape, const Dims& moved) {
  const std::vector<int> standing = Standing(shape, moved);
  // Axes of one element count only where there are no others.
  const auto place = [&](const AxisGroup& group) {
    int larger = 2 * shape.rank();
    int single = larger;
    for (const int axis : group.*near) {
      const int at = standing[static_cast<std::size_t>(axis)];
      (at % 2 == 1 ? larger : single) =
          std::min(at % 2 == 1 ? larger : single, at);
    }
    return std::pair(larger < 2 * shape.rank() ? larger : single,
                     group.from[0]);
  };
  for (const AxisGroup& group : groups) {
    int last = -1;
    for (const int axis : group.*near) {
      const int at = standing[static_cast<std::size_t>(axis)];
      if (at % 2 == 0) continue;
      if (last >= 0 && at != last + 2) return std::nullopt;
      last = at;
    }
  }
  std::ranges::sort(groups, {}, place);
  return groups;
}

/// All axes of one side, group by group.
Dims AxesInOrder(const std::vector<AxisGroup>& groups,
                 std::vector<int> AxisGroup::* side) {
  Dims axes;
  for (const AxisGroup& group : groups) {
    axes.insert(axes.end(), (group.*side).begin(), (group.*side).end());
  }
  return axes;
}

Dims Extents(const Shape& shape, const Dims& axes) {
  Dims dims;
  for (const std::int64_t axis : axes) {
    dims.push_back(shape[static_cast<int>(axis)]);
  }
  return dims;
}

class TransposeSimplifier {
 public:
  explicit TransposeSimplifier(Editor& editor)
      : editor_(editor), graph_(editor.graph()) {}

  Result<void> Run() {
    for (NodeIndex i = 0; i < editor_.size(); ++i) {
      if (editor_.removed(i)) continue;
      const Node& node = editor_.node(i);
      if (node.op == "Transpose") {
        SKERRY_RETURN_IF_ERROR(MeetAbove(i));
      } else if (node.op == "Reshape") {
        SKERRY_RETURN_IF_ERROR(SinkBelowReshape(i));
      } else if (node.op == "MatMul") {
        SKERRY_RETURN_IF_ERROR(MoveIntoRows(i));
      } else {
        SKERRY_RETURN_IF_ERROR(SinkBelow(i));
      }
    }
    return {};
  }

 private:
  /// A Transpose that only `user` reads, with all its operands at `id`.
  const Node* OwnTranspose(ValueId id, NodeIndex user) const {
    if (id == kNoValue || editor_.IsGraphOutput(id)) return nullptr;
    const Node* transpose = editor_.ProducerOf(id, "Transpose");
    const bool owned = std::ranges::all_of(
        editor_.Users(id), [&](NodeIndex u) { return u == user; });
    return transpose != nullptr && owned ? transpose : nullptr;
  }

  /// Transpose of Transpose, also with a Reshape between them that the second
  /// can move above.
  Result<void> MeetAbove(NodeIndex index) {
    const Node& node = editor_.node(index);
    const ValueId output = node.outputs[0];
    const Dims perm = PermOf(graph_, node);
    const ValueId x = node.inputs[0];
    if (const Node* first = editor_.ProducerOf(x, "Transpose")) {
      SKERRY_ASSIGN_OR_RETURN(
          const ValueId merged,
          AddTranspose(editor_, index, first->inputs[0],
                       Compose(PermOf(graph_, *first), perm)));
      editor_.ReplaceUses(output, merged);
      return {};
    }
    const Node* reshape = editor_.ProducerOf(x, "Reshape");
    if (reshape == nullptr || editor_.UseCount(x) != 1) return {};
    const ValueId source = reshape->inputs[0];
    if (editor_.ProducerOf(source, "Transpose") == nullptr) return {};
    const auto groups = GroupAxes(graph_.shape(source), graph_.shape(x));
    if (!groups.has_value()) return {};
    const auto ordered =
        OrderGroups(*groups, &AxisGroup::to, graph_.shape(x), Inverse(perm));
    if (!ordered.has_value()) return {};
    const Dims order = AxesInOrder(*ordered, &AxisGroup::from);
    const Dims dims = graph_.shape(output).dims();
    SKERRY_ASSIGN_OR_RETURN(const ValueId moved,
                            AddTranspose(editor_, index, source, order));
    SKERRY_ASSIGN_OR_RETURN(const ValueId reshaped,
                            AddReshape(editor_, index, moved, dims));
    editor_.ReplaceUses(output, reshaped);
    return {};
  }

  /// Reshape(Transpose(x)) to Transpose(Reshape(x)).
  Result<void> SinkBelowReshape(NodeIndex index) {
    const Node& node = editor_.node(index);
    const Node* transpose = OwnTranspose(node.inputs[0], index);
    if (transpose == nullptr) return {};
    const Shape from = graph_.shape(node.inputs[0]);
    const Shape to = graph_.shape(node.outputs[0]);
    const auto groups = GroupAxes(from, to);
    if (!groups.has_value()) return {};
    const auto ordered = OrderGroups(*groups, &AxisGroup::from, from,
                                     PermOf(graph_, *transpose));
    if (!ordered.has_value()) return {};
    const Dims order = AxesInOrder(*ordered, &AxisGroup::to);
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId reshaped,
        AddReshape(editor_, index, transpose->inputs[0], Extents(to, order)));
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId moved,
        AddTranspose(editor_, index, reshaped, Inverse(order)));
    editor_.ReplaceUses(node.outputs[0], moved);
    return {};
  }

  /// A node that knows no order of axes, all of whose moving operands are
  /// Transposes of one order: do the work first, then one Transpose.
  Result<void> SinkBelow(NodeIndex index) {
    const Node& node = editor_.node(index);
    if (node.outputs.size() != 1) return {};
    const Node* first = nullptr;
    for (const ValueId id : node.inputs) {
      if (first == nullptr) first = OwnTranspose(id, index);
    }
    if (first == nullptr) return {};
    const Dims perm = PermOf(graph_, *first);
    const AxisMap map = MapToSource(perm);
    const auto remapping = FindRemapping(graph_, node, map);
    if (!remapping.has_value()) return {};
    for (const std::size_t i : remapping->inputs) {
      const Node* transpose = OwnTranspose(node.inputs[i], index);
      if (transpose == nullptr || PermOf(graph_, *transpose) != perm) return {};
    }
    SKERRY_ASSIGN_OR_RETURN(Node moved, Remap(editor_, index, map));
    for (const std::size_t i : remapping->inputs) {
      moved.inputs[i] = OwnTranspose(node.inputs[i], index)->inputs[0];
    }
    SKERRY_ASSIGN_OR_RETURN(const std::vector<ValueId> results,
                            editor_.AddNode(std::move(moved)));
    ValueId result = results[0];
    if (remapping->outputs) {
      SKERRY_ASSIGN_OR_RETURN(result,
                              AddTranspose(editor_, index, result, perm));
    }
    editor_.ReplaceUses(node.outputs[0], result);
    return {};
  }

  /// MatMul(Reshape(Transpose(x)), constant), where the Reshape flattens all
  /// that the Transpose moves: reorders the rows of the constant instead.
  Result<void> MoveIntoRows(NodeIndex index) {
    const Node& node = editor_.node(index);
    const Node* reshape = editor_.ProducerOf(node.inputs[0], "Reshape");
    const ValueId weight = node.inputs[1];
    if (reshape == nullptr || graph_.constant(weight) == nullptr ||
        graph_.shape(weight).rank() != 2) {
      return {};
    }
    const ValueId moved = reshape->inputs[0];
    const Node* transpose = editor_.ProducerOf(moved, "Transpose");
    if (transpose == nullptr) return {};
    const Shape shape = graph_.shape(moved);
    const Dims dims = graph_.shape(node.inputs[0]).dims();
    const Dims perm = PermOf(graph_, *transpose);
    // Axes before `first` stay, and the others make up the last extent.
    int first = shape.rank();
    std::int64_t count = 1;
    while (first > 0 && count < dims.back()) count *= shape[--first];
    if (count != dims.back()) return {};
    for (int i = 0; i < first; ++i) {
      if (perm[static_cast<std::size_t>(i)] != i) return {};
    }
    SKERRY_ASSIGN_OR_RETURN(const ValueId rows,
                            ReorderRows(index, weight, shape, perm, first));
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId flat,
        AddReshape(editor_, index, transpose->inputs[0], dims));
    editor_.SetInput(index, 1, rows);
    editor_.SetInput(index, 0, flat);
    return {};
  }

  /// The rows of `weight`, which are in the order of the axes of `shape` from
  /// `first` on, in the order that these have before the Transpose.
  Result<ValueId> ReorderRows(NodeIndex index, ValueId weight,
                              const Shape& shape, const Dims& perm, int first) {
    const Shape matrix = graph_.shape(weight);
    Dims dims(shape.dims().begin() + first, shape.dims().end());
    dims.push_back(matrix[1]);
    Dims inner;
    for (std::size_t i = static_cast<std::size_t>(first); i < perm.size();
         ++i) {
      inner.push_back(perm[i] - first);
    }
    Dims back = Inverse(inner);
    back.push_back(static_cast<std::int64_t>(back.size()));
    SKERRY_ASSIGN_OR_RETURN(ValueId rows,
                            AddReshape(editor_, index, weight, dims));
    SKERRY_ASSIGN_OR_RETURN(rows, AddTranspose(editor_, index, rows, back));
    return AddReshape(editor_, index, rows, matrix.dims());
  }

  Editor& editor_;
  const Graph& graph_;
};

}  // namespace

Result<bool> SimplifyTransposes(Graph& graph) {
  Editor editor(graph);
  SKERRY_RETURN_IF_ERROR(TransposeSimplifier(editor).Run());
  return editor.changed();
}

}  // namespace skerry::compiler
