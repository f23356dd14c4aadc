#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "skerry/base/result.h"

namespace skerry::platform {

/// A piece of shared memory has at most this many bytes: 16 GiB. An empty
/// file may claim any size, and the address space is not endless.
inline constexpr std::size_t kSharedMemoryBytesMax = std::size_t{16} << 30;

/// Memory that another process made and may change, or shrink, at any time.
///
/// Touching a mapped page that the object no longer has would end the process
/// (SIGBUS). While such an object is mapped, a handler for that signal puts
/// zeros in place of the missing pages of *these* mappings and takes note;
/// faults elsewhere end the process as ever. Threads that touch the bytes must
/// not block that signal.
///
/// Errors of all three: also kInvalidArgument for memory that is empty or
/// larger than `kSharedMemoryBytesMax`, kResourceExhausted.
///
/// Thread safety: immutable, but for the bytes.
class SharedMemory {
 public:
  /// Attaches the System V segment `id`, read-only.
  /// kNotFound, kPermissionDenied.
  static Result<std::shared_ptr<const SharedMemory>> AttachSystemV(int id);

  /// Maps the POSIX shared memory "/NAME", to read and write if allowed, else
  /// to read. kNotFound, kPermissionDenied, kInvalidArgument for a name with
  /// more than one slash.
  static Result<std::shared_ptr<const SharedMemory>> OpenPosix(
      const std::string& name);

  /// Maps what descriptor `number` of process `process` refers to, if that is
  /// a regular file in memory (memfd). Needs the same user, or root. Whoever
  /// knows the process by its number only should compare the owner too: the
  /// number may have passed to another process. kNotFound, kPermissionDenied,
  /// kInvalidArgument for other kinds of files.
  static Result<std::shared_ptr<const SharedMemory>> OpenOfProcess(
      pid_t process, int number);

  virtual ~SharedMemory() = default;

  virtual std::span<std::byte> bytes() const = 0;
  virtual bool writable() const = 0;
  /// False once a page was missing when it was touched.
  virtual bool intact() const = 0;
  /// The user that owns it, and its permission bits, when it was mapped.
  virtual uid_t owner() const = 0;
  virtual mode_t mode() const = 0;
};

/// What the system knows of a System V segment.
struct SystemVStatus {
  uid_t owner = 0;
  mode_t mode = 0;  ///< the nine permission bits
  std::size_t byte_size = 0;
  std::size_t attach_count = 0;
  bool removed = false;  ///< it goes away with its last attachment
};

/// kNotFound, kPermissionDenied.
Result<SystemVStatus> StatusOfSystemV(int id);

}  // namespace skerry::platform
