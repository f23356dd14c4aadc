#include "skerry/cloud/server/traffic.h"

#include <algorithm>
#include <string>

namespace skerry::cloud {

Traffic::Traffic(telemetry::Registry& metrics)
    : times_(metrics.AddHistogram(
          "skerry_http_request_duration_seconds",
          "From a request's header to the last byte of its answer.", {},
          telemetry::LatencyBounds())),
      connections_(metrics.AddGauge("skerry_http_connections",
                                    "HTTP connections that are open.", {})),
      received_(metrics.AddCounter("skerry_http_received_bytes_total",
                                   "Bytes that clients sent.", {})),
      sent_(metrics.AddCounter("skerry_http_sent_bytes_total",
                               "Bytes that clients took.", {})) {
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    for (std::size_t j = 0; j < kStatusClasses; ++j) {
      answers_[i][j] = metrics.AddCounter(
          "skerry_http_requests_total", "HTTP requests that were answered.",
          {{"code", std::to_string(j + 1) + "xx"},
           {"method", std::string(kMethods[i])}});
    }
  }
}

void Traffic::CountAnswer(std::string_view method, int status,
                          std::chrono::steady_clock::duration time) {
  const auto* const found =
      std::find(kMethods.begin(), kMethods.end() - 1, method);
  const auto method_index = static_cast<std::size_t>(found - kMethods.begin());
  const auto status_index =
      static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
  answers_[method_index][status_index]->Add();
  times_->Observe(std::chrono::duration<double>(time).count());
}

}  // namespace skerry::cloud
