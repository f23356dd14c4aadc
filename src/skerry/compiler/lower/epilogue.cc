#include "skerry/compiler/lower/epilogue.h"

#include <array>
#include <string>
#include <string_view>

namespace skerry::compiler {
namespace {

using kernels::Function;

/// A function that kernels can apply.
struct FunctionRow {
  std::string_view name;
  Function function;
};

constexpr std::array kFunctions = std::to_array<FunctionRow>({
    {"", Function::kNone},
    {"Relu", Function::kRelu},
    {"Clip", Function::kClip},
    {"LeakyRelu", Function::kLeakyRelu},
    {"Sigmoid", Function::kSigmoid},
    {"HardSigmoid", Function::kHardSigmoid},
    {"HardSwish", Function::kHardSwish},
    {"Silu", Function::kSilu},
    {"Tanh", Function::kTanh},
    {"Gelu", Function::kGelu},
    {"Elu", Function::kElu},
    {"Selu", Function::kSelu},
    {"Softplus", Function::kSoftplus},
    {"Mish", Function::kMish},
    {"Sqrt", Function::kSqrt},
});

}  // namespace

bool HasOperand(const Node& node, std::size_t index) {
  return index < node.inputs.size() && node.inputs[index] != kNoValue;
}

std::optional<kernels::Epilogue> ReadEpilogue(const Node& node) {
  const std::string name = node.attributes.Text("activation", "");
  for (const FunctionRow& row : kFunctions) {
    if (row.name != name) continue;
    kernels::Epilogue epilogue;
    epilogue.activation = {row.function,
                           node.attributes.Float("activation_alpha", 0),
                           node.attributes.Float("activation_beta", 0)};
    if (HasOperand(node, 3)) {
      epilogue.residual =
          node.attributes.Int("activation_before_residual", 0) != 0
              ? kernels::Residual::kAfter
              : kernels::Residual::kBefore;
    }
    return epilogue;
  }
  return std::nullopt;
}

}  // namespace skerry::compiler
