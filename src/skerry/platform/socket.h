#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::platform {

/// The process at the other end of a unix socket, as it was when it connected
/// (or made the pair).
struct SocketPeer {
  pid_t process = -1;
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
};

/// Who made `connection`, by the kernel's word. kInvalidArgument if it is no
/// unix socket.
Result<SocketPeer> PeerCredentials(const FileDescriptor& connection);

/// Two ends of one connection that keeps messages apart.
struct SocketPair {
  FileDescriptor first;
  FileDescriptor second;
};
Result<SocketPair> MakeSocketPair();

/// Sends one message. kUnavailable if the other end is closed.
Result<void> SendMessage(const FileDescriptor& connection,
                         std::span<const std::byte> message);

/// Waits for a message, puts it into `buffer` and returns its size; 0 if the
/// other end is closed. Without `deadline` it waits as long as it takes.
///
/// Errors: kDeadlineExceeded; kInvalidArgument for a message that is larger
/// than `buffer`, which is lost.
Result<std::size_t> ReceiveMessage(
    const FileDescriptor& connection, std::span<std::byte> buffer,
    std::optional<std::chrono::steady_clock::time_point> deadline);

/// Waits until the other end is closed, whatever arrives meanwhile.
void WaitForClose(const FileDescriptor& connection);

}  // namespace skerry::platform
