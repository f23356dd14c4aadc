#include "skerry/aws/s3_error.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace skerry::aws {
namespace {

constexpr std::size_t kCodeBytes = 128;
constexpr std::size_t kMessageBytes = 512;

std::string Unescape(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"&lt;", '<'},
       {"&gt;", '>'},
       {"&amp;", '&'},
       {"&quot;", '"'},
       {"&apos;", '\''}}};
  std::string plain;
  while (!text.empty()) {
    const auto* const entity =
        std::ranges::find_if(kEntities, [&](const auto& candidate) {
          return text.starts_with(candidate.first);
        });
    if (entity != kEntities.end()) {
      plain += entity->second;
      text.remove_prefix(entity->first.size());
      continue;
    }
    const char c = text.front();
    const bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    plain += control ? ' ' : c;
    text.remove_prefix(1);
  }
  return plain;
}

std::string Element(std::string_view xml, std::string_view name,
                    std::size_t bytes_max) {
  const std::string opening = std::string("<").append(name).append(">");
  const std::string closing = std::string("</").append(name).append(">");
  const std::size_t found = xml.find(opening);
  if (found == std::string_view::npos) return {};
  const std::string_view rest = xml.substr(found + opening.size());
  const std::size_t end = rest.find('<');
  if (end == std::string_view::npos || end > bytes_max ||
      !rest.substr(end).starts_with(closing)) {
    return {};
  }
  return Unescape(rest.substr(0, end));
}

ErrorCode CodeOfStatus(int status) {
  if (status >= 500) return ErrorCode::kUnavailable;
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::kPermissionDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 408:
    case 429:
      return ErrorCode::kUnavailable;
    case 413:
      return ErrorCode::kResourceExhausted;
    default:
      // A redirection too: the bucket is elsewhere, which somebody must say.
      return ErrorCode::kFailedPrecondition;
  }
}

// S3 answers 400 to things that are not the request's fault.
ErrorCode CodeOf(int status, std::string_view code) {
  constexpr std::array<std::string_view, 3> kTransient = {
      "RequestTimeout", "SlowDown", "InternalError"};
  constexpr std::array<std::string_view, 4> kDenied = {
      "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
      "AuthorizationHeaderMalformed"};
  const auto is_in = [code](const auto& list) {
    return std::ranges::find(list, code) != list.end();
  };
  if (is_in(kTransient)) return ErrorCode::kUnavailable;
  if (is_in(kDenied)) return ErrorCode::kPermissionDenied;
  return CodeOfStatus(status);
}

}  // namespace

S3ErrorBody ParseS3Error(std::string_view body) {
  return {Element(body, "Code", kCodeBytes),
          Element(body, "Message", kMessageBytes)};
}

Error ErrorOfS3(int status, std::string_view body) {
  const S3ErrorBody told = ParseS3Error(body);
  std::string text = "S3 answered " + std::to_string(status);
  if (!told.code.empty()) text += ' ' + told.code;
  if (!told.message.empty()) text += ": " + told.message;
  return {CodeOf(status, told.code), std::move(text)};
}

}  // namespace skerry::aws
