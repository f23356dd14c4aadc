#pragma once

#include <sched.h>

#include <optional>
#include <span>
#include <utility>

#include "skerry/base/result.h"

namespace skerry::agent {

/// Lets the calling thread, and threads that it starts meanwhile, run on
/// certain CPUs only, and then again where it could before.
///
/// Thread safety: bound to one thread.
class AffinityScope {
 public:
  AffinityScope(AffinityScope&& other) noexcept
      : before_(std::exchange(other.before_, std::nullopt)) {}
  ~AffinityScope();

  /// `cores` and errors as `platform::PinThisThread`.
  static Result<AffinityScope> Create(std::span<const int> cores);

 private:
  AffinityScope() = default;

  std::optional<cpu_set_t> before_;
};

}  // namespace skerry::agent
