#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/tensor/tensor.h"

namespace skerry::media {

/// Reads one array of numpy's .npy format, versions 1.0 to 3.0, little-endian.
/// Arrays in Fortran order come back row-major. The file must hold exactly as
/// many bytes as its header states, so memory is bounded by its size.
///
/// Errors:
///   kInvalidArgument  not .npy, or an element type or rank that tensors do
///                     not have; the message names it
///   kDataLoss         truncated, or with bytes left over
Result<Tensor> ReadNpy(std::span<const std::byte> file);

/// A .npy file of version 1.0 that holds `bytes`, the elements of a dense
/// row-major tensor of `type`. numpy has no bfloat16; such elements are
/// written as float32, which holds each of them exactly.
std::vector<std::byte> WriteNpy(const TensorType& type,
                                std::span<const std::byte> bytes);

}  // namespace skerry::media
