#include "skerry/agent/shm/shared_regions.h"
#include "skerry/platform/socket.h"

namespace skerry::agent {

Peer PeerOf(const platform::FileDescriptor& connection) {
  const Result<platform::SocketPeer> peer =
      platform::PeerCredentials(connection);
  if (!peer.has_value()) return {};
  return {peer->process, peer->user, peer->group};
}

}  // namespace skerry::agent
