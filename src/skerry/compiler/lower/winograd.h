#pragma once

#include <optional>

#include "skerry/compiler/lower/convolution_node.h"
#include "skerry/compiler/lower/kernel_plan.h"

namespace skerry::compiler {

/// The convolution by Winograd's method. None if its kernel is not 3x3 with
/// stride 1, or if the direct sum is estimated to be as fast.
std::optional<KernelPlan> LowerWinograd(const ConvolutionNode& node,
                                        const Target& target);

}  // namespace skerry::compiler
