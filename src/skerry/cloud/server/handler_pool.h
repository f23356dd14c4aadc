#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/thread.h"

namespace skerry::cloud {

/// Threads for work that may block. Who gives work in bounds it: a connection
/// has one piece under way.
///
/// Thread safety: thread-safe.
class HandlerPool {
 public:
  using Task = std::move_only_function<void()>;

  HandlerPool() = default;
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;
  ~HandlerPool() { End(); }

  /// kResourceExhausted, kUnavailable if the system has no threads to give.
  Result<void> Start(int thread_count);

  /// Runs `task` on one of the threads, in order. After `End`: drops it.
  void Push(Task task);

  /// Runs what waits and joins the threads.
  void End();

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool ending_ = false;
  std::vector<platform::Thread> threads_;
};

}  // namespace skerry::cloud
