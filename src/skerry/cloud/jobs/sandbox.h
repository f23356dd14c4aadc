#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// What a program in a sandbox may use; reaching a limit ends it.
struct SandboxLimits {
  std::chrono::milliseconds time = std::chrono::minutes(15);  ///< by the clock
  std::chrono::seconds cpu_time = std::chrono::hours(1);  ///< of one process
  /// Of all its processes together, looked at several times a second.
  std::uint64_t memory_bytes = std::uint64_t{6} << 30;
  /// Of one process, held by the kernel at once; 0: none, as programs that
  /// are built with AddressSanitizer need.
  std::uint64_t address_space_bytes = std::uint64_t{16} << 30;
  std::uint64_t file_bytes = std::uint64_t{4} << 30;  ///< of one file
  std::uint64_t disk_bytes = std::uint64_t{8} << 30;  ///< of all its files
  int process_count = 256;                            ///< threads included
  std::size_t output_bytes = std::size_t{1} << 20;    ///< what is kept of it
};

/// A program to run and what it may see. Paths are the host's; how the program
/// knows them, `Sandbox::InsidePath` says.
struct SandboxCommand {
  std::vector<std::string>
      arguments;  ///< the program as `program_files` has it
  /// The folder with "in", "out" and "tmp": the program reads "in", writes the
  /// other two, and starts in "out".
  std::string work_folder = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  SandboxLimits limits = {};
  /// Asked several times a second; true ends the program.
  std::function<bool()> stop_requested = {};
  /// Given what the program says, as it says it: both output streams.
  std::function<void(std::string_view piece)> output = {};
};

enum class SandboxEnd : std::uint8_t {
  kExited,
  kKilled,   ///< by a signal
  kTime,     ///< `limits.time`
  kMemory,   ///< `limits.memory_bytes`
  kDisk,     ///< `limits.disk_bytes`
  kStopped,  ///< `stop_requested`
};

struct SandboxResult {
  SandboxEnd end = SandboxEnd::kExited;
  int exit_code = 0;   ///< kExited
  int signal = 0;      ///< kKilled
  std::string output;  ///< its last bytes
};

/// What keeps a program that works on a stranger's model away from the rest.
enum class SandboxMethod : std::uint8_t {
  /// Namespaces of its own, by bubblewrap: no network, no other process, of
  /// the file system only /usr, the program and its work folder. As root, a
  /// user of its own as well.
  kBubblewrap,
  /// A user of its own and, where the system lets us, no network. It can read
  /// what every user can.
  kUser,
  /// Limits only. It can do what the server can.
  kNone,
};
std::string_view SandboxMethodName(SandboxMethod method);

struct SandboxOptions {
  /// "auto", "bubblewrap", "user" or "none"; "auto" is never "none".
  std::string method = "auto";
  /// The program, and folders that it needs beside it; read-only inside.
  std::string program = {};
  std::vector<std::string> program_folders = {};
  /// Where work folders will be; it is made. For trying.
  std::string work_root = {};
  /// As root: jobs run as this user number and those after it, no two of a
  /// machine as the same.
  unsigned user_base = 61184;
};

/// Runs programs so that they can do little harm.
///
/// Thread safety: thread-safe.
class Sandbox {
 public:
  /// Chooses the method by trying. kFailedPrecondition: the system permits
  /// none that is wanted; the message says why, and what to do.
  static Result<std::unique_ptr<Sandbox>> Create(const SandboxOptions& options);

  virtual ~Sandbox() = default;

  virtual SandboxMethod method() const = 0;

  /// The program's path, as `arguments[0]`.
  virtual std::string program() const = 0;
  /// The path inside of `program_folders[index]`.
  virtual std::string program_folder(std::size_t index) const = 0;
  /// The path inside of `name` ("in/model.onnx") in the work folder.
  virtual std::string InsidePath(const std::string& work_folder,
                                 const std::string& name) const = 0;

  /// Runs a program to its end; nothing of it is left running. `slot` tells
  /// those that run at a time apart, from 0.
  virtual Result<SandboxResult> Run(const SandboxCommand& command,
                                    unsigned slot) = 0;
};

}  // namespace skerry::cloud
