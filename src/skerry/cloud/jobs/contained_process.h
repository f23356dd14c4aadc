#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/sandbox.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// How a contained process starts.
struct ContainedStart {
  std::vector<std::string> arguments;  ///< `arguments[0]` is a path
  std::vector<std::string> environment;
  std::string folder;
  /// The user and group it becomes, without others; none: ours.
  std::optional<unsigned> user;
  bool no_network = false;  ///< a network namespace of its own, if permitted
  /// Where bubblewrap counts the processes inside, it is done there.
  bool limit_processes = false;
  /// The program is bubblewrap with "--info-fd 3".
  bool tells_child = false;
};

/// A process that holds itself to limits from its first instruction on, in a
/// session of its own; it and what it started end with this object.
///
/// Thread safety: thread-compatible.
class ContainedProcess {
 public:
  static Result<ContainedProcess> Start(const ContainedStart& start,
                                        const SandboxLimits& limits);
  ContainedProcess(ContainedProcess&& other) noexcept;
  ContainedProcess& operator=(ContainedProcess&& other) = delete;
  ~ContainedProcess();

  /// Both output streams; reading does not wait.
  const platform::FileDescriptor& output() const { return output_; }
  /// Becomes readable when the process ends.
  const platform::FileDescriptor& handle() const { return handle_; }
  /// Becomes readable when bubblewrap tells which process is the first of the
  /// namespace: call `MeetChild` then. Not open before and afterwards.
  const platform::FileDescriptor& child_info() const { return child_info_; }
  void MeetChild();
  /// RAM of the process and those below it.
  std::uint64_t MemoryBytes() const;
  /// Ends it and all that it started, and gives its status as of waitpid.
  int End();

 private:
  ContainedProcess() = default;

  pid_t id_ = 0;  // 0: ended
  platform::FileDescriptor handle_;
  platform::FileDescriptor output_;
  platform::FileDescriptor child_info_;
  std::string child_words_;
  platform::FileDescriptor child_;  // the first of the namespace
  std::optional<unsigned> user_;
};

}  // namespace skerry::cloud
