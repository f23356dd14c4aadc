#pragma once

#include <atomic>
#include <string>

#include "skerry/agent/capture/capture.h"
#include "skerry/agent/serving/model_store.h"
#include "skerry/agent/serving/repository.h"
#include "skerry/agent/shm/shared_regions.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"
#include "skerry/telemetry/trace.h"

namespace skerry::agent {

/// What the front ends (gRPC, REST) serve. All of it outlives them.
struct Services {
  ModelStore& models;
  Repository& repository;
  SharedRegions& regions;
  Capture* capture;  ///< null: not configured
  telemetry::Registry& metrics;
  const telemetry::Logger& log;
  telemetry::Tracer* tracer;  ///< null: none
  std::string version;        ///< of the agent
  /// False while starting and draining: readiness, not liveness.
  const std::atomic<bool>& ready;
};

/// The parameter, and the gRPC and HTTP header, that names a request's unit.
inline constexpr char kUnitParameter[] = "unit";
inline constexpr char kUnitHeader[] = "skerry-unit";

}  // namespace skerry::agent
