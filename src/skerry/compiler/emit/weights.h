#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "skerry/tensor/tensor.h"

namespace skerry::compiler {

/// Collects the constants of a model into one block. Equal bytes are kept
/// once; each tensor is aligned to 64.
///
/// Thread safety: thread-compatible.
class WeightBlock {
 public:
  /// Where `tensor`'s bytes are in the block.
  std::int64_t Add(const Tensor& tensor);

  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
  /// Offset and size of what was added, by hash.
  std::unordered_multimap<std::size_t, std::pair<std::int64_t, std::size_t>>
      seen_;
};

}  // namespace skerry::compiler
