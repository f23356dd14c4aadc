#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "skerry/agent/serving/inference.h"
#include "skerry/agent/serving/model_store.h"
#include "skerry/base/result.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::agent {

/// Our own series of one model version, in seconds: those of requests that a
/// split gave to it as one of its arms, or those of all others.
///
/// Thread safety: thread-safe; nothing here takes a lock after creation.
class RequestMetrics {
 public:
  /// `arm`: the arm's place in the split; empty: no label.
  RequestMetrics(telemetry::Registry& registry, const std::string& model,
                 const std::string& version, const std::string& arm);

  void CountSuccess(const InferenceTimes& times,
                    std::chrono::nanoseconds total);
  void CountFailure(ErrorCode code);

 private:
  // Outcomes that have a series of their own; all else is "error".
  static constexpr std::size_t kOutcomeCount = 6;

  std::shared_ptr<telemetry::Histogram> total_, queue_, compute_;
  std::array<std::shared_ptr<telemetry::Counter>, kOutcomeCount> outcomes_;
};

/// What happened with one model version, as statistics, and as the series
/// that Triton has.
///
/// Thread safety: thread-safe; nothing here takes a lock after creation.
class VersionMetrics {
 public:
  VersionMetrics(telemetry::Registry& registry, const std::string& model,
                 const std::string& version);

  void CountSuccess(const InferenceTimes& times, std::chrono::nanoseconds total,
                    std::int64_t inference_count);
  void CountFailure(ErrorCode code, std::chrono::nanoseconds total);
  void CountExecution();

  ModelStatistics statistics() const;
  const std::shared_ptr<telemetry::Gauge>& pending() const { return pending_; }
  const std::shared_ptr<telemetry::Gauge>& triton_pending() const {
    return triton_pending_;
  }

 private:
  // A sum of times, and a counter of it in whole microseconds, without losing
  // what is below one at each step.
  struct TimeSum {
    std::atomic<std::uint64_t> total = 0;  ///< ns
    std::shared_ptr<telemetry::Counter> microseconds;

    void Add(std::chrono::nanoseconds time);
  };
  enum Reason { kRejected, kCanceled, kBackend, kOther, kReasonCount };
  static Reason ReasonOf(ErrorCode code);

  std::string model_, version_;
  std::atomic<std::uint64_t> success_count_ = 0;
  std::atomic<std::uint64_t> failure_count_ = 0;
  std::atomic<std::uint64_t> inference_count_ = 0;
  std::atomic<std::uint64_t> execution_count_ = 0;
  std::atomic<std::uint64_t> failure_nanoseconds_ = 0;
  std::atomic<std::int64_t> last_inference_ = 0;  ///< since 1970, ns
  TimeSum total_, queue_, input_, infer_, output_;
  std::shared_ptr<telemetry::Counter> successes_, inferences_, executions_;
  std::array<std::shared_ptr<telemetry::Counter>, kReasonCount> failures_;
  std::shared_ptr<telemetry::Gauge> pending_, triton_pending_;
};

}  // namespace skerry::agent
