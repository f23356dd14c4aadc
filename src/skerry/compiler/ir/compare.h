#pragma once

#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// The same graph without the values that nothing uses, the others numbered
/// in the order of inputs, then nodes with each node's constants before it.
/// Passes leave unused values behind; this ends them.
Graph Compact(const Graph& graph);

/// Whether the graphs are equal in everything: ids of values, names, types,
/// elements of constants, order of nodes.
bool Same(const Graph& a, const Graph& b);

}  // namespace skerry::compiler
