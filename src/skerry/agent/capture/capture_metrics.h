#pragma once

#include <memory>

#include "skerry/telemetry/metrics.h"

namespace skerry::agent {

/// The series of uploads, for the buffer and for files alike.
struct UploadMetrics {
  explicit UploadMetrics(telemetry::Registry& registry);

  std::shared_ptr<telemetry::Counter> successes;
  std::shared_ptr<telemetry::Counter> failures;
};

struct CaptureMetrics {
  explicit CaptureMetrics(telemetry::Registry& registry);

  std::shared_ptr<telemetry::Counter> accepted;
  std::shared_ptr<telemetry::Counter> rejected_invalid;
  std::shared_ptr<telemetry::Counter> rejected_duplicate;
  std::shared_ptr<telemetry::Counter> rejected_full;
  std::shared_ptr<telemetry::Counter> rejected_time;
  std::shared_ptr<telemetry::Counter> rejected_offline;
  std::shared_ptr<telemetry::Counter> lost;
  std::shared_ptr<telemetry::Counter> files;
  std::shared_ptr<telemetry::Gauge> pending;
};

}  // namespace skerry::agent
