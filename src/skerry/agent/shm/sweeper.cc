#include "skerry/agent/shm/sweeper.h"

#include <utility>

namespace skerry::agent {

Sweeper::Sweeper(std::chrono::milliseconds period, std::function<bool()> sweep)
    : period_(period), sweep_(std::move(sweep)) {}

Sweeper::~Sweeper() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void Sweeper::Wake() {
  const std::scoped_lock lock(mutex_);
  if (!started_) {
    auto thread = platform::Thread::Start("shm-sweeper", [this] { Loop(); });
    if (!thread) return;
    thread_ = std::move(*thread);
    started_ = true;
  }
  if (has_work_) return;
  has_work_ = true;
  changed_.notify_all();
}

void Sweeper::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || has_work_; });
    changed_.wait_for(lock, period_, [this] { return stopping_; });
    if (stopping_) return;
    has_work_ = false;  // before it looks, so that a `Wake` is not lost
    lock.unlock();
    const bool is_left = sweep_();
    lock.lock();
    has_work_ = has_work_ || is_left;
  }
}

}  // namespace skerry::agent
