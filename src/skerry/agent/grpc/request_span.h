#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "skerry/agent/grpc/caller.h"
#include "skerry/agent/serving/inference.h"
#include "skerry/base/result.h"
#include "skerry/telemetry/trace.h"

namespace skerry::agent {

/// The trace of one inference, if somebody wants it.
///
/// Thread safety: thread-compatible.
class RequestSpan {
 public:
  /// `tracer` may be null. The caller's `traceparent` decides, if there is
  /// one.
  RequestSpan(telemetry::Tracer* tracer, const Caller& caller,
              std::string_view name);

  /// Records what became of it.
  void End(const Result<InferenceResult>& result);

 private:
  telemetry::Tracer* tracer_;
  std::optional<telemetry::Span> span_;
};

}  // namespace skerry::agent
