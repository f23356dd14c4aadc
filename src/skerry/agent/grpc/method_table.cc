#include "skerry/agent/grpc/method_table.h"

#include <memory>
#include <utility>

#include "skerry/agent/grpc/call.h"
#include "skerry/agent/grpc/stream.h"

namespace skerry::agent {
namespace {

using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

}  // namespace

MethodTable::MethodTable(std::vector<Method> methods, const PeerTable& peers,
                         std::size_t message_bytes_max)
    : list_(std::move(methods)),
      peers_(peers),
      message_bytes_max_(message_bytes_max) {
  int index = 0;
  for (const Method& method : list_) {
    const auto type =
        method.call ? RpcMethod::NORMAL_RPC : RpcMethod::BIDI_STREAMING;
    // gRPC keeps the pointer to the path, and owns the method.
    AddMethod(
        std::make_unique<RpcServiceMethod>(method.path.c_str(), type, nullptr)
            .release());
    MarkMethodRaw(index++);
  }
}

void MethodTable::Start(grpc::ServerCompletionQueue& queue) {
  queue_ = &queue;
  for (int index = 0; index < static_cast<int>(list_.size()); ++index) {
    for (int i = 0; i < method(index).waiting_count; ++i) {
      if (method(index).call) {
        Call::Await(*this, index);
      } else {
        Stream::Await(*this, index);
      }
    }
  }
}

void MethodTable::RequestCall(
    int index, grpc::ServerContext* context, grpc::ByteBuffer* request,
    grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* writer,
    Completion* completion) {
  RequestAsyncUnary(index, context, request, writer, queue_, queue_,
                    completion);
}

void MethodTable::RequestStream(int index, grpc::ServerContext* context,
                                GenericStream* stream, Completion* completion) {
  RequestAsyncBidiStreaming(index, context, stream, queue_, queue_, completion);
}

}  // namespace skerry::agent
