#include "skerry/agent/grpc/request_span.h"

#include <utility>

namespace skerry::agent {
namespace {

std::string Nanoseconds(std::chrono::nanoseconds time) {
  return std::to_string(time.count());
}

}  // namespace

RequestSpan::RequestSpan(telemetry::Tracer* tracer, const Caller& caller,
                         std::string_view name)
    : tracer_(tracer) {
  if (tracer_ == nullptr) return;
  const auto context =
      telemetry::ParseTraceparent(caller.metadata("traceparent"));
  if (!tracer_->Wants(context)) return;
  span_.emplace();
  if (context.has_value()) span_->context = *context;
  span_->name = name;
  span_->start = std::chrono::system_clock::now();
}

void RequestSpan::End(const Result<InferenceResult>& result) {
  if (!span_.has_value()) return;
  span_->end = std::chrono::system_clock::now();
  span_->failed = !result.has_value();
  auto& attributes = span_->attributes;
  if (result.has_value()) {
    attributes.emplace_back("model", result->model);
    attributes.emplace_back("version", result->version);
    attributes.emplace_back("queue_ns", Nanoseconds(result->times.queue));
    attributes.emplace_back("input_ns", Nanoseconds(result->times.input));
    attributes.emplace_back("infer_ns", Nanoseconds(result->times.infer));
    attributes.emplace_back("output_ns", Nanoseconds(result->times.output));
  } else {
    attributes.emplace_back("error", ErrorCodeName(result.error().code()));
    attributes.emplace_back("message", result.error().message());
  }
  tracer_->Record(*std::move(span_));
  span_.reset();
}

}  // namespace skerry::agent
