#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace skerry::agent {

/// How long one run of a model version takes of late: an exponential average,
/// in which a run that was held up counts as `kLongest`, so that a few of them
/// do not hide what the model usually takes.
///
/// Thread safety: thread-safe. Of runs that end at the same time, some may not
/// count.
class RunTime {
 public:
  static constexpr std::chrono::nanoseconds kLongest =
      std::chrono::milliseconds(1);

  void Add(std::chrono::nanoseconds time) {
    const std::int64_t found = std::min(time, kLongest).count();
    const std::int64_t before = mean_.load(std::memory_order_relaxed);
    const std::int64_t mean =
        before < 0 ? found : before + (found - before) / kWeight;
    mean_.store(mean, std::memory_order_relaxed);
  }

  /// Nothing before the first run has ended.
  std::optional<std::chrono::nanoseconds> mean() const {
    const std::int64_t mean = mean_.load(std::memory_order_relaxed);
    if (mean < 0) return std::nullopt;
    return std::chrono::nanoseconds(mean);
  }

 private:
  static constexpr std::int64_t kWeight = 8;  ///< a run counts one in so many

  std::atomic<std::int64_t> mean_ = -1;  ///< ns; -1: not known
};

}  // namespace skerry::agent
