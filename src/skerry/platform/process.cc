#include "skerry/platform/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <string_view>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"

namespace skerry::platform {
namespace {

// The value of a line such as "VmHWM:     1234 kB".
std::size_t StatusBytes(std::string_view status, std::string_view key) {
  const std::size_t line = status.find(key);
  if (line == std::string_view::npos) return 0;
  status.remove_prefix(line + key.size());
  const std::size_t digits = status.find_first_not_of(" \t");
  if (digits == std::string_view::npos) return 0;
  status.remove_prefix(digits);
  std::size_t kib = 0;
  std::from_chars(status.data(), status.data() + status.size(), kib);
  return kib << 10;
}

}  // namespace

MemoryUse ProcessMemory() {
  constexpr std::size_t kStatusBytesMax = std::size_t{64} << 10;
  const std::string status =
      ReadTextFile("/proc/self/status", kStatusBytesMax).value_or("");
  return {StatusBytes(status, "VmRSS:"), StatusBytes(status, "VmHWM:")};
}

std::chrono::nanoseconds ThreadCpuTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

std::uint64_t ThreadWaitCount() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_nvcsw);
}

Result<FileDescriptor> OpenProcess(pid_t process) {
  // glibc 2.36 declares `pidfd_open` in a way that C++ cannot link.
  FileDescriptor handle(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  if (handle.open()) return handle;
  const std::string what = "process " + std::to_string(process);
  if (errno == ESRCH) return NotFound(what + ": no such process");
  return ErrnoError(errno, what);
}

bool HasEnded(const FileDescriptor& process) {
  pollfd waited{process.number(), POLLIN, 0};
  return poll(&waited, 1, 0) > 0 && (waited.revents & POLLIN) != 0;
}

void ConfineThisProcess() {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    std::signal(number, SIG_IGN);
  }
  // Half of the scale: before the program that started it.
  const FileDescriptor score(
      open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  constexpr std::string_view kScore = "500";
  if (score.open()) {
    static_cast<void>(write(score.number(), kScore.data(), kScore.size()) > 0);
  }
}

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
  return ErrnoError(errno, "cannot pin a thread to cores" + names);
}

}  // namespace skerry::platform
