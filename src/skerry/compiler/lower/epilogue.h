#pragma once

#include <optional>

#include "skerry/compiler/ir/graph.h"
#include "skerry/kernels/activation.h"

namespace skerry::compiler {

/// What `node` does to its sums before it stores them: its attributes
/// `activation` and `activation_before_residual`, and whether it has a
/// residual, input 3. None: there is an activation that kernels lack.
std::optional<kernels::Epilogue> ReadEpilogue(const Node& node);

/// Whether the node has an operand `index`.
bool HasOperand(const Node& node, std::size_t index);

}  // namespace skerry::compiler
