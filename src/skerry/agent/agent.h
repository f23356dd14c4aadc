#pragma once

#include <memory>
#include <string>

#include "skerry/agent/config.h"
#include "skerry/base/result.h"
#include "skerry/telemetry/log.h"

namespace skerry::agent {

/// The inference daemon: models, and the gRPC and REST front ends that serve
/// them on one unix socket.
///
/// Thread safety: bound to one thread.
class Agent {
 public:
  /// Starts everything but the models; clients may connect from now on, and
  /// readiness is false. `worker_program` runs isolated models. What
  /// concerns the cloud only (no credentials, no network) is logged, not an
  /// error: inference goes on without.
  ///
  /// Errors: what the front ends, the trust roots or the capture folder say,
  /// with the setting that mends it.
  static Result<std::unique_ptr<Agent>> Create(
      const AgentConfig& config, const std::string& worker_program,
      const telemetry::Logger& log);

  virtual ~Agent() = default;

  /// Loads the configured models and the repository's, then says "ready". A
  /// model that cannot be loaded is logged and left out.
  virtual void LoadModels() = 0;

  /// Refuses new requests, answers those it has, writes captured data, and
  /// ends; takes at most the configuration's `drain_time`.
  virtual void Drain() = 0;

  /// Ports that were bound; 0 without.
  virtual int grpc_port() const = 0;
  virtual int http_port() const = 0;
};

}  // namespace skerry::agent
