#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/kernels/call.h"

namespace skerry::compiler {

/// Works out the types of a node's outputs from the types of its inputs, from
/// its attributes and, where they shape the result (Reshape, Slice, Resize),
/// from constant inputs. Checks everything that kernels then trust. Errors
/// say what was found and wanted; the caller adds the node.
using Infer = Result<std::vector<TensorType>> (*)(const Graph& graph,
                                                  const Node& node);

/// What is known of an operator.
struct OpInfo {
  std::string_view name;
  int inputs_min;
  int inputs_max;   ///< -1: any number
  int outputs_max;  ///< -1: any number
  Infer infer;
  kernels::Reference reference;
  /// Source of the reference kernel for generated code:
  /// header "skerry/kernels/reference/<header>.h", function
  /// "skerry::kernels::reference::<name>".
  std::string_view header;
};

/// Every operator, by name; made from ops.def.
std::span<const OpInfo> Operators();

/// The operator of that name, or null.
const OpInfo* FindOp(std::string_view name);

/// `FindOp`, operand counts and the operator's own inference: a type for each
/// of `node.outputs`. kUnimplemented if there is no such operator.
Result<std::vector<TensorType>> InferOutputs(const Graph& graph,
                                             const Node& node);

/// `InferOutputs` with the node named in errors.
Result<std::vector<TensorType>> InferTypes(const Graph& graph,
                                           const Node& node);

}  // namespace skerry::compiler
