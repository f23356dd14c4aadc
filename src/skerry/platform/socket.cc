#include "skerry/platform/socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {
namespace {

template <class T>
bool Option(const FileDescriptor& socket, int name, T& value) {
  socklen_t size = sizeof(value);
  return getsockopt(socket.number(), SOL_SOCKET, name, &value, &size) == 0;
}

using Clock = std::chrono::steady_clock;

// Whether something can be read before `deadline`.
bool WaitUntil(const FileDescriptor& connection, Clock::time_point deadline) {
  constexpr std::int64_t kLongest = 60'000;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd waited{connection.number(), POLLIN, 0};
    if (poll(&waited, 1,
             static_cast<int>(std::min<std::int64_t>(left.count(), kLongest))) >
        0) {
      return true;
    }
  }
}

}  // namespace

Result<SocketPeer> PeerCredentials(const FileDescriptor& connection) {
  constexpr std::string_view kWhat = "cannot ask who made the connection";
  int domain = 0;
  if (!Option(connection, SO_DOMAIN, domain)) return ErrnoError(errno, kWhat);
  // Others answer too, with nobody.
  if (domain != AF_UNIX) return InvalidArgument("not a unix socket");
  ucred credentials{};
  if (!Option(connection, SO_PEERCRED, credentials)) {
    return ErrnoError(errno, kWhat);
  }
  return SocketPeer{credentials.pid, credentials.uid, credentials.gid};
}

Result<SocketPair> MakeSocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoError(errno, "cannot make a pair of sockets");
  }
  return SocketPair{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Result<void> SendMessage(const FileDescriptor& connection,
                         std::span<const std::byte> message) {
  while (send(connection.number(), message.data(), message.size(),
              MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return ErrnoError(errno, "cannot send a message");
  }
  return {};
}

Result<std::size_t> ReceiveMessage(
    const FileDescriptor& connection, std::span<std::byte> buffer,
    std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (deadline && !WaitUntil(connection, *deadline)) {
    return Error(ErrorCode::kDeadlineExceeded, "no message came in time");
  }
  while (true) {
    // MSG_TRUNC: the size that the message had.
    const ssize_t count =
        recv(connection.number(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (count < 0 && errno == EINTR) continue;
    // Closed with messages that nobody had read.
    if (count < 0 && errno == ECONNRESET) return 0;
    if (count < 0) return ErrnoError(errno, "cannot receive a message");
    const auto byte_count = static_cast<std::size_t>(count);
    if (byte_count <= buffer.size()) return byte_count;
    return InvalidArgument("a message of " + std::to_string(byte_count) +
                           " bytes, the limit is " +
                           std::to_string(buffer.size()));
  }
}

void WaitForClose(const FileDescriptor& connection) {
  pollfd waited{connection.number(), POLLRDHUP, 0};
  while (poll(&waited, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace skerry::platform
