#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "skerry/platform/thread.h"

namespace skerry::agent {

/// Tasks that wait for a queue's thread.
inline constexpr std::size_t kWorkQueueLengthMax = 1024;

/// A thread for work that would hold the event loop up, one task after
/// another. It is started by the first task.
///
/// Thread safety: thread-safe.
class WorkQueue {
 public:
  using Task = std::move_only_function<void()>;

  explicit WorkQueue(std::string name) : name_(std::move(name)) {}
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  /// Waits for the task that runs; the others are dropped.
  ~WorkQueue();

  /// kResourceExhausted if too many wait, or the system has no thread.
  Result<void> Push(Task task);

 private:
  void Run();

  std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool ending_ = false;
  bool started_ = false;
  platform::Thread thread_;
};

}  // namespace skerry::agent
