#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "skerry/agent/services.h"
#include "skerry/agent/tls_options.h"
#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// Connections open at once; more are closed on arrival.
inline constexpr std::size_t kConnectionCountMax = 4096;

/// Owns the agent's unix socket: looks at each new connection's first bytes,
/// hands HTTP/2 (gRPC) on, and serves HTTP/1.1 itself: the Open Inference
/// Protocol's REST form with the binary extension, /metrics, and health.
/// Optionally the same REST on TCP, with mutual TLS.
///
/// Thread safety: thread-safe.
class HttpServer {
 public:
  struct Options {
    std::string socket_path;
    bool replace_socket = false;  ///< remove what is at the path (-f)
    unsigned socket_mode = 0660;
    /// Users and groups whose processes may connect; both empty: all that the
    /// socket's permissions admit. Root and the agent's own user always may.
    std::vector<unsigned> users_allowed;
    std::vector<unsigned> groups_allowed;
    std::size_t body_bytes_max = std::size_t{64} << 20;
    std::chrono::milliseconds header_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);
    std::string tcp_address;  ///< "HOST:PORT", 0: any port; empty: none
    TlsOptions tls;           ///< of `tcp_address`; empty: plain HTTP
  };
  using AdoptGrpc =
      std::function<void(platform::FileDescriptor connection, const Peer&)>;

  /// Binds and serves.
  ///
  /// Errors: kAlreadyExists if something is at the socket's path (`-f`
  /// mends it); kInvalidArgument, kPermissionDenied, kUnavailable otherwise.
  static Result<std::unique_ptr<HttpServer>> Create(Options options,
                                                    Services services,
                                                    AdoptGrpc adopt_grpc);

  virtual ~HttpServer() = default;

  virtual int tcp_port() const = 0;

  /// Closes the listeners and removes the socket, ends idle connections, and
  /// waits until all requests are answered, or `deadline`.
  virtual void Shutdown(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace skerry::agent
