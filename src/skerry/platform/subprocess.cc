#include "skerry/platform/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"
#include "skerry/platform/process.h"

namespace skerry::platform {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  FileDescriptor source;
  FileDescriptor sink;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "pipe");
  Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  // Reading must not wait: a program that the child leaves behind may hold
  // the other end for ever.
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoError(errno, "pipe");
  }
  return pipe;
}

// Takes what has arrived in `source`, up to `bytes_max` in `text`, and closes
// it at its end.
void Drain(FileDescriptor& source, std::string& text, std::size_t bytes_max) {
  std::array<char, 16384> buffer;
  while (source.open()) {
    const ssize_t count = read(source.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      source.Close();
      return;
    }
    text.append(buffer.data(), std::min(static_cast<std::size_t>(count),
                                        bytes_max - text.size()));
  }
}

// A running child. Whatever happens, it is gone when this object is.
class Child {
 public:
  Child(pid_t id, FileDescriptor handle)
      : id_(id), handle_(std::move(handle)) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ == 0) return;
    kill(id_, SIGKILL);
    Wait();
  }

  int handle() const { return handle_.number(); }

  // Its status as of waitpid.
  int Wait() {
    int status = 0;
    while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    return status;
  }

 private:
  pid_t id_;
  FileDescriptor handle_;
};

// The pointers that execve wants.
std::vector<char*> Pointers(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

Result<pid_t> Spawn(const Command& command, const FileDescriptor& out,
                    const FileDescriptor& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.number(), STDERR_FILENO);
  if (!command.folder.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  }
  const std::vector<char*> arguments = Pointers(command.arguments);
  pid_t id = 0;
  const int number = posix_spawnp(&id, arguments[0], &actions, nullptr,
                                  arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (number != 0) {
    std::string what = "cannot run " + Quoted(command.arguments[0]);
    if (!command.folder.empty()) what += " in " + Quoted(command.folder);
    return ErrnoError(number, what);
  }
  return id;
}

// Waits until the child ends or the time is up; false: time is up.
bool Follow(const Child& child, std::array<FileDescriptor, 2>& sources,
            CommandResult& result, const Command& command) {
  const Clock::time_point deadline = Clock::now() + command.timeout;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 3> waited = {{{child.handle(), POLLIN, 0},
                                     {sources[0].number(), POLLIN, 0},
                                     {sources[1].number(), POLLIN, 0}}};
    poll(waited.data(), waited.size(),
         static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    // Looked at first: all that the child wrote is in the pipes by then.
    const bool ended = waited[0].revents != 0;
    Drain(sources[0], result.out, command.output_bytes_max);
    Drain(sources[1], result.err, command.output_bytes_max);
    if (ended) return true;
  }
}

Error SignalError(const Command& command, int signal, const std::string& err) {
  constexpr std::size_t kTailBytes = 2000;
  const char* const name = sigabbrev_np(signal);
  std::string message = Quoted(command.arguments[0]) + " was ended by SIG" +
                        (name != nullptr ? name : std::to_string(signal));
  if (!err.empty()) {
    message += "; it said: ";
    message += err.substr(err.size() - std::min(err.size(), kTailBytes));
  }
  return {ErrorCode::kAborted, std::move(message)};
}

}  // namespace

Result<CommandResult> RunCommand(const Command& command) {
  if (command.arguments.empty()) return InvalidArgument("no program to run");
  SKERRY_ASSIGN_OR_RETURN(Pipe out, MakePipe());
  SKERRY_ASSIGN_OR_RETURN(Pipe err, MakePipe());
  SKERRY_ASSIGN_OR_RETURN(const pid_t id, Spawn(command, out.sink, err.sink));
  Result<FileDescriptor> handle = OpenProcess(id);
  const bool is_open = handle.has_value();
  Child child(id, is_open ? std::move(*handle) : FileDescriptor());
  if (!is_open) return handle.error();
  out.sink.Close();
  err.sink.Close();

  CommandResult result;
  std::array<FileDescriptor, 2> sources = {std::move(out.source),
                                           std::move(err.source)};
  if (!Follow(child, sources, result, command)) {
    return Error(ErrorCode::kDeadlineExceeded,
                 Quoted(command.arguments[0]) + " took longer than " +
                     std::to_string(command.timeout.count()) + " ms");
  }
  const int status = child.Wait();
  if (WIFSIGNALED(status)) {
    return SignalError(command, WTERMSIG(status), result.err);
  }
  result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace skerry::platform
