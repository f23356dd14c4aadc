#include "skerry/agent/worker/restart_pause.h"

#include <algorithm>

namespace skerry::agent {

using std::chrono::milliseconds;

void RestartPause::Died(Clock::time_point start, Clock::time_point now) {
  if (now - start >= kLongLife) death_count_ = 0;
  ++death_count_;
  milliseconds pause{0};
  for (int i = 1; i < death_count_ && pause < kLongest; ++i) {
    pause = std::clamp(pause * 2, kFirst, kLongest);
  }
  end_ = now + pause;
}

milliseconds RestartPause::Left(Clock::time_point now) const {
  return std::max(std::chrono::ceil<milliseconds>(end_ - now), milliseconds(0));
}

}  // namespace skerry::agent
