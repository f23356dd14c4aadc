#pragma once

#include <cstdint>

#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Floating-point operations of one run of `node`: 2 for each multiply-add of
/// convolutions and matrix products, one for each element that other operators
/// give (or, for reductions and pools, read); none for those that only move
/// data. The types of all the node's values must be known.
std::int64_t EstimateFlops(const Graph& graph, const Node& node);

}  // namespace skerry::compiler
