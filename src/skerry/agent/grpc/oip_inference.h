#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "open_inference.pb.h"
#include "skerry/agent/grpc/caller.h"
#include "skerry/agent/grpc/request_span.h"
#include "skerry/agent/grpc/wire.h"
#include "skerry/agent/services.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// One inference by the Open Inference Protocol: the request, and all that
/// must stay until it is answered.
///
/// Thread safety: thread-compatible.
class OipInference {
 public:
  explicit OipInference(const Services& services) : services_(services) {}

  inference::ModelInferRequest& message() { return message_; }

  /// What to run. It borrows from this object, which therefore must be its
  /// owner; `owner` and `cancelled` are left to the caller.
  ///
  /// Errors: kInvalidArgument names the tensor; those of SharedRegions.
  Result<InferenceRequest> Read(const Caller& caller);

  /// The fields of the ModelInferResponse.
  Result<MessageWriter> Answer(Result<InferenceResult> result);

 private:
  struct Place {
    std::string region;
    std::uint64_t offset = 0;
    std::uint64_t byte_size = 0;
  };

  Result<void> ReadParameters(InferenceRequest& request, const Caller& caller);
  Result<void> ReadInputs(InferenceRequest& request, const Caller& caller);
  Result<InputTensor> ReadInput(
      const inference::ModelInferRequest::InferInputTensor& tensor,
      const Caller& caller);
  Result<std::span<const std::byte>> NextRaw();
  Result<void> ReadOutputs(InferenceRequest& request, const Caller& caller);
  Result<std::span<std::byte>> Map(const Place& place, const Caller& caller,
                                   bool to_write);
  Result<void> CheckMemory() const;
  void FillHead(inference::ModelInferResponse& head,
                const InferenceResult& result) const;

  template <class Parameters>
  static Result<std::optional<Place>> ReadPlace(const Parameters& parameters);

  const Services& services_;
  inference::ModelInferRequest message_;
  std::vector<std::string> packed_;  ///< from typed contents
  std::vector<SharedSpan> memory_;
  std::vector<std::optional<Place>> places_;  ///< of the requested outputs
  int raw_index_ = 0;
  bool final_response_asked_ = false;
  std::optional<RequestSpan> span_;
};

}  // namespace skerry::agent
