#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <chrono>
#include <string_view>

#include "skerry/agent/grpc/peer_table.h"

namespace skerry::agent {

/// What the server knows of a call besides its message.
///
/// Thread safety: thread-safe once the call has arrived.
class Caller {
 public:
  explicit Caller(const PeerTable& peers) : peers_(peers) {}

  grpc::ServerContext& context() { return context_; }

  Peer peer() const { return peers_.Find(context_.peer()); }

  /// `time_point::max()` if the client set none.
  std::chrono::steady_clock::time_point deadline() const;

  /// The first value of the metadata `key`; empty if there is none.
  std::string_view metadata(std::string_view key) const;

  /// True once nobody waits for the answer.
  const std::atomic<bool>& cancelled() const { return cancelled_; }
  void set_cancelled() { cancelled_.store(true, std::memory_order_relaxed); }

 private:
  const PeerTable& peers_;
  grpc::ServerContext context_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace skerry::agent
