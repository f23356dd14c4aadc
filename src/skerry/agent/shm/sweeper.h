#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "skerry/platform/thread.h"

namespace skerry::agent {

/// Calls a function every `period` while there is something to sweep, on a
/// thread that sleeps otherwise and is started by the first `Wake`.
///
/// Thread safety: thread-safe.
class Sweeper {
 public:
  /// `sweep` returns whether there is something left.
  Sweeper(std::chrono::milliseconds period, std::function<bool()> sweep);
  ~Sweeper();

  /// There is something to sweep. Without a thread, should the system refuse
  /// one, nothing is swept until the next call.
  void Wake();

 private:
  void Loop();

  const std::chrono::milliseconds period_;
  const std::function<bool()> sweep_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_work_ = false;
  bool stopping_ = false;
  bool started_ = false;
  platform::Thread thread_;  // last: it uses all of the above
};

}  // namespace skerry::agent
