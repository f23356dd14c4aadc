#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "skerry/base/result.h"
#include "skerry/platform/thread.h"

namespace skerry::platform {

/// A thread for work that would hold an event loop up, one task after
/// another. It is started by the first task.
///
/// Thread safety: thread-safe.
class WorkQueue {
 public:
  using Task = std::move_only_function<void()>;

  /// What becomes of the tasks that wait when the queue ends.
  enum class AtEnd { kDrop, kRun };

  struct Options {
    std::string name;            ///< of the thread
    std::size_t length_max = 0;  ///< tasks that may wait
    AtEnd at_end = AtEnd::kDrop;
  };

  explicit WorkQueue(Options options) : options_(std::move(options)) {}
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  /// Waits for the task that runs, and for the others if they are run.
  ~WorkQueue();

  /// kResourceExhausted if too many wait, or the system has no thread; the
  /// task is dropped then.
  Result<void> Push(Task task);

 private:
  void Run();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool ending_ = false;
  bool started_ = false;
  Thread thread_;
};

}  // namespace skerry::platform
