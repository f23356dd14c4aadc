#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace skerry::cloud {

/// "2026-11-25T10:42:01.531Z" of microseconds since 1970.
std::string IsoTime(std::int64_t micros);

/// "Wed, 25 Nov 2026 10:42:01 GMT"
std::string HttpTime(std::int64_t micros);

/// Seconds since 1970 of such a date; none: it is something else.
std::optional<std::int64_t> ParseHttpTime(const std::string& text);

}  // namespace skerry::cloud
