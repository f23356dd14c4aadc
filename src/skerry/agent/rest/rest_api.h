#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "skerry/agent/rest/event_gate.h"
#include "skerry/agent/rest/http_message.h"
#include "skerry/agent/rest/infer_call.h"
#include "skerry/agent/rest/router.h"
#include "skerry/agent/services.h"
#include "skerry/platform/work_queue.h"

namespace skerry::agent {

/// Tasks that wait for a thread beside the event loop, for each thread.
inline constexpr std::size_t kWorkQueueLengthMax = 1024;

/// Answers requests, whatever connection they came by.
///
/// Thread safety: bound to the event loop's thread, but for what it hands to
/// its own threads. Destroyed with the loop's thread gone.
class RestApi {
 public:
  /// `budget` is for bodies that grow as they are decompressed.
  RestApi(Services services, std::shared_ptr<EventGate> gate,
          std::shared_ptr<BodyBudget> budget, std::size_t body_bytes_max);

  /// Calls `reply` at once, or later from any thread.
  void Handle(const std::shared_ptr<HttpRequest>& request, HttpReply reply);

 private:
  void Decode(const std::shared_ptr<HttpRequest>& request,
              const RestRoute& route, HttpReply reply);
  void Answer(const std::shared_ptr<HttpRequest>& request,
              const RestRoute& route, HttpReply reply);
  HttpResponse AnswerNow(const HttpRequest& request, const RestRoute& route);
  void Push(platform::WorkQueue& queue, HttpReply reply,
            std::move_only_function<HttpResponse()> work);

  Services services_;
  std::shared_ptr<EventGate> gate_;
  std::shared_ptr<BodyBudget> budget_;
  std::size_t body_bytes_max_;
  InferCalls infer_;
  // Loading a model, or reading a folder, takes as long as it takes; so does
  // a large body. Neither waits for the other.
  platform::WorkQueue changes_{{"rest-changes", kWorkQueueLengthMax}};
  platform::WorkQueue bodies_{{"rest-bodies", kWorkQueueLengthMax}};
};

}  // namespace skerry::agent
