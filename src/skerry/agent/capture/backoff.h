#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace skerry::agent {

/// How long to wait before trying again: exponential, with full jitter, so
/// that a fleet that lost one server does not return to it at one moment.
///
/// Thread safety: thread-compatible.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest,
          std::uint32_t seed)
      : first_(first), longest_(longest), bound_(first), random_(seed) {}

  /// Evenly from zero to a bound that starts at `first`, doubles with each
  /// call, and stays at `longest`.
  std::chrono::milliseconds Next();

  /// It went well: the next wait is short again.
  void Reset() { bound_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds bound_;
  std::minstd_rand random_;
};

}  // namespace skerry::agent
