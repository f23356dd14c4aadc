#include "skerry/platform/errno_error.h"

#include <cerrno>
#include <cstring>

namespace skerry::platform {
namespace {

ErrorCode CodeOf(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::kResourceExhausted;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EINVAL:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return ErrorCode::kInvalidArgument;
    case EIO:
      return ErrorCode::kDataLoss;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

Error ErrnoError(int number, std::string_view what) {
  const char* const text = strerrordesc_np(number);
  std::string message(what);
  message += ": ";
  message += text != nullptr ? text : "unknown error";
  return {CodeOf(number), std::move(message)};
}

std::string Quoted(std::string_view path) {
  std::string quoted("'");
  quoted.append(path) += '\'';
  return quoted;
}

}  // namespace skerry::platform
