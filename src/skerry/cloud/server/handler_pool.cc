#include "skerry/cloud/server/handler_pool.h"

#include <utility>

namespace skerry::cloud {

Result<void> HandlerPool::Start(int thread_count) {
  for (int i = 0; i < thread_count; ++i) {
    SKERRY_ASSIGN_OR_RETURN(
        platform::Thread thread,
        platform::Thread::Start("http worker", [this] { Run(); }));
    threads_.push_back(std::move(thread));
  }
  return {};
}

void HandlerPool::Push(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void HandlerPool::End() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins them
}

void HandlerPool::Run() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace skerry::cloud
