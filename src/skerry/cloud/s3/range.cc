#include "skerry/cloud/s3/range.h"

#include <algorithm>
#include <charconv>

namespace skerry::cloud {
namespace {

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

ApiError InvalidRange(std::string_view text, std::uint64_t byte_count) {
  return {416, "InvalidRange",
          "range '" + std::string(text) + "': the object has " +
              std::to_string(byte_count) + " bytes"};
}

}  // namespace

ApiResult<std::optional<ByteRange>> ParseRange(std::string_view text,
                                               std::uint64_t byte_count) {
  constexpr std::string_view kUnit = "bytes=";
  const std::optional<ByteRange> all;
  if (!text.starts_with(kUnit)) return all;
  const std::string_view range = text.substr(kUnit.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return all;
  const auto first = ParseNumber(range.substr(0, dash));
  const auto last = ParseNumber(range.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!last) return all;
    if (*last == 0 || byte_count == 0) {
      return std::unexpected(InvalidRange(text, byte_count));
    }
    const std::uint64_t count = std::min(*last, byte_count);
    return ByteRange{byte_count - count, count};
  }
  const bool open = dash + 1 == range.size();
  if (!first || (!last && !open) || (last && *last < *first)) return all;
  if (*first >= byte_count) {
    return std::unexpected(InvalidRange(text, byte_count));
  }
  const std::uint64_t end =
      open ? byte_count - 1 : std::min(*last, byte_count - 1);
  return ByteRange{*first, end - *first + 1};
}

std::string ContentRange(const ByteRange& range, std::uint64_t byte_count) {
  return "bytes " + std::to_string(range.offset) + '-' +
         std::to_string(range.offset + range.byte_count - 1) + '/' +
         std::to_string(byte_count);
}

}  // namespace skerry::cloud
