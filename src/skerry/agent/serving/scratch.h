#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/manifest.h"
#include "skerry/platform/mapping.h"

namespace skerry::agent {

/// Buffers for all inputs and outputs of one model, aligned to 64 bytes. The
/// system gives the pages when they are first used, so buffers that nobody
/// needs cost nothing.
///
/// Thread safety: thread-compatible.
class Scratch {
 public:
  /// kResourceExhausted.
  static Result<Scratch> Create(const Manifest& manifest);

  std::span<std::byte> input(std::size_t i) const { return inputs_[i]; }
  std::span<std::byte> output(std::size_t i) const { return outputs_[i]; }

 private:
  platform::Mapping memory_;
  std::vector<std::span<std::byte>> inputs_;
  std::vector<std::span<std::byte>> outputs_;
};

/// Whether a tensor of `type` may lie at `bytes`.
bool IsAligned(std::span<const std::byte> bytes, DataType type);

}  // namespace skerry::agent
