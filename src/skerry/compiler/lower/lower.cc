#include <array>

#include "skerry/compiler/lower/kernel_plan.h"

namespace skerry::compiler {

Result<KernelPlan> Lower(const Graph& graph, const Node& node,
                         const Target& target) {
  static constexpr std::array<LowerFamily, 7> kFamilies = {
      LowerConvolution, LowerMatMul,        LowerElementwise, LowerWindow,
      LowerReduction,   LowerNormalization, LowerMovement};
  for (const LowerFamily family : kFamilies) {
    auto plan = family(graph, node, target);
    if (!plan) return plan.error().WithContext(Describe(node));
    if (plan->has_value()) return *std::move(*plan);
  }
  return LowerReference(graph, node);
}

}  // namespace skerry::compiler
