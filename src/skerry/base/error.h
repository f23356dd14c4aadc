#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace skerry {

/// What kind of thing went wrong. The values are gRPC's status codes, so that
/// an error keeps its meaning on the wire.
enum class ErrorCode : std::uint8_t {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// The code's name as gRPC writes it, such as "INVALID_ARGUMENT".
std::string_view ErrorCodeName(ErrorCode code);

/// What went wrong, for the person who must act: which thing, what was found,
/// what was wanted. Lower case, no full stop.
///
/// Thread safety: thread-compatible.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message)
      : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same error, its message after "`context`: ".
  Error WithContext(std::string_view context) const;

 private:
  ErrorCode code_;
  std::string message_;
};

/// Errors of one code each.
Error InvalidArgument(std::string message);
Error NotFound(std::string message);
Error AlreadyExists(std::string message);
Error PermissionDenied(std::string message);
Error ResourceExhausted(std::string message);
Error FailedPrecondition(std::string message);
Error OutOfRange(std::string message);
Error Unimplemented(std::string message);
Error Internal(std::string message);
Error Unavailable(std::string message);
Error DataLoss(std::string message);

}  // namespace skerry
