#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "skerry/base/result.h"
#include "skerry/tensor/tensor.h"

namespace skerry::media {

/// A .npz may hold at most this many arrays.
inline constexpr int kNpzArrayCountMax = 4096;

/// The arrays of a .npz may take at most this many bytes together, so that a
/// small file cannot ask for all the memory.
inline constexpr std::uint64_t kNpzBytesMax = std::uint64_t{4} << 30;

/// The arrays of a .npz file, by name.
using NamedTensors = std::map<std::string, Tensor, std::less<>>;

/// Reads all arrays of a .npz file (a ZIP of .npy files, stored or deflated,
/// as numpy's `savez` and `savez_compressed` write them). `bytes_max` bounds
/// their size together.
///
/// Errors:
///   kInvalidArgument    not a ZIP file, or an array that `ReadNpy` refuses;
///                       the message names it
///   kDataLoss           truncated or changed
///   kResourceExhausted  more than the limits above
Result<NamedTensors> ReadNpz(std::span<const std::byte> file,
                             std::uint64_t bytes_max = kNpzBytesMax);

}  // namespace skerry::media
