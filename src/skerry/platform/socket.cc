#include "skerry/platform/socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "skerry/platform/errno_error.h"

namespace skerry::platform {
namespace {

template <class T>
bool Option(const FileDescriptor& socket, int name, T& value) {
  socklen_t size = sizeof(value);
  return getsockopt(socket.number(), SOL_SOCKET, name, &value, &size) == 0;
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

}  // namespace skerry::platform
