#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/cloud/sagemaker/shapes/request_check.h"

namespace skerry::cloud {

/// How tensors are written in a payload of InvokeEndpoint.
enum class PayloadFormat : std::uint8_t {
  kProtocol,   ///< JSON of the Open Inference Protocol
  kInstances,  ///< {"instances": [...]}, {"predictions": [...]}
  kNpy,        ///< one .npy array
  kRaw,        ///< bytes
};

/// The format of a payload. ValidationError for one that is not known.
ApiResult<PayloadFormat> PayloadFormatOf(std::string_view content_type,
                                         std::string_view body);

/// The format of the answer; `input` where `accept` leaves it open.
ApiResult<PayloadFormat> AnswerFormatOf(std::string_view accept,
                                        PayloadFormat input);

/// A request to the agent: JSON, and the bytes of its binary extension.
struct InferRequest {
  std::string json;
  std::string binary;
};

/// `metadata`: the agent's answer to GET /v2/models/NAME. ValidationError for
/// what does not fit.
ApiResult<InferRequest> MakeInferRequest(std::string_view body,
                                         PayloadFormat input,
                                         PayloadFormat output,
                                         const Json& metadata);

struct Payload {
  std::string content_type;
  std::string bytes;
};

/// The agent's answer in the format asked for; `binary` are the bytes behind
/// its JSON. InternalFailure for an answer that is none.
ApiResult<Payload> MakePayload(const Json& answer, std::string_view binary,
                               PayloadFormat output);

}  // namespace skerry::cloud
