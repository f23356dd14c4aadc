#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "skerry/agent/grpc/call.h"
#include "skerry/agent/grpc/status.h"
#include "skerry/agent/grpc/stream.h"
#include "skerry/platform/work_queue.h"

namespace skerry::agent {

/// Loads and unloads that wait for their turn; more are refused.
inline constexpr std::size_t kControlTasksMax = 256;

/// One method of a service: its path, such as "/package.Service/Method", and
/// what answers it. Exactly one of `call` and `stream` is set.
struct Method {
  std::string path;
  /// Must finish the call, now or later, exactly once. Must not block.
  std::function<void(const std::shared_ptr<Call>&, grpc::ByteBuffer&)> call;
  /// Makes what serves one stream, in either or both directions.
  std::function<std::unique_ptr<StreamHandler>(Stream&)> stream;
  /// Calls that may arrive at the same instant without a detour.
  int waiting_count = 1;
};

/// A method that is answered at once: `handler` is a
/// Result<Response>(const Request&, const Caller&).
template <class Request, class Handler>
Method AnswerNow(std::string path, Handler handler) {
  Method method;
  method.path = std::move(path);
  method.call = [handler](const std::shared_ptr<Call>& call,
                          grpc::ByteBuffer& bytes) {
    Request request;
    if (auto parsed = ParseMessage(&bytes, &request); !parsed) {
      return call->Fail(parsed.error());
    }
    call->Finish(handler(std::as_const(request), call->caller()));
  };
  return method;
}

/// The same, for what may block: it runs on the control thread.
template <class Request, class Handler>
Method AnswerBlocking(std::string path, platform::WorkQueue& control,
                      Handler handler) {
  Method method;
  method.path = std::move(path);
  method.call = [handler, &control](const std::shared_ptr<Call>& call,
                                    grpc::ByteBuffer& bytes) {
    auto request = std::make_unique<Request>();
    if (auto parsed = ParseMessage(&bytes, request.get()); !parsed) {
      return call->Fail(parsed.error());
    }
    const auto posted =
        control.Push([handler, call, request = std::move(request)] {
          call->Finish(handler(std::as_const(*request), call->caller()));
        });
    if (!posted) call->Fail(posted.error());
  };
  return method;
}

}  // namespace skerry::agent
