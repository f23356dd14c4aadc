#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace skerry::soak {

/// How a request ended.
enum class Outcome {
  kRight,    ///< answered, and it is the answer to this request
  kRefused,  ///< an error that is in order: malformed, unloaded, killed
  kGivenUp,  ///< cancelled, abandoned or past its deadline
  kLost,     ///< no answer, or an error that nothing explains
  kCrossed,  ///< an answer, but not to this request
  kCount
};

/// What all clients met.
///
/// Thread safety: thread-safe.
class Tally {
 public:
  void Add(Outcome outcome) {
    counts_[static_cast<std::size_t>(outcome)].fetch_add(
        1, std::memory_order_relaxed);
  }

  /// A fault, which is printed with `words` (the first few).
  void AddFault(Outcome outcome, const std::string& words);

  std::uint64_t count(Outcome outcome) const {
    return counts_[static_cast<std::size_t>(outcome)];
  }
  std::uint64_t total() const;
  std::uint64_t faults() const {
    return count(Outcome::kLost) + count(Outcome::kCrossed);
  }

  /// One line of all counts.
  std::string ToString() const;

 private:
  std::array<std::atomic<std::uint64_t>,
             static_cast<std::size_t>(Outcome::kCount)>
      counts_ = {};
  std::mutex mutex_;
};

}  // namespace skerry::soak
