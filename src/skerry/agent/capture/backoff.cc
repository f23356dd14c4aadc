#include "skerry/agent/capture/backoff.h"

#include <algorithm>

namespace skerry::agent {

std::chrono::milliseconds Backoff::Next() {
  std::uniform_int_distribution<std::int64_t> even(0, bound_.count());
  const std::chrono::milliseconds wait(even(random_));
  bound_ = std::min(bound_ * 2, longest_);
  return wait;
}

}  // namespace skerry::agent
