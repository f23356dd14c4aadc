#pragma once

#include <functional>
#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/cloud/server/message.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::cloud {

struct StatusOptions {
  std::string version;
  /// Who asks for /metrics must send "Authorization: Bearer TOKEN"; empty:
  /// anybody may.
  std::string metrics_token;
  /// What stands in the way of requests; asked at most once a second.
  std::function<Result<void>()> check;
};

/// What nobody signs: /healthz (the program runs), /readyz (it can serve),
/// /metrics (as Prometheus reads it), and a page for people who open "/".
std::unique_ptr<Handler> NewStatusHandler(StatusOptions options,
                                          telemetry::Registry& metrics);

}  // namespace skerry::cloud
