#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "skerry/base/error.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// An error as an AWS client knows it. How it is written (JSON or XML) is the
/// protocol's matter.
struct ApiError {
  int status = 400;
  std::string code;     ///< "ValidationException", "NoSuchKey"
  std::string message;  ///< for a person
};

/// A `T` or an `ApiError`.
template <class T>
using ApiResult = std::expected<T, ApiError>;

/// {500, "InternalFailure"} or {503, "ServiceUnavailable"} for what is not the
/// client's fault: disk, database. The message does not tell secrets.
ApiError InternalApiError(const Error& error);

/// The protocols "json" (1.1: the code in the body's __type) and "rest-json"
/// (in the header x-amzn-errortype).
Response JsonErrorResponse(const ApiError& error, std::string_view request_id);
Response RestJsonErrorResponse(const ApiError& error,
                               std::string_view request_id);

}  // namespace skerry::cloud
