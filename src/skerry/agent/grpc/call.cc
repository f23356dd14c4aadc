#include "skerry/agent/grpc/call.h"

#include <utility>

#include "skerry/agent/grpc/compression.h"
#include "skerry/agent/grpc/method_table.h"
#include "skerry/agent/grpc/status.h"

namespace skerry::agent {

void Call::Await(MethodTable& table, int index) {
  const auto call = std::make_shared<Call>(table, index);
  call->self_ = call;
  call->caller_.context().AsyncNotifyWhenDone(&call->done_);
  table.RequestCall(index, &call->caller_.context(), &call->request_,
                    &call->writer_, &call->arrived_);
}

Call::Call(MethodTable& table, int index)
    : holder_(table.calls()),
      table_(table),
      index_(index),
      caller_(table.peers()),
      writer_(&caller_.context()) {}

void Call::OnArrived(bool ok) {
  if (!ok) {  // the server shuts down, and `done_` will not come
    self_.reset();
    return;
  }
  pending_ = 2;
  // A local copy: the handler may finish the call, not end it.
  const std::shared_ptr<Call> self = self_;
  if (auto read = Decompress(request_, table_.message_bytes_max()); read) {
    table_.method(index_).call(self, request_);
  } else {
    Fail(read.error());
  }
  Await(table_, index_);
}

void Call::OnDone(bool /*ok*/) {
  if (caller_.context().IsCancelled()) caller_.set_cancelled();
  EndOne();
}

void Call::OnFinished(bool /*ok*/) { EndOne(); }

void Call::EndOne() {
  if (--pending_ == 0) self_.reset();
}

void Call::Finish(const grpc::ByteBuffer& response) {
  writer_.Finish(response, grpc::Status::OK, &finished_);
}

void Call::Fail(const Error& error) {
  writer_.FinishWithError(ToStatus(error), &finished_);
}

}  // namespace skerry::agent
