#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_context.h>

#include <cstddef>
#include <vector>

#include "skerry/agent/grpc/call_count.h"
#include "skerry/agent/grpc/completion.h"
#include "skerry/agent/grpc/method.h"
#include "skerry/agent/grpc/peer_table.h"
#include "skerry/agent/grpc/stream_registry.h"

namespace skerry::agent {

/// All methods of all services, as gRPC takes them: messages come as bytes,
/// so that one class serves every unary method, and a malformed message gets
/// our own answer.
///
/// Thread safety: thread-safe.
class MethodTable final : public grpc::Service {
 public:
  /// Messages have at most `message_bytes_max` bytes.
  MethodTable(std::vector<Method> methods, const PeerTable& peers,
              std::size_t message_bytes_max);

  /// Begins to wait for calls, which then come out of `queue`. Call once, when
  /// the server has started.
  void Start(grpc::ServerCompletionQueue& queue);

  const Method& method(int index) const {
    return list_[static_cast<std::size_t>(index)];
  }
  std::size_t message_bytes_max() const { return message_bytes_max_; }
  const PeerTable& peers() const { return peers_; }
  StreamRegistry& streams() { return streams_; }
  CallCount& calls() { return calls_; }
  grpc::ServerCompletionQueue& queue() { return *queue_; }

  void RequestCall(int index, grpc::ServerContext* context,
                   grpc::ByteBuffer* request,
                   grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* writer,
                   Completion* completion);
  void RequestStream(int index, grpc::ServerContext* context,
                     GenericStream* stream, Completion* completion);

 private:
  std::vector<Method> list_;
  const PeerTable& peers_;
  const std::size_t message_bytes_max_;
  StreamRegistry streams_;
  CallCount calls_;
  grpc::ServerCompletionQueue* queue_ = nullptr;
};

}  // namespace skerry::agent
