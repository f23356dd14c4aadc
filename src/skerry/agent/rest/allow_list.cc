#include "skerry/agent/rest/allow_list.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace skerry::agent {
namespace {

/// The further groups of the process at the other end.
std::vector<gid_t> FurtherGroups(const platform::FileDescriptor& connection) {
  constexpr std::size_t kFirst = 64;
  std::vector<gid_t> groups(kFirst);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int code = getsockopt(connection.number(), SOL_SOCKET, SO_PEERGROUPS,
                                groups.data(), &bytes);
    if (code != 0 && errno != ERANGE) {
      return {};
    }
    groups.resize(bytes / sizeof(gid_t));  // with ERANGE: what is needed
    if (code == 0) {
      return groups;
    }
  }
  return {};
}

}  // namespace

AllowList::AllowList(std::vector<unsigned> users, std::vector<unsigned> groups)
    : users_(std::move(users)), groups_(std::move(groups)) {}

bool AllowList::HasGroup(unsigned group) const {
  return std::ranges::find(groups_, group) != groups_.end();
}

bool AllowList::Admits(const Peer& peer,
                       const platform::FileDescriptor& connection) const {
  if ((users_.empty() && groups_.empty()) || peer.user == 0 ||
      peer.user == geteuid()) {
    return true;
  }
  if (std::ranges::find(users_, peer.user) != users_.end() ||
      HasGroup(peer.group)) {
    return true;
  }
  return !groups_.empty() &&
         std::ranges::any_of(FurtherGroups(connection),
                             [this](gid_t group) { return HasGroup(group); });
}

}  // namespace skerry::agent
