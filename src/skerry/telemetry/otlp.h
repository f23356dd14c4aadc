#pragma once

#include <span>
#include <string>

#include "skerry/telemetry/trace.h"

namespace skerry::telemetry {

/// The body of an OTLP/HTTP export request: `spans`, each with a fresh id, as
/// JSON. Bytes that are no UTF-8 are replaced.
std::string OtlpJson(const std::string& service_name,
                     const std::string& service_version,
                     std::span<const Span> spans);

}  // namespace skerry::telemetry
