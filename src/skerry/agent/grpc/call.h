#pragma once

#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>

#include "skerry/agent/grpc/call_count.h"
#include "skerry/agent/grpc/caller.h"
#include "skerry/agent/grpc/completion.h"
#include "skerry/agent/grpc/wire.h"
#include "skerry/base/result.h"

namespace skerry::agent {

class MethodTable;

/// One unary call, from before it arrives until gRPC has no more to say of it.
///
/// Thread safety: `Finish` and `Fail` may be called on any thread, one of them
/// and once.
class Call : public std::enable_shared_from_this<Call> {
 public:
  /// Waits for a call of method `index` of `table`, which handles it; then for
  /// the next one, until the server shuts down.
  static void Await(MethodTable& table, int index);

  Call(MethodTable& table, int index);

  Caller& caller() { return caller_; }
  /// What a request's `cancelled` wants.
  std::shared_ptr<const std::atomic<bool>> cancelled() {
    return {shared_from_this(), &caller_.cancelled()};
  }

  void Finish(const grpc::ByteBuffer& response);
  void Fail(const Error& error);

  template <class Message>
  void Finish(const Result<Message>& response) {
    if (!response.has_value()) return Fail(response.error());
    MessageWriter writer;
    writer.Add(*response);
    Finish(writer.Take());
  }

 private:
  void OnArrived(bool ok);
  void OnDone(bool ok);
  void OnFinished(bool ok);
  void EndOne();

  const CallCount::Holder holder_;
  MethodTable& table_;
  const int index_;
  Caller caller_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
  MemberCompletion<Call> arrived_{*this, &Call::OnArrived};
  MemberCompletion<Call> done_{*this, &Call::OnDone};
  MemberCompletion<Call> finished_{*this, &Call::OnFinished};
  /// Keeps this alive while the completion queue holds pointers to it.
  std::shared_ptr<Call> self_;
  int pending_ = 0;  ///< of done_ and finished_; the queue's thread only
};

}  // namespace skerry::agent
