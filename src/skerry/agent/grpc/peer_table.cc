#include "skerry/agent/grpc/peer_table.h"

#include <charconv>

namespace skerry::agent {

void PeerTable::Set(int descriptor, const Peer& peer) {
  const std::lock_guard lock(mutex_);
  peers_.insert_or_assign(descriptor, peer);
}

Peer PeerTable::Find(std::string_view name) const {
  if (!name.starts_with("fd:")) return {};
  name.remove_prefix(3);
  int descriptor = -1;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), descriptor);
  if (error != std::errc() || end != name.data() + name.size()) return {};
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(descriptor);
  return found == peers_.end() ? Peer{} : found->second;
}

}  // namespace skerry::agent
