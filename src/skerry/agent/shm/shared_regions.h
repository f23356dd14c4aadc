#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"
#include "skerry/platform/shared_memory.h"

namespace skerry::agent {

/// Who is at the other end of a connection; -1 where it is not known (TCP).
struct Peer {
  pid_t process = -1;
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  bool local() const { return process > 0; }
};

/// Who made `connection`; nobody known if it is no unix socket.
Peer PeerOf(const platform::FileDescriptor& connection);

/// A part of shared memory that stays mapped while this is held.
struct SharedSpan {
  std::span<std::byte> bytes;
  std::shared_ptr<const platform::SharedMemory> memory;

  /// Whether the memory was there each time it was touched. A segment that
  /// shrinks while it is mapped reads as zeros; ask this after the use, and
  /// answer kInvalidArgument if it is false.
  bool intact() const { return memory == nullptr || memory->intact(); }
};

/// Regions registered at once, over all clients.
inline constexpr std::size_t kSharedRegionCountMax = 4096;

/// Bytes of a region's name.
inline constexpr std::size_t kSharedRegionNameBytesMax = 1024;

/// The shared memory that clients offer. Only local peers may, and only
/// memory that belongs to their own user (or any, for root).
///
/// Thread safety: thread-safe.
class SharedRegions {
 public:
  struct Status {
    std::string name;
    std::string key;
    std::uint64_t offset = 0;
    std::uint64_t byte_size = 0;
  };

  static std::unique_ptr<SharedRegions> Create();

  virtual ~SharedRegions() = default;

  /// Names a part of memory. `key`: "/NAME" (POSIX) or "memfd:N", descriptor
  /// N of the peer, whose region ends with the peer's process.
  ///
  /// Errors: kAlreadyExists (the name), kNotFound (the memory),
  /// kInvalidArgument (key, or a part beyond its end), kPermissionDenied
  /// (another user's, or no local peer), kResourceExhausted.
  virtual Result<void> Register(const std::string& name, const std::string& key,
                                std::uint64_t offset, std::uint64_t byte_size,
                                const Peer& peer) = 0;
  /// Empty `name`: all of the peer's user. Unknown names are no error.
  virtual Result<void> Unregister(const std::string& name,
                                  const Peer& peer) = 0;
  /// Empty `name`: all. kNotFound.
  virtual Result<std::vector<Status>> List(const std::string& name) const = 0;

  /// `byte_size` bytes at `offset` of region `name`. kNotFound,
  /// kInvalidArgument (beyond its end), kPermissionDenied.
  virtual Result<SharedSpan> Find(const std::string& name, std::uint64_t offset,
                                  std::uint64_t byte_size,
                                  const Peer& peer) const = 0;

  /// A part of the System V segment `id`, read-only; attachments are kept for
  /// the next request. As AWS's agent has it, nobody may have permission to
  /// write to the segment or to execute it.
  ///
  /// Errors: kNotFound, kPermissionDenied, kInvalidArgument (beyond its end).
  virtual Result<SharedSpan> SystemV(std::uint64_t id, std::uint64_t offset,
                                     std::uint64_t byte_size,
                                     const Peer& peer) = 0;
};

}  // namespace skerry::agent
