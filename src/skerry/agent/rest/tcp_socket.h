#pragma once

#include <string>

#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// A TCP socket that listens.
struct TcpSocket {
  platform::FileDescriptor descriptor;
  int port = 0;

  /// At "HOST:PORT" or "[V6]:PORT"; port 0 is any free one.
  ///
  /// Errors: kInvalidArgument (no such form, or no such host),
  /// kAlreadyExists (the port is taken), kPermissionDenied; they name the
  /// address.
  static Result<TcpSocket> Listen(const std::string& address);
};

}  // namespace skerry::agent
