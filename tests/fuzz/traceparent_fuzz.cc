// The header that ties requests to traces: any bytes are a context with ids,
// or none.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/telemetry/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace telemetry = skerry::telemetry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto context = telemetry::ParseTraceparent(text)) {
    SKERRY_CHECK(context->trace_id != telemetry::TraceContext().trace_id);
    SKERRY_CHECK(text.size() >= 55);
  }
  return 0;
}
