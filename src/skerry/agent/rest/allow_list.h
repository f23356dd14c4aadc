#pragma once

#include <vector>

#include "skerry/agent/shm/shared_regions.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// Whose processes may use the unix socket.
///
/// Thread safety: immutable.
class AllowList {
 public:
  /// Both empty: everybody.
  AllowList(std::vector<unsigned> users, std::vector<unsigned> groups);

  /// Root and the agent's own user always may. A group counts if it is the
  /// peer's own or a further one (which `connection` tells).
  bool Admits(const Peer& peer,
              const platform::FileDescriptor& connection) const;

 private:
  bool HasGroup(unsigned group) const;

  std::vector<unsigned> users_;
  std::vector<unsigned> groups_;
};

}  // namespace skerry::agent
