#include "skerry/compiler/ops/op.h"

#include <string>
#include <unordered_map>

#include "skerry/base/check.h"

namespace skerry::compiler {
namespace {

std::string Range(int min, int max) {
  if (max < 0) return "at least " + std::to_string(min);
  if (min == max) return std::to_string(min);
  return std::to_string(min) + " to " + std::to_string(max);
}

Result<void> CheckOperands(const Graph& graph, const Node& node,
                           const OpInfo& op) {
  const int inputs = static_cast<int>(node.inputs.size());
  if (inputs < op.inputs_min ||
      (op.inputs_max >= 0 && inputs > op.inputs_max)) {
    return InvalidArgument("has " + std::to_string(inputs) + " inputs, want " +
                           Range(op.inputs_min, op.inputs_max));
  }
  const int outputs = static_cast<int>(node.outputs.size());
  if (outputs < 1 || (op.outputs_max >= 0 && outputs > op.outputs_max)) {
    return InvalidArgument("has " + std::to_string(outputs) +
                           " outputs, want " + Range(1, op.outputs_max));
  }
  for (int i = 0; i < inputs; ++i) {
    const ValueId id = node.inputs[static_cast<std::size_t>(i)];
    const bool required = i < op.inputs_min || op.inputs_max < 0;
    if (id == kNoValue && required) {
      return InvalidArgument("input " + std::to_string(i) + " is left out");
    }
    if (id != kNoValue && !graph.value(id).type.has_value()) {
      return Internal("input '" + graph.value(id).name + "' has no type yet");
    }
  }
  return {};
}

}  // namespace

const OpInfo* FindOp(std::string_view name) {
  static const auto* const kByName = [] {
    auto* map = new std::unordered_map<std::string_view, const OpInfo*>;
    for (const OpInfo& op : Operators()) map->emplace(op.name, &op);
    return map;
  }();
  const auto found = kByName->find(name);
  return found == kByName->end() ? nullptr : found->second;
}

Result<std::vector<TensorType>> InferOutputs(const Graph& graph,
                                             const Node& node) {
  const OpInfo* op = FindOp(node.op);
  if (op == nullptr) return Unimplemented("operator is not supported");
  SKERRY_RETURN_IF_ERROR(CheckOperands(graph, node, *op));
  SKERRY_ASSIGN_OR_RETURN(std::vector<TensorType> types,
                          op->infer(graph, node));
  SKERRY_CHECK(types.size() >= node.outputs.size());
  types.resize(node.outputs.size());
  return types;
}

Result<std::vector<TensorType>> InferTypes(const Graph& graph,
                                           const Node& node) {
  auto types = InferOutputs(graph, node);
  if (!types) return types.error().WithContext(Describe(node));
  return types;
}

}  // namespace skerry::compiler
