#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::http {

/// "https://host:443/path?query", taken apart. The port is the scheme's if
/// none is given; `target` begins with '/'.
struct Url {
  bool tls = false;
  std::string host;  ///< in lower case; an IPv6 address without brackets
  int port = 0;
  std::string target;

  /// "host" or "host:port", as the Host header has it.
  std::string authority() const;
};

/// Bytes of a URL.
inline constexpr std::size_t kUrlBytesMax = 8192;

/// kInvalidArgument if `text` is no http or https URL. A user, a password or
/// a fragment is not taken; what must be escaped ("%20") must be.
Result<Url> ParseUrl(std::string_view text);

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string target = {};  ///< "/path?query"
  Headers headers = {};     ///< Host and Content-Length are added
  std::string_view body = {};
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

struct ClientOptions {
  /// Of one `Send`, looking up and connecting included.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::size_t response_bytes_max = std::size_t{16} << 20;
  std::string ca_file = {};           ///< PEM; empty: the system's
  std::string certificate_file = {};  ///< PEM, for mutual TLS; or empty
  std::string key_file = {};
  /// Path of a unix socket to connect to, whatever the URL's host is; empty:
  /// the host and port.
  std::string unix_socket = {};
  /// When a stop is requested, `Send` ends soon with kCancelled, wherever it
  /// is.
  std::stop_token stop = {};
};

/// Sends requests to one server, over one connection that is kept and renewed
/// when the server closed it. No redirect is followed. A request that the
/// server dropped with a kept connection is sent once more, unless its method
/// is POST or PATCH, which might then be done twice.
///
/// Thread safety: thread-compatible.
class Client {
 public:
  /// `base`: scheme, host and port. Does not connect yet. kInvalidArgument,
  /// kNotFound for bad TLS files; kInvalidArgument for a socket's path that is
  /// too long.
  static Result<std::unique_ptr<Client>> Create(const Url& base,
                                                ClientOptions options);

  virtual ~Client() = default;

  /// Errors: kUnavailable if the server cannot be reached or went away;
  /// kDeadlineExceeded; kCancelled; kResourceExhausted for too long a response;
  /// kFailedPrecondition if TLS does not trust it, or it does not trust us;
  /// kInvalidArgument for a request that is no HTTP. A response with any
  /// status is a result.
  virtual Result<Response> Send(const Request& request) = 0;
};

}  // namespace skerry::http
