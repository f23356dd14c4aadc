#pragma once

#include <cstddef>
#include <optional>

#include "edge_agent.pb.h"
#include "skerry/agent/grpc/caller.h"
#include "skerry/agent/grpc/edge_tensor.h"
#include "skerry/agent/grpc/request_span.h"
#include "skerry/agent/grpc/wire.h"
#include "skerry/agent/services.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// One Predict: the request, and all that must stay until it is answered.
///
/// Thread safety: thread-compatible.
class EdgePrediction {
 public:
  EdgePrediction(const Services& services, const Caller& caller);

  AWS::SageMaker::Edge::PredictRequest& message() { return message_; }

  /// What to run; borrows from this object. `owner` and `cancelled` are left
  /// to the caller.
  Result<InferenceRequest> Read();

  /// The fields of the PredictResponse.
  Result<MessageWriter> Answer(Result<InferenceResult> result);

 private:
  Result<InputTensor> ReadTensor(const AWS::SageMaker::Edge::Tensor& tensor,
                                 std::size_t index);
  Result<void> ReadMetadata(
      InputTensor& input, const AWS::SageMaker::Edge::TensorMetadata& metadata,
      std::size_t index);
  Result<std::optional<std::uint64_t>> ByteCount(
      const AWS::SageMaker::Edge::Tensor& tensor, std::size_t index);

  const ModelStore& models_;
  const Caller& caller_;
  AWS::SageMaker::Edge::PredictRequest message_;
  std::optional<EdgeSpecs> specs_;  ///< from `Read` on
  EdgeMemory memory_;
  RequestSpan span_;
};

}  // namespace skerry::agent
