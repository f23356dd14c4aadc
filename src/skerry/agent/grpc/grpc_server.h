#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "skerry/agent/services.h"
#include "skerry/agent/tls_options.h"
#include "skerry/base/result.h"
#include "skerry/platform/file.h"

namespace skerry::agent {

/// gRPC: AWS.SageMaker.Edge.Agent, inference.GRPCInferenceService, health and
/// reflection.
///
/// Thread safety: thread-safe.
class GrpcServer {
 public:
  struct Options {
    std::size_t message_bytes_max = std::size_t{64} << 20;
    /// Also "HOST:PORT" (0: any port); empty: only adopted connections.
    std::string tcp_address;
    TlsOptions tls;  ///< of `tcp_address`
  };

  static Result<std::unique_ptr<GrpcServer>> Create(Options options,
                                                    Services services);

  virtual ~GrpcServer() = default;

  /// Serves a connection that somebody accepted; `peer` is who made it.
  virtual void Adopt(platform::FileDescriptor connection, const Peer& peer) = 0;

  /// The port of `tcp_address`; 0 without.
  virtual int tcp_port() const = 0;

  /// Refuses new calls and waits until all others are answered, or
  /// `deadline`; then they are cancelled, and this returns when the models
  /// have let go of them.
  virtual void Shutdown(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace skerry::agent
