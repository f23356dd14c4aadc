#include "skerry/agent/grpc/call_count.h"

namespace skerry::agent {

void CallCount::Add(int change) {
  const std::lock_guard lock(mutex_);
  count_ += change;
  // Under the lock: whoever waits may destroy this as soon as it is free.
  if (count_ == 0) none_.notify_all();
}

void CallCount::AwaitNone() {
  std::unique_lock lock(mutex_);
  none_.wait(lock, [this] { return count_ == 0; });
}

}  // namespace skerry::agent
