#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "health.pb.h"
#include "skerry/agent/grpc/method.h"
#include "skerry/agent/services.h"

namespace skerry::agent {

/// grpc.health.v1.Health: SERVING while the agent is ready. gRPC's own health
/// service would start threads that take part in polling, which costs every
/// call a switch of threads.
///
/// Thread safety: thread-safe. Outlives the server.
class HealthService {
 public:
  explicit HealthService(const Services& services) : services_(services) {}

  std::vector<Method> Methods();

  /// The state of `service`; nothing if there is no such service.
  std::optional<grpc::health::v1::HealthCheckResponse::ServingStatus> State(
      std::string_view service) const;

 private:
  const Services& services_;
};

}  // namespace skerry::agent
