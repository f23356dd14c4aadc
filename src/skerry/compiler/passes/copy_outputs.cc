#include <set>

#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {

Result<bool> CopyOutputs(Graph& graph) {
  const std::vector<int> producers = graph.Producers();
  std::set<ValueId> seen;
  bool changed = false;
  for (ValueId& output : graph.outputs) {
    const bool made = producers[static_cast<std::size_t>(output)] >= 0;
    if (made && seen.insert(output).second) continue;
    const ValueId copy =
        graph.AddValue(graph.value(output).name, graph.value(output).type);
    graph.nodes.push_back(
        {"Identity", graph.value(output).name, {output}, {copy}, {}});
    output = copy;
    changed = true;
  }
  return changed;
}

}  // namespace skerry::compiler
