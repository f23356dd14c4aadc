#include "skerry/agent/serving/affinity.h"

#include <cerrno>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/process.h"

namespace skerry::agent {

AffinityScope::~AffinityScope() {
  if (before_) sched_setaffinity(0, sizeof *before_, &*before_);
}

Result<AffinityScope> AffinityScope::Create(std::span<const int> cores) {
  AffinityScope scope;
  if (cores.empty()) return scope;
  cpu_set_t before;
  CPU_ZERO(&before);
  if (sched_getaffinity(0, sizeof before, &before) != 0) {
    return platform::ErrnoError(errno, "cannot read a thread's cores");
  }
  scope.before_ = before;
  SKERRY_RETURN_IF_ERROR(platform::PinThisThread(cores));
  return scope;
}

}  // namespace skerry::agent
