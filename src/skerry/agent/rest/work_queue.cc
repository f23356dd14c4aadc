#include "skerry/agent/rest/work_queue.h"

#include <utility>

namespace skerry::agent {

WorkQueue::~WorkQueue() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    dropped.swap(tasks_);
  }
  changed_.notify_one();
}

Result<void> WorkQueue::Push(Task task) {
  const std::lock_guard lock(mutex_);
  if (ending_ || tasks_.size() >= kWorkQueueLengthMax) {
    return ResourceExhausted("too many requests wait for thread '" + name_ +
                             "'");
  }
  if (!started_) {
    SKERRY_ASSIGN_OR_RETURN(thread_,
                            platform::Thread::Start(name_, [this] { Run(); }));
    started_ = true;
  }
  tasks_.push_back(std::move(task));
  changed_.notify_one();
  return {};
}

void WorkQueue::Run() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (ending_) {
        return;
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace skerry::agent
