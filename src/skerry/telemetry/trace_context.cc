#include <span>

#include "skerry/telemetry/trace.h"

namespace skerry::telemetry {
namespace {

// "00-", trace id, '-', span id, '-', flags: W3C's "Trace Context".
constexpr std::size_t kTraceIdStart = 3;
constexpr std::size_t kSpanIdStart = 36;
constexpr std::size_t kFlagsStart = 53;
constexpr std::size_t kHeaderBytes = 55;
constexpr std::uint8_t kVersionForbidden = 0xFF;
constexpr std::uint8_t kSampledFlag = 1;

// Upper case is malformed, says the standard.
std::optional<unsigned> HexValue(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

bool ReadHex(std::string_view text, std::span<std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto high = HexValue(text[2 * i]);
    const auto low = HexValue(text[2 * i + 1]);
    if (!high || !low) return false;
    bytes[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return true;
}

bool IsZero(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view header) {
  if (header.size() < kHeaderBytes) return std::nullopt;
  if (header[kTraceIdStart - 1] != '-' || header[kSpanIdStart - 1] != '-' ||
      header[kFlagsStart - 1] != '-') {
    return std::nullopt;
  }
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  TraceContext context;
  const bool read =
      ReadHex(header, {&version, 1}) &&
      ReadHex(header.substr(kTraceIdStart), context.trace_id) &&
      ReadHex(header.substr(kSpanIdStart), context.parent_span_id) &&
      ReadHex(header.substr(kFlagsStart), {&flags, 1});
  if (!read || version == kVersionForbidden || IsZero(context.trace_id) ||
      IsZero(context.parent_span_id)) {
    return std::nullopt;
  }
  if (header.size() > kHeaderBytes &&
      (version == 0 || header[kHeaderBytes] != '-')) {
    return std::nullopt;
  }
  context.sampled = (flags & kSampledFlag) != 0;
  return context;
}

}  // namespace skerry::telemetry
