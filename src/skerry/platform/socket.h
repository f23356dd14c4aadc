#pragma once

#include <sys/types.h>

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

}  // namespace skerry::platform
