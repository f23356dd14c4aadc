#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "skerry/agent/rest/event_gate.h"
#include "skerry/agent/rest/http_message.h"
#include "skerry/agent/rest/infer_json.h"
#include "skerry/agent/rest/router.h"
#include "skerry/agent/services.h"
#include "skerry/platform/work_queue.h"

namespace skerry::agent {

/// Takes inference requests to the model store and their answers back.
///
/// Thread safety: thread-safe. It outlives the event loop's thread.
class InferCalls {
 public:
  /// `bodies` prints what would hold the loop up; it may be younger.
  InferCalls(Services services, std::shared_ptr<EventGate> gate,
             platform::WorkQueue& bodies)
      : services_(std::move(services)),
        gate_(std::move(gate)),
        bodies_(bodies) {}

  /// Calls `reply` at once if the request cannot be run; else later.
  void Start(const std::shared_ptr<HttpRequest>& request,
             const RestRoute& route, HttpReply reply);

 private:
  struct Call {
    std::shared_ptr<HttpRequest> http;
    RestInferRequest document;
    std::vector<SharedSpan> spans;
    std::chrono::system_clock::time_point start;
  };

  Result<InferenceRequest> Prepare(Call& call, const RestRoute& route) const;
  Result<InputTensor> PrepareInput(Call& call, const RestInput& input) const;
  Result<OutputWish> PrepareOutput(Call& call, const RestOutput& output) const;
  Result<SharedSpan> FindPart(const RegionPart& part, const Peer& peer) const;
  void Finish(const std::shared_ptr<Call>& call, Result<InferenceResult> result,
              HttpReply reply);
  void Trace(const Call& call, const Result<InferenceResult>& result) const;

  Services services_;
  std::shared_ptr<EventGate> gate_;
  platform::WorkQueue& bodies_;
};

}  // namespace skerry::agent
