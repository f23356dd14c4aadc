// What convolutions and matrix products do to their sums before they are
// stored: the fused activation and residual.
#pragma once

#include <string_view>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Whether the attribute `activation` may be `name`: an elementwise operator
/// of one input with at most two parameters, `activation_alpha` and
/// `activation_beta`.
bool IsFusedActivation(std::string_view name);

/// Checks the attribute `activation` and the residual, input
/// `residual_index`, of a node whose output is `output`.
Result<void> CheckEpilogue(const Graph& graph, const Node& node,
                           int residual_index, const TensorType& output);

}  // namespace skerry::compiler
