#pragma once

#include <mutex>
#include <string_view>
#include <unordered_map>

#include "skerry/agent/shm/shared_regions.h"

namespace skerry::agent {

/// Who is at the other end of each adopted connection. gRPC calls such a
/// connection by its descriptor, "fd:7", and closes it only when the last of
/// its calls is gone; so while a call lives, its number is not used again.
///
/// Thread safety: thread-safe.
class PeerTable {
 public:
  /// To be called before gRPC gets the descriptor.
  void Set(int descriptor, const Peer& peer);

  /// The peer that gRPC calls `name`; an unknown one if it is not adopted.
  Peer Find(std::string_view name) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<int, Peer> peers_;
};

}  // namespace skerry::agent
