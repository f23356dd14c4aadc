#include "skerry/agent/grpc/control_thread.h"

#include <utility>

namespace skerry::agent {

Result<void> ControlThread::Start() {
  SKERRY_ASSIGN_OR_RETURN(
      thread_, platform::Thread::Start("grpc-control", [this] { Run(); }));
  return {};
}

ControlThread::~ControlThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_ = {};  // joins
}

bool ControlThread::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= kControlTasksMax) return false;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void ControlThread::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace skerry::agent
