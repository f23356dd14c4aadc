#include "skerry/compiler/ops/activation.h"

#include <algorithm>
#include <array>

#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {

bool IsFusedActivation(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "Clip", "Elu",       "Gelu", "HardSigmoid", "HardSwish",
      "Mish", "LeakyRelu", "Relu", "Selu",        "Sigmoid",
      "Silu", "Softplus",  "Sqrt", "Tanh",
  };
  return Contains(kNames, name);
}

Result<void> CheckEpilogue(const Graph& graph, const Node& node,
                           int residual_index, const TensorType& output) {
  if (node.attributes.Has("activation")) {
    const std::string name = node.attributes.Text("activation", "");
    if (!IsFusedActivation(name)) {
      return InvalidArgument("attribute 'activation' is '" + name +
                             "', which cannot be fused");
    }
  }
  if (!HasInput(node, residual_index)) return {};
  const TensorType& residual = InputType(graph, node, residual_index);
  SKERRY_RETURN_IF_ERROR(
      WantSameType(output, residual, "the output", "the residual"));
  return WantShape(residual, output.shape, "residual");
}

}  // namespace skerry::compiler
