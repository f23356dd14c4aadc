#include "skerry/agent/serving/affinity.h"

#include <cerrno>
#include <string>

#include "skerry/platform/errno_error.h"

namespace skerry::agent {

Result<void> PinThisThread(std::span<const int> cores) {
  if (cores.empty()) return {};
  cpu_set_t set;
  CPU_ZERO(&set);
  std::string names;
  for (const int core : cores) {
    names += ' ' + std::to_string(core);
    if (core < 0 || core >= CPU_SETSIZE) {
      return InvalidArgument("there is no core " + std::to_string(core));
    }
    CPU_SET(static_cast<unsigned>(core), &set);
  }
  if (sched_setaffinity(0, sizeof set, &set) == 0) return {};
  if (errno == EINVAL) {
    return InvalidArgument("this process has none of the cores" + names);
  }
  return platform::ErrnoError(errno, "cannot pin a thread to cores" + names);
}

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
  SKERRY_RETURN_IF_ERROR(PinThisThread(cores));
  return scope;
}

}  // namespace skerry::agent
