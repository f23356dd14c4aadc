#pragma once

#include <span>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/tensor/tensor.h"

namespace skerry::compiler {

/// Runs `node` on `inputs` with its reference kernel. An absent operand is
/// null. All types of the node's values must be known.
Result<std::vector<Tensor>> EvaluateNode(const Graph& graph, const Node& node,
                                         std::span<const Tensor* const> inputs);

/// Runs the whole graph with reference kernels: slow, obvious, and what
/// compiled models are checked against. `inputs` are the graph's, in order.
/// kInvalidArgument if they do not match.
Result<std::vector<Tensor>> Evaluate(const Graph& graph,
                                     std::span<const Tensor> inputs);

}  // namespace skerry::compiler
