#pragma once

#include <chrono>

namespace skerry::agent {

/// How long to wait before a worker that died is started again: not at all
/// after the first death, then 50 ms, 100 ms and so on to 5 s. A worker that
/// lived for 2 s ends the series.
///
/// Thread safety: thread-compatible.
class RestartPause {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::milliseconds kFirst{50};
  static constexpr std::chrono::milliseconds kLongest{5000};
  static constexpr std::chrono::seconds kLongLife{2};

  /// A worker that was started at `start` has died, or did not come up.
  void Died(Clock::time_point start, Clock::time_point now);

  /// How long it is still to wait; 0 if it may be started.
  std::chrono::milliseconds Left(Clock::time_point now) const;

  /// Deaths in the series.
  int death_count() const { return death_count_; }

 private:
  int death_count_ = 0;
  Clock::time_point end_{};
};

}  // namespace skerry::agent
