#include "skerry/agent/serving/version_metrics.h"

#include <utility>

namespace skerry::agent {
namespace {

using std::chrono::nanoseconds;

constexpr auto kRelaxed = std::memory_order_relaxed;

double Seconds(nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::uint64_t Nanoseconds(nanoseconds time) {
  return time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0;
}

// In the order of RequestMetrics::outcomes_.
struct Outcome {
  const char* label;
  ErrorCode code;  // of the first, no meaning
};
constexpr Outcome kOutcomes[] = {
    {"success", ErrorCode::kUnknown},
    {"rejected", ErrorCode::kResourceExhausted},
    {"deadline_exceeded", ErrorCode::kDeadlineExceeded},
    {"cancelled", ErrorCode::kCancelled},
    {"invalid", ErrorCode::kInvalidArgument},
    {"error", ErrorCode::kInternal},
};
constexpr std::size_t kSuccess = 0;
constexpr std::size_t kError = std::size(kOutcomes) - 1;

}  // namespace

RequestMetrics::RequestMetrics(telemetry::Registry& registry,
                               const std::string& model,
                               const std::string& version,
                               const std::string& arm) {
  static_assert(std::size(kOutcomes) == kOutcomeCount);
  telemetry::Labels labels = {{"model", model}, {"version", version}};
  if (!arm.empty()) labels.emplace_back("arm", arm);
  const auto histogram = [&](const char* name, const char* help) {
    return registry.AddHistogram(name, help, labels,
                                 telemetry::LatencyBounds());
  };
  total_ = histogram("skerry_inference_request_duration_seconds",
                     "Time from accepting a request to its answer.");
  queue_ = histogram("skerry_inference_queue_duration_seconds",
                     "Time that requests waited for an instance.");
  compute_ = histogram("skerry_inference_compute_duration_seconds",
                       "Time that the model itself took.");
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    telemetry::Labels with_outcome = labels;
    with_outcome.emplace_back("outcome", kOutcomes[i].label);
    outcomes_[i] = registry.AddCounter("skerry_inference_requests_total",
                                       "Requests that were answered.",
                                       std::move(with_outcome));
  }
}

void RequestMetrics::CountSuccess(const InferenceTimes& times,
                                  nanoseconds total) {
  outcomes_[kSuccess]->Add();
  total_->Observe(Seconds(total));
  queue_->Observe(Seconds(times.queue));
  compute_->Observe(Seconds(times.infer));
}

void RequestMetrics::CountFailure(ErrorCode code) {
  std::size_t i = kSuccess + 1;
  while (i < kError && kOutcomes[i].code != code) ++i;
  outcomes_[i]->Add();
}

VersionMetrics::VersionMetrics(telemetry::Registry& registry,
                               const std::string& model,
                               const std::string& version)
    : model_(model), version_(version) {
  const telemetry::Labels labels = {{"model", model}, {"version", version}};
  const auto counter = [&](const char* name, const char* help) {
    return registry.AddCounter(name, help, labels);
  };
  successes_ = counter("nv_inference_request_success",
                       "Requests that succeeded (as Triton counts).");
  inferences_ = counter("nv_inference_count",
                        "Inferences, each element of a batch counted.");
  executions_ = counter("nv_inference_exec_count", "Runs of the model.");
  total_.microseconds = counter("nv_inference_request_duration_us",
                                "Time of successful requests.");
  queue_.microseconds = counter("nv_inference_queue_duration_us",
                                "Time that successful requests waited.");
  input_.microseconds = counter("nv_inference_compute_input_duration_us",
                                "Time to gather inputs.");
  infer_.microseconds = counter("nv_inference_compute_infer_duration_us",
                                "Time that the model took.");
  output_.microseconds = counter("nv_inference_compute_output_duration_us",
                                 "Time to give out outputs.");
  const char* const reasons[] = {"REJECTED", "CANCELED", "BACKEND", "OTHER"};
  static_assert(std::size(reasons) == kReasonCount);
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    telemetry::Labels with_reason = labels;
    with_reason.emplace_back("reason", reasons[i]);
    failures_[i] = registry.AddCounter("nv_inference_request_failure",
                                       "Requests that failed, by reason.",
                                       std::move(with_reason));
  }
  pending_ = registry.AddGauge("skerry_inference_pending_requests",
                               "Requests that wait for an instance.", labels);
  triton_pending_ =
      registry.AddGauge("nv_inference_pending_request_count",
                        "Requests that wait for an instance.", labels);
}

void VersionMetrics::TimeSum::Add(nanoseconds time) {
  constexpr std::uint64_t kPerMicrosecond = 1000;
  const std::uint64_t added = Nanoseconds(time);
  const std::uint64_t before = total.fetch_add(added, kRelaxed);
  microseconds->Add((before + added) / kPerMicrosecond -
                    before / kPerMicrosecond);
}

void VersionMetrics::CountSuccess(const InferenceTimes& times,
                                  nanoseconds total,
                                  std::int64_t inference_count) {
  const auto inferences = static_cast<std::uint64_t>(inference_count);
  success_count_.fetch_add(1, kRelaxed);
  inference_count_.fetch_add(inferences, kRelaxed);
  successes_->Add();
  inferences_->Add(inferences);
  total_.Add(total);
  queue_.Add(times.queue);
  input_.Add(times.input);
  infer_.Add(times.infer);
  output_.Add(times.output);
}

void VersionMetrics::CountFailure(ErrorCode code, nanoseconds total) {
  failure_count_.fetch_add(1, kRelaxed);
  failure_nanoseconds_.fetch_add(Nanoseconds(total), kRelaxed);
  failures_[ReasonOf(code)]->Add();
}

void VersionMetrics::CountExecution() {
  execution_count_.fetch_add(1, kRelaxed);
  executions_->Add();
  last_inference_.store(std::chrono::duration_cast<nanoseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count(),
                        kRelaxed);
}

VersionMetrics::Reason VersionMetrics::ReasonOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kDeadlineExceeded:
      return kRejected;
    case ErrorCode::kCancelled:
      return kCanceled;
    case ErrorCode::kInternal:
    case ErrorCode::kUnavailable:
      return kBackend;
    default:
      return kOther;
  }
}

ModelStatistics VersionMetrics::statistics() const {
  ModelStatistics result;
  result.alias = model_;
  result.version = version_;
  result.last_inference = std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          nanoseconds(last_inference_.load(kRelaxed))));
  result.inference_count = inference_count_.load(kRelaxed);
  result.execution_count = execution_count_.load(kRelaxed);
  const std::uint64_t count = success_count_.load(kRelaxed);
  const auto part = [&](const TimeSum& sum) {
    return ModelStatistics::Part{count, nanoseconds(sum.total.load(kRelaxed))};
  };
  result.success = part(total_);
  result.queue = part(queue_);
  result.input = part(input_);
  result.infer = part(infer_);
  result.output = part(output_);
  result.fail = {failure_count_.load(kRelaxed),
                 nanoseconds(failure_nanoseconds_.load(kRelaxed))};
  return result;
}

}  // namespace skerry::agent
