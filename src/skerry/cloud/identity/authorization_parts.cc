#include "skerry/cloud/identity/authorization_parts.h"

#include <algorithm>
#include <functional>
#include <string>

namespace skerry::cloud {
namespace {

constexpr std::size_t kDateDigits = 8;
constexpr std::size_t kSignatureDigits = 64;
constexpr std::size_t kSignedHeadersMax = 100;
constexpr std::size_t kScopeBytesMax = 128;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Of a region or service: what goes into cache keys and messages.
bool IsScopeName(std::string_view name) {
  return !name.empty() && name.size() <= kScopeBytesMax &&
         std::ranges::all_of(
             name, [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

bool IsHeaderName(std::string_view name) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || kSigns.contains(c);
  });
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool IsAlphanumeric(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> DecodeParameter(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool IsSignature(std::string_view text) {
  return text.size() == kSignatureDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool LooksLikeS3(const RequestHead& head) {
  return head.header("x-amz-target").empty() &&
         !head.header("content-type").starts_with("application/x-amz-json") &&
         !head.header("content-type")
              .starts_with("application/x-www-form-urlencoded");
}

AuthorizationParts::AuthorizationParts(Authorization& authorization,
                                       bool presigned)
    : authorization_(authorization) {
  authorization.presigned = presigned;
}

bool AuthorizationParts::Credential(std::string_view text) {
  const std::vector<std::string_view> parts = Split(text, '/');
  if (parts.size() != 5 || parts[4] != "aws4_request") return false;
  const bool fits = IsScopeName(parts[0]) && parts[1].size() == kDateDigits &&
                    std::ranges::all_of(parts[1], IsDigit) &&
                    IsScopeName(parts[2]) && IsScopeName(parts[3]);
  if (!fits) return false;
  authorization_.access_key_id = parts[0];
  authorization_.scope = {std::string(parts[1]), std::string(parts[2]),
                          std::string(parts[3])};
  return true;
}

bool AuthorizationParts::SignedHeaders(std::string_view text) {
  const std::vector<std::string_view> names = Split(text, ';');
  if (names.size() > kSignedHeadersMax ||
      !std::ranges::all_of(names, IsHeaderName) ||
      std::ranges::adjacent_find(names, std::greater_equal<>()) !=
          names.end()) {
    return false;
  }
  authorization_.signed_headers.assign(names.begin(), names.end());
  return true;
}

bool AuthorizationParts::Signature(std::string_view text) {
  if (!IsSignature(text)) return false;
  authorization_.signature = text;
  return true;
}

bool AuthorizationParts::Time(std::string_view text) {
  const auto time = ParseAmzTime(text);
  if (!time || !text.starts_with(authorization_.scope.date)) return false;
  authorization_.time = text;
  authorization_.signed_at = *time;
  return true;
}

std::optional<std::chrono::system_clock::time_point> ParseAmzTime(
    std::string_view text) {
  constexpr std::string_view kShape = "00000000T000000Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits =
        kShape[i] == '0' ? IsDigit(text[i]) : text[i] == kShape[i];
    if (!fits) return std::nullopt;
  }
  const auto number = [&](std::size_t start, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(start, count)) value = value * 10 + c - '0';
    return value;
  };
  const std::chrono::year_month_day date{
      std::chrono::year(number(0, 4)),
      std::chrono::month(static_cast<unsigned>(number(4, 2))),
      std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  const int hours = number(9, 2);
  const int minutes = number(11, 2);
  const int seconds = number(13, 2);
  // The clock counts nanoseconds, from 1677 to 2262.
  const bool countable = number(0, 4) >= 1970 && number(0, 4) < 2200;
  if (!date.ok() || !countable || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hours) +
         std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

}  // namespace skerry::cloud
