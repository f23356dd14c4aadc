#pragma once

#include <optional>
#include <string_view>

#include "skerry/agent/rest/infer_json.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// The parts of a request's body: the JSON, and the tensors that follow it.
struct InferBody {
  std::string_view json;
  std::string_view binary;
};

/// Splits `body` where the header Inference-Header-Content-Length says that
/// its JSON ends; without the header all of it is JSON.
///
/// Errors: kInvalidArgument if the header is no number or beyond the body.
Result<InferBody> SplitInferBody(std::string_view body,
                                 std::optional<std::string_view> header);

/// Gives each input of `request` that has a `binary_data_size` its bytes of
/// `binary`, in their order. They are borrowed.
///
/// Errors: kInvalidArgument if there are fewer or more bytes than all of them
/// together say, or other than the input's type and shape make.
Result<void> AttachBinary(std::string_view binary, RestInferRequest& request);

}  // namespace skerry::agent
