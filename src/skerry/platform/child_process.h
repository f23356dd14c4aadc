#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::platform {

/// A program that runs beside this one and is killed with this object. It is
/// in a process group of its own, so that what a terminal sends to this
/// program does not reach it, and begins with no signal blocked or ignored.
/// Where `subprocess.h` waits for a program to end, this talks to one.
///
/// Thread safety: thread-compatible.
class ChildProcess {
 public:
  ChildProcess(ChildProcess&& other) noexcept
      : id_(std::exchange(other.id_, 0)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~ChildProcess() { End(); }

  /// Starts the program `arguments[0]` (a path). It has our standard output
  /// and error, nothing on its input, and `descriptors` as 3, 4 and so on; no
  /// other descriptor of ours. Errors: as `ErrnoError`, naming the program.
  static Result<ChildProcess> Start(
      const std::vector<std::string>& arguments,
      std::span<const FileDescriptor* const> descriptors);

  pid_t id() const { return id_; }

  /// Kills its process group, unless it has ended by itself, and says how it
  /// ended: "was ended by SIGSEGV", "ended with exit code 1".
  std::string End();

 private:
  explicit ChildProcess(pid_t id) : id_(id) {}

  pid_t id_;  // 0: it has ended
};

}  // namespace skerry::platform
