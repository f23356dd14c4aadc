#pragma once

#include <optional>

#include "skerry/compiler/lower/convolution_node.h"
#include "skerry/compiler/lower/kernel_plan.h"

namespace skerry::compiler {

/// A transposed convolution as ordinary ones, one for each phase of the
/// stride: the output pixels that share a phase see the same taps. None for
/// strides with dilation, where phases mix.
std::optional<KernelPlan> LowerTransposed(const ConvolutionNode& node,
                                          const Target& target);

}  // namespace skerry::compiler
