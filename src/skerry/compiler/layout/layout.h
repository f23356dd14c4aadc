#pragma once

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Feature maps of one spatial axis become such of two, the first of extent
/// 1, so that all convolutions and pools are two-dimensional.
Result<bool> LiftToTwoDimensions(Graph& graph);

/// Operators on feature maps of two spatial axes, and what lies between them,
/// become NHWC.
Result<bool> ChooseNhwc(Graph& graph);

}  // namespace skerry::compiler
