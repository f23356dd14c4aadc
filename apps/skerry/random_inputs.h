#pragma once

#include <span>
#include <vector>

#include "skerry/model/manifest.h"
#include "skerry/tensor/tensor.h"

namespace skerry::cli {

/// Inputs for a model that is only timed, the same on every call: floats lie
/// in [-1, 1), bytes take all values, and wider integers are 0 or 1, since
/// they may be indices.
std::vector<Tensor> RandomInputs(std::span<const TensorSpec> specs);

}  // namespace skerry::cli
