#include "skerry/agent/capture/capture_metrics.h"

namespace skerry::agent {
namespace {

std::shared_ptr<telemetry::Counter> Rejected(telemetry::Registry& registry,
                                             const char* reason) {
  return registry.AddCounter("skerry_capture_rejected_total",
                             "Captures that were not accepted, by reason.",
                             {{"reason", reason}});
}

std::shared_ptr<telemetry::Counter> Uploads(telemetry::Registry& registry,
                                            const char* outcome) {
  return registry.AddCounter("skerry_capture_uploads_total",
                             "Attempts to put a file of captures into S3.",
                             {{"outcome", outcome}});
}

}  // namespace

UploadMetrics::UploadMetrics(telemetry::Registry& registry)
    : successes(Uploads(registry, "success")),
      failures(Uploads(registry, "failure")) {}

CaptureMetrics::CaptureMetrics(telemetry::Registry& registry)
    : accepted(registry.AddCounter("skerry_capture_accepted_total",
                                   "Captures that were accepted.", {})),
      rejected_invalid(Rejected(registry, "invalid")),
      rejected_duplicate(Rejected(registry, "duplicate")),
      rejected_full(Rejected(registry, "full")),
      rejected_time(Rejected(registry, "time")),
      rejected_offline(Rejected(registry, "offline")),
      lost(registry.AddCounter(
          "skerry_capture_lost_total",
          "Accepted captures that could not be written before the end.", {})),
      files(registry.AddCounter("skerry_capture_files_total",
                                "Files of captures that were written.", {})),
      pending(registry.AddGauge("skerry_capture_pending",
                                "Captures that wait to be written.", {})) {}

}  // namespace skerry::agent
