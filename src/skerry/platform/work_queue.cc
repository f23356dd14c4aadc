#include "skerry/platform/work_queue.h"

#include <utility>

namespace skerry::platform {

WorkQueue::~WorkQueue() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    if (options_.at_end == AtEnd::kDrop) dropped.swap(tasks_);
  }
  changed_.notify_one();
  dropped.clear();  // whoever waits for them hears of it now
  thread_ = {};     // joins it, before what it uses goes
}

Result<void> WorkQueue::Push(Task task) {
  const std::lock_guard lock(mutex_);
  if (ending_ || tasks_.size() >= options_.length_max) {
    return ResourceExhausted(std::to_string(options_.length_max) +
                             " requests wait for thread '" + options_.name +
                             "' already; try again later");
  }
  if (!started_) {
    SKERRY_ASSIGN_OR_RETURN(thread_,
                            Thread::Start(options_.name, [this] { Run(); }));
    started_ = true;
  }
  tasks_.push_back(std::move(task));
  changed_.notify_one();
  return {};
}

void WorkQueue::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace skerry::platform
