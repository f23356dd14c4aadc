#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

#include "skerry/base/result.h"
#include "skerry/platform/thread.h"

namespace skerry::agent {

/// Loads and unloads that wait for their turn; more are refused.
inline constexpr std::size_t kControlTasksMax = 256;

/// Does, one after the other, what takes long: loading and unloading. The
/// completion queue's thread must never wait.
///
/// Thread safety: thread-safe.
class ControlThread {
 public:
  using Task = std::move_only_function<void()>;

  ~ControlThread();  ///< does what waits, then ends

  /// Errors: those of platform::Thread.
  Result<void> Start();

  /// False, and `task` is dropped, if kControlTasksMax wait.
  [[nodiscard]] bool Post(Task task);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  platform::Thread thread_;
};

}  // namespace skerry::agent
