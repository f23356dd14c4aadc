#include "skerry/base/error.h"

#include <array>

namespace skerry {

std::string_view ErrorCodeName(ErrorCode code) {
  static constexpr std::array<std::string_view, 17> kNames = {
      "OK",
      "CANCELLED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
  };
  return kNames[static_cast<std::size_t>(code)];
}

Error Error::WithContext(std::string_view context) const {
  return {code_, std::string(context) + ": " + message_};
}

Error InvalidArgument(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
Error NotFound(std::string message) {
  return {ErrorCode::kNotFound, std::move(message)};
}
Error AlreadyExists(std::string message) {
  return {ErrorCode::kAlreadyExists, std::move(message)};
}
Error PermissionDenied(std::string message) {
  return {ErrorCode::kPermissionDenied, std::move(message)};
}
Error ResourceExhausted(std::string message) {
  return {ErrorCode::kResourceExhausted, std::move(message)};
}
Error FailedPrecondition(std::string message) {
  return {ErrorCode::kFailedPrecondition, std::move(message)};
}
Error OutOfRange(std::string message) {
  return {ErrorCode::kOutOfRange, std::move(message)};
}
Error Unimplemented(std::string message) {
  return {ErrorCode::kUnimplemented, std::move(message)};
}
Error Internal(std::string message) {
  return {ErrorCode::kInternal, std::move(message)};
}
Error Unavailable(std::string message) {
  return {ErrorCode::kUnavailable, std::move(message)};
}
Error DataLoss(std::string message) {
  return {ErrorCode::kDataLoss, std::move(message)};
}

}  // namespace skerry
