#include "skerry/telemetry/otlp.h"

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "skerry/platform/random.h"

namespace skerry::telemetry {
namespace {

using nlohmann::json;

// Numbers of OpenTelemetry's protocol.
constexpr int kKindServer = 2;
constexpr int kStatusError = 2;

template <std::size_t kBytes>
using Id = std::array<std::uint8_t, kBytes>;

template <std::size_t kBytes>
std::string Hex(const Id<kBytes>& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// An id is never zero: that means "none".
template <std::size_t kBytes>
Id<kBytes> RandomId() {
  Id<kBytes> id;
  do {
    platform::FillRandom(std::as_writable_bytes(std::span(id)));
  } while (id == Id<kBytes>{});
  return id;
}

// 64-bit numbers are text in protobuf's JSON.
std::string UnixNano(std::chrono::system_clock::time_point time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(
                            time.time_since_epoch())
                            .count());
}

json Attribute(const std::string& key, const std::string& value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

json SpanJson(const Span& span) {
  const TraceContext& context = span.context;
  const bool is_root = context.trace_id == Id<16>{};
  json object = {
      {"traceId", Hex(is_root ? RandomId<16>() : context.trace_id)},
      {"spanId", Hex(RandomId<8>())},
      {"name", span.name},
      {"kind", kKindServer},
      {"startTimeUnixNano", UnixNano(span.start)},
      {"endTimeUnixNano", UnixNano(span.end)},
  };
  if (!is_root) object["parentSpanId"] = Hex(context.parent_span_id);
  if (span.failed) object["status"] = {{"code", kStatusError}};
  json attributes = json::array();
  for (const auto& [key, value] : span.attributes) {
    attributes.push_back(Attribute(key, value));
  }
  if (!attributes.empty()) object["attributes"] = std::move(attributes);
  return object;
}

}  // namespace

std::string OtlpJson(const std::string& service_name,
                     const std::string& service_version,
                     std::span<const Span> spans) {
  json list = json::array();
  for (const Span& span : spans) list.push_back(SpanJson(span));
  json resource;
  resource["attributes"] =
      json::array({Attribute("service.name", service_name),
                   Attribute("service.version", service_version)});
  json scope_spans;
  scope_spans["scope"] = {{"name", "skerry"}};
  scope_spans["spans"] = std::move(list);
  json resource_spans;
  resource_spans["resource"] = std::move(resource);
  resource_spans["scopeSpans"] = json::array({std::move(scope_spans)});
  json request;
  request["resourceSpans"] = json::array({std::move(resource_spans)});
  // Replaces what is no UTF-8, so this throws nothing.
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace skerry::telemetry
