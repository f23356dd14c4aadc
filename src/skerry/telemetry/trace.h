#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::telemetry {

/// What ties the spans of one request together through every program: W3C's
/// trace context.
struct TraceContext {
  std::array<std::uint8_t, 16> trace_id = {};
  std::array<std::uint8_t, 8> parent_span_id = {};
  bool sampled = false;
};

/// Reads a `traceparent` header ("00-<32 hex>-<16 hex>-<2 hex>"; later
/// versions may have more after another '-'); nothing if it is malformed.
std::optional<TraceContext> ParseTraceparent(std::string_view header);

/// A stretch of work that ended.
struct Span {
  TraceContext context;  ///< a zero trace id starts a trace of its own
  std::string name;
  std::chrono::system_clock::time_point start;
  std::chrono::system_clock::time_point end;
  bool failed = false;
  std::vector<std::pair<std::string, std::string>> attributes = {};
};

/// Sends spans to an OpenTelemetry collector: OTLP over HTTP, JSON, in
/// batches, from a thread of its own. `Record` never waits: when the queue is
/// full, or the collector away, spans are dropped and counted. Without spans
/// the thread sleeps.
///
/// Thread safety: thread-safe.
class Tracer {
 public:
  struct Options {
    std::string endpoint;      ///< "http://HOST:4318"; "/v1/traces" is added
    std::string ca_file = {};  ///< for https; PEM; empty: the system's
    std::string service_name;
    std::string service_version;
    /// Of requests that bring no decision along, the share that is traced.
    double sample_share = 1.0;
    std::size_t queue_max = 4096;
    std::chrono::milliseconds period = std::chrono::seconds(1);
  };

  /// kInvalidArgument if the endpoint is no http or https URL.
  static Result<std::unique_ptr<Tracer>> Create(Options options);

  /// Sends what it still has, within a second.
  virtual ~Tracer() = default;

  /// Whether a request with `context` should be recorded.
  virtual bool Wants(const std::optional<TraceContext>& context) = 0;
  virtual void Record(Span span) = 0;
  virtual std::uint64_t dropped_count() const = 0;
};

}  // namespace skerry::telemetry
