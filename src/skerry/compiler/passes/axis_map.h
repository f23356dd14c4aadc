#pragma once

#include <optional>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"

namespace skerry::compiler {

/// A way to see tensors of some rank: old axis `i` becomes axis `to[i]` of
/// `rank`, and the axes that are left have extent 1. Either only the order
/// changes (NCHW to NHWC), or axes of 1 are put in between (NCW to NCHW).
struct AxisMap {
  std::vector<int> to;
  int rank = 0;

  int old_rank() const { return static_cast<int>(to.size()); }
  bool permutes() const { return old_rank() == rank; }
};

/// The map from the axes of Transpose(x, perm) to those of x.
AxisMap MapToSource(const Dims& perm);

/// `shape`, of the old rank, with its axes moved.
Dims MapDims(const AxisMap& map, const Dims& dims, std::int64_t filler = 1);

/// `x`, of the old rank, with its axes moved: a Transpose or a Reshape.
Result<ValueId> AddMapped(Editor& editor, NodeIndex origin, ValueId x,
                          const AxisMap& map);
/// The reverse of `AddMapped`, for an `x` of the new rank.
Result<ValueId> AddUnmapped(Editor& editor, NodeIndex origin, ValueId x,
                            const AxisMap& map);

/// How a node fares when the axes of its operands move.
struct Remapping {
  /// Operands, by position, whose axes move; all of the old rank.
  std::vector<std::size_t> inputs;
  /// Whether the axes of the outputs move too. False: the outputs are the
  /// same as before (a reduction that drops the moved axes).
  bool outputs = true;
};

/// The `Remapping` of `node`, if it computes the same on moved axes with other
/// attributes or constants. Covers what knows no channels or space:
/// elementwise operators, Concat, Slice, Pad, Reduce*, Softmax, Split, ...
std::optional<Remapping> FindRemapping(const Graph& graph, const Node& node,
                                       const AxisMap& map);

/// The node for moved axes. Its operands that `FindRemapping` lists are still
/// the old ones, for the caller to replace, as are its outputs; what depends
/// on the order of axes (attributes, constants) is as it must be.
Result<Node> Remap(Editor& editor, NodeIndex index, const AxisMap& map);

}  // namespace skerry::compiler
