#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "skerry/cloud/api/api_error.h"

namespace skerry::cloud {

/// A stretch of an object.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t byte_count = 0;
};

/// What a Range header asks for of an object of `byte_count` bytes. None: all
/// of it, as for several ranges or what is no range at all. InvalidRange: it
/// begins after the end.
ApiResult<std::optional<ByteRange>> ParseRange(std::string_view text,
                                               std::uint64_t byte_count);

/// "bytes 0-9/100"
std::string ContentRange(const ByteRange& range, std::uint64_t byte_count);

}  // namespace skerry::cloud
