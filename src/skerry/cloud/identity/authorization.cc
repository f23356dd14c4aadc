#include "skerry/cloud/identity/authorization.h"

#include <algorithm>
#include <array>
#include <utility>

#include "skerry/cloud/identity/authorization_parts.h"
#include "skerry/cloud/identity/refusal.h"

namespace skerry::cloud {
namespace {

std::size_t CountHeader(const RequestHead& head, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      head.headers, [&](const auto& header) { return header.first == name; }));
}

// The fields of the Authorization header, in any order, each once.
struct HeaderFields {
  std::optional<std::string_view> credential, signed_headers, signature;
};

std::optional<HeaderFields> ReadFields(std::string_view text) {
  HeaderFields fields;
  for (std::string_view field : Split(text, ',')) {
    while (field.starts_with(' ')) field.remove_prefix(1);
    while (field.ends_with(' ')) field.remove_suffix(1);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = field.substr(0, equals);
    std::optional<std::string_view>* const place =
        name == "Credential"      ? &fields.credential
        : name == "SignedHeaders" ? &fields.signed_headers
        : name == "Signature"     ? &fields.signature
                                  : nullptr;
    if (place == nullptr || *place) return std::nullopt;
    *place = field.substr(equals + 1);
  }
  if (!fields.credential || !fields.signed_headers || !fields.signature) {
    return std::nullopt;
  }
  return fields;
}

// A header that a check relies on must not have a second value.
std::optional<std::string_view> FindRepeated(const RequestHead& head) {
  constexpr std::array<std::string_view, 7> kOnce = {
      "authorization",        "host",
      "x-amz-content-sha256", "x-amz-date",
      "x-amz-security-token", "x-amz-decoded-content-length",
      "x-amz-trailer"};
  for (const std::string_view name : kOnce) {
    if (CountHeader(head, name) > 1) return name;
  }
  return std::nullopt;
}

}  // namespace

ApiResult<Authorization> ParseHeader(const RequestHead& head) {
  const std::string_view text = head.header("authorization");
  const bool s3 = LooksLikeS3(head);
  const auto refuse = [&](bool known_s3, std::string message) {
    return std::unexpected(
        RefuseMalformed(known_s3, false, std::move(message)));
  };
  if (!text.starts_with(kSigningAlgorithm) ||
      !text.substr(kSigningAlgorithm.size()).starts_with(' ')) {
    return std::unexpected(ApiError{
        400, s3 ? "InvalidRequest" : "IncompleteSignature",
        "The authorization mechanism you have provided is not supported. "
        "Please use AWS4-HMAC-SHA256."});
  }
  const auto fields = ReadFields(text.substr(kSigningAlgorithm.size()));
  if (!fields) {
    return refuse(s3,
                  "The authorization header is malformed: want Credential, "
                  "SignedHeaders and Signature, once each");
  }
  Authorization authorization;
  AuthorizationParts parts(authorization, false);
  if (!parts.Credential(*fields->credential)) {
    return refuse(s3,
                  "The authorization header is malformed: want Credential="
                  "KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  }
  const bool is_s3 = authorization.s3();
  if (!parts.SignedHeaders(*fields->signed_headers)) {
    return refuse(is_s3,
                  "The authorization header is malformed: SignedHeaders must "
                  "be names in lower case, sorted, between ';'");
  }
  if (!parts.Signature(*fields->signature)) {
    return refuse(is_s3,
                  "The authorization header is malformed: Signature must be 64 "
                  "hexadecimal digits");
  }
  if (!parts.Time(head.header("x-amz-date"))) {
    return refuse(is_s3,
                  "x-amz-date must be a time like 20150830T123600Z on the date "
                  "of the Credential");
  }
  authorization.session_token = head.header("x-amz-security-token");
  authorization.payload_hash = head.header("x-amz-content-sha256");
  authorization.target = head.target;
  return authorization;
}

ApiResult<Authorization> ParseAuthorization(const RequestHead& head) {
  const bool in_header = CountHeader(head, "authorization") > 0;
  const bool in_query =
      std::ranges::any_of(Split(head.query(), '&'), [](auto parameter) {
        return IsSignatureParameter(parameter) ||
               parameter.starts_with("X-Amz-Algorithm=");
      });
  const bool s3 = LooksLikeS3(head);
  if (!in_header && !in_query) return std::unexpected(RefuseAnonymous(s3));
  if (in_header && in_query) {
    return std::unexpected(ApiError{
        400, s3 ? "InvalidArgument" : "IncompleteSignature",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
        "parameter or the Authorization header should be specified"});
  }
  if (const auto repeated = FindRepeated(head)) {
    return std::unexpected(
        RefuseMalformed(s3, in_query,
                        "The header " + std::string(*repeated) +
                            " must not be there more than once"));
  }
  return in_header ? ParseHeader(head) : ParseQuery(head);
}

}  // namespace skerry::cloud
