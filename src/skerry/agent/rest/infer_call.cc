#include "skerry/agent/rest/infer_call.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "skerry/agent/rest/binary_extension.h"
#include "skerry/agent/rest/infer_response.h"

namespace skerry::agent {
namespace {

/// More numbers than this are printed by another thread: about a millisecond.
constexpr std::size_t kPrintedHere = 16384;

Result<RestInferRequest> ReadBody(HttpRequest& request) {
  SKERRY_ASSIGN_OR_RETURN(const InferBody body,
                          SplitInferBody(request.body, request.json_length));
  if (body.json.empty() && request.json_length) {
    // Triton's raw form: the body is the one input, as the model wants it.
    return RestInferRequest();
  }
  SKERRY_ASSIGN_OR_RETURN(RestInferRequest document, ReadInferJson(body.json));
  SKERRY_RETURN_IF_ERROR(AttachBinary(body.binary, document));
  if (body.binary.empty()) {
    request.body = std::string();  // its elements were taken over
  }
  return document;
}

std::span<const std::byte> AsBytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

void InferCalls::Start(const std::shared_ptr<HttpRequest>& request,
                       const RestRoute& route, HttpReply reply) {
  auto call = std::make_shared<Call>();
  call->http = request;
  call->start = std::chrono::system_clock::now();
  auto document = ReadBody(*request);
  if (!document) {
    reply(HttpErrorResponse(document.error()));
    return;
  }
  call->document = *std::move(document);
  auto inference = Prepare(*call, route);
  if (!inference) {
    reply(HttpErrorResponse(inference.error()));
    return;
  }
  inference->owner = call;
  // The store may call back after the server has gone: until the loop's
  // thread has been reached, nothing of this object is touched.
  services_.models.Infer(*std::move(inference),
                         [this, gate = gate_, call, reply = std::move(reply)](
                             Result<InferenceResult> result) mutable {
                           gate->Send([this, call, result = std::move(result),
                                       reply = std::move(reply)]() mutable {
                             Finish(call, std::move(result), std::move(reply));
                           });
                         });
}

Result<InferenceRequest> InferCalls::Prepare(Call& call,
                                             const RestRoute& route) const {
  InferenceRequest inference;
  inference.model = route.model;
  inference.version = route.version;
  inference.unit =
      call.document.unit.empty() ? call.http->unit : call.document.unit;
  inference.cancelled = call.http->cancelled;
  if (call.document.timeout) {
    inference.deadline = call.http->received + *call.document.timeout;
  }
  for (const RestInput& input : call.document.inputs) {
    SKERRY_ASSIGN_OR_RETURN(InputTensor tensor, PrepareInput(call, input));
    inference.inputs.push_back(std::move(tensor));
  }
  if (inference.inputs.empty()) {
    inference.inputs.emplace_back().bytes = AsBytes(call.http->body);
  }
  for (const RestOutput& output : call.document.outputs) {
    SKERRY_ASSIGN_OR_RETURN(OutputWish wish, PrepareOutput(call, output));
    inference.outputs.push_back(std::move(wish));
  }
  return inference;
}

Result<InputTensor> InferCalls::PrepareInput(Call& call,
                                             const RestInput& input) const {
  InputTensor tensor;
  tensor.name = input.name;
  tensor.data_type = input.data_type;
  tensor.dims = input.dims;
  if (input.shared) {
    auto part = FindPart(*input.shared, call.http->peer);
    if (!part) {
      return part.error().WithContext("input '" + input.name + "'");
    }
    tensor.bytes = part->bytes;
    tensor.in_shared_memory = true;
    call.spans.push_back(*std::move(part));
  } else {
    tensor.bytes = input.has_data ? AsBytes(input.data) : input.binary;
  }
  return tensor;
}

Result<OutputWish> InferCalls::PrepareOutput(Call& call,
                                             const RestOutput& output) const {
  OutputWish wish;
  wish.name = output.name;
  if (output.shared) {
    auto part = FindPart(*output.shared, call.http->peer);
    if (!part) {
      return part.error().WithContext("output '" + output.name + "'");
    }
    if (part->memory != nullptr && !part->memory->writable()) {
      return PermissionDenied("output '" + output.name + "': region '" +
                              output.shared->region + "' is read-only");
    }
    if (part->bytes.empty()) {
      return InvalidArgument("output '" + output.name +
                             "': shared_memory_byte_size is 0");
    }
    wish.destination = part->bytes;
    call.spans.push_back(*std::move(part));
  }
  return wish;
}

Result<SharedSpan> InferCalls::FindPart(const RegionPart& part,
                                        const Peer& peer) const {
  return services_.regions.Find(part.region, part.offset, part.byte_size, peer);
}

void InferCalls::Finish(const std::shared_ptr<Call>& call,
                        Result<InferenceResult> result, HttpReply reply) {
  if (result && !std::ranges::all_of(call->spans, &SharedSpan::intact)) {
    result =
        InvalidArgument("the shared memory became smaller while it was in use");
  }
  Trace(*call, result);
  if (!result) {
    reply(HttpErrorResponse(result.error()));
    return;
  }
  if (PrintedElementCount(call->document, *result) <= kPrintedHere) {
    reply(WriteInferResponse(call->document, *std::move(result)));
    return;
  }
  auto shared_reply = std::make_shared<HttpReply>(std::move(reply));
  const auto pushed =
      bodies_.Push([call, result = *std::move(result), shared_reply]() mutable {
        (*shared_reply)(WriteInferResponse(call->document, std::move(result)));
      });
  if (!pushed) {
    (*shared_reply)(HttpErrorResponse(pushed.error()));
  }
}

void InferCalls::Trace(const Call& call,
                       const Result<InferenceResult>& result) const {
  if (services_.tracer == nullptr) {
    return;
  }
  const auto context = telemetry::ParseTraceparent(call.http->traceparent);
  if (!services_.tracer->Wants(context)) {
    return;
  }
  telemetry::Span span;
  span.context = context.value_or(telemetry::TraceContext());
  span.name = "infer";
  span.start = call.start;
  span.end = std::chrono::system_clock::now();
  span.failed = !result.has_value();
  if (result) {
    const InferenceTimes& times = result->times;
    const auto count = [](std::chrono::nanoseconds time) {
      return std::to_string(time.count());
    };
    span.attributes = {
        {"model", result->model},         {"version", result->version},
        {"queue_ns", count(times.queue)}, {"input_ns", count(times.input)},
        {"infer_ns", count(times.infer)}, {"output_ns", count(times.output)}};
  } else {
    span.attributes = {
        {"error", std::string(ErrorCodeName(result.error().code()))},
        {"message", result.error().message()}};
  }
  services_.tracer->Record(std::move(span));
}

}  // namespace skerry::agent
