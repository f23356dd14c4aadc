#include "skerry/platform/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {
namespace {

constexpr int kFirstDescriptor = 3;
// Copies of descriptors lie above all numbers that the child gives them, so
// that none is overwritten before it is used.
constexpr int kParkedDescriptor = 64;

// What the child does between its birth and the program.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void SetSignals() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETPGROUP);
  }

  void SetDescriptors(const std::vector<FileDescriptor>& parked) {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    int number = kFirstDescriptor;
    for (const FileDescriptor& descriptor : parked) {
      posix_spawn_file_actions_adddup2(&actions_, descriptor.number(),
                                       number++);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, number);
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Result<std::vector<FileDescriptor>> Park(
    std::span<const FileDescriptor* const> descriptors) {
  std::vector<FileDescriptor> parked;
  for (const FileDescriptor* descriptor : descriptors) {
    parked.emplace_back(
        fcntl(descriptor->number(), F_DUPFD_CLOEXEC, kParkedDescriptor));
    if (!parked.back().open()) {
      return ErrnoError(errno, "cannot hand over a descriptor");
    }
  }
  return parked;
}

std::string Describe(int status) {
  if (!WIFSIGNALED(status)) {
    return "ended with exit code " + std::to_string(WEXITSTATUS(status));
  }
  const char* const name = sigabbrev_np(WTERMSIG(status));
  return "was ended by SIG" +
         (name != nullptr ? name : std::to_string(WTERMSIG(status)));
}

}  // namespace

Result<ChildProcess> ChildProcess::Start(
    const std::vector<std::string>& arguments,
    std::span<const FileDescriptor* const> descriptors) {
  if (arguments.empty()) return InvalidArgument("no program to run");
  SKERRY_ASSIGN_OR_RETURN(const std::vector<FileDescriptor> parked,
                          Park(descriptors));
  SpawnPlan plan;
  plan.SetSignals();
  plan.SetDescriptors(parked);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  pid_t id = 0;
  const int number = posix_spawn(&id, pointers[0], plan.actions(),
                                 plan.attributes(), pointers.data(), environ);
  if (number != 0) {
    return ErrnoError(number, "cannot run " + Quoted(arguments[0]));
  }
  return ChildProcess(id);
}

std::string ChildProcess::End() {
  if (id_ == 0) return "had ended before";
  // With what it started. One that is ending already keeps its reason.
  // Itself too: under an emulator it may not lead its group yet.
  kill(-id_, SIGKILL);
  kill(id_, SIGKILL);
  int status = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(id_, &status, 0);
  } while (ended < 0 && errno == EINTR);
  id_ = 0;
  return ended < 0 ? "ended" : Describe(status);
}

}  // namespace skerry::platform
