#pragma once

#include <functional>
#include <optional>

#include "skerry/base/result.h"
#include "skerry/compiler/passes/axis_map.h"
#include "skerry/compiler/passes/editor.h"

namespace skerry::compiler {

/// How `ConvertRegions` changes the axes of feature maps.
struct RegionRule {
  AxisMap map;
  /// Operators that want the new axes: how they fare, or nothing if the node
  /// is none of these. Operand 0 is a feature map of the old rank.
  std::optional<Remapping> (*find_seed)(const Graph& graph, const Node& node,
                                        const AxisMap& map);
  /// Such a node for the new axes, like `Remap`.
  Result<Node> (*remap_seed)(Editor& editor, NodeIndex index,
                             const AxisMap& map);
};

/// Moves the axes of all nodes that want it, and of what lies between and
/// around them and does not mind (`FindRemapping`), however far it reaches.
/// Where moved values meet the rest of the graph, a Transpose or Reshape is
/// put in, one for each value.
Result<bool> ConvertRegions(Graph& graph, const RegionRule& rule);

}  // namespace skerry::compiler
