#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "skerry/aws/digest.h"
#include "skerry/aws/sigv4.h"
#include "skerry/cloud/identity/authorization_parts.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/identity/payload.h"
#include "skerry/cloud/identity/refusal.h"
#include "skerry/cloud/identity/signer.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kKeyParameter = "AWSAccessKeyId";
constexpr std::string_view kExpiresParameter = "Expires";
constexpr std::string_view kSignature2Parameter = "Signature";
constexpr std::string_view kTokenName = "x-amz-security-token";
constexpr std::string_view kAmzPrefix = "x-amz-";

// Parameters that are a part of the resource, and so of what is signed.
constexpr std::array<std::string_view, 35> kSignedParameters = {
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website"};

// Parameters that only choose what part of a list is told, or do nothing.
constexpr std::array<std::string_view, 16> kFreeParameters = {
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-keys",
    "max-parts",
    "max-uploads",
    "prefix",
    "part-number-marker",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "x-id"};

// A parameter as it came, but for its value.
struct QueryParameter {
  std::string_view name;
  std::optional<std::string> value;  // none: there is no '='
};

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

class Version2Query {
 public:
  // None if a parameter is there twice, or not encoded as it must be.
  static std::optional<Version2Query> Read(std::string_view text) {
    Version2Query query;
    for (const std::string_view part : Split(text, '&')) {
      if (part.empty()) continue;
      const std::size_t equals = std::min(part.find('='), part.size());
      QueryParameter parameter{part.substr(0, equals), std::nullopt};
      if (equals < part.size()) {
        parameter.value = DecodeParameter(part.substr(equals + 1));
        if (!parameter.value) return std::nullopt;
      }
      if (query.Find(parameter.name) != nullptr) return std::nullopt;
      query.parameters_.push_back(std::move(parameter));
    }
    std::ranges::sort(query.parameters_, {}, &QueryParameter::name);
    return query;
  }

  const QueryParameter* Find(std::string_view name) const {
    const auto found =
        std::ranges::find(parameters_, name, &QueryParameter::name);
    return found == parameters_.end() ? nullptr : &*found;
  }

  std::string Get(std::string_view name) const {
    const QueryParameter* const found = Find(name);
    return found == nullptr ? std::string() : found->value.value_or("");
  }

  // By their names.
  const std::vector<QueryParameter>& parameters() const { return parameters_; }

 private:
  std::vector<QueryParameter> parameters_;
};

// What is not signed must not change what is done. A header that was signed is
// in the URL as well, where it does nothing.
std::optional<std::string_view> FindUnsigned(const RequestHead& head,
                                             const Version2Query& query) {
  for (const auto& [name, value] : query.parameters()) {
    const bool of_signature = name == kKeyParameter ||
                              name == kExpiresParameter ||
                              name == kSignature2Parameter;
    if (of_signature || name == kTokenName ||
        IsOneOf(name, kSignedParameters) || IsOneOf(name, kFreeParameters)) {
      continue;
    }
    const bool header = name.starts_with(kAmzPrefix) ||
                        name == "content-type" || name == "content-md5";
    if (!header || head.header(name) != value.value_or("")) return name;
  }
  return std::nullopt;
}

// "name:value" lines of all x-amz-* headers; the token may be a parameter.
std::string AmzLines(const RequestHead& head, const std::string& token) {
  std::map<std::string, std::string> lines;
  for (const auto& [name, value] : head.headers) {
    if (!name.starts_with(kAmzPrefix)) continue;
    const auto [line, fresh] = lines.try_emplace(name, value);
    if (!fresh) line->second += ',' + value;
  }
  if (!token.empty()) lines[std::string(kTokenName)] = token;
  std::string text;
  for (const auto& [name, value] : lines) text += name + ':' + value + '\n';
  return text;
}

std::string TextBeforeResource(const RequestHead& head,
                               const std::string& expires,
                               const std::string& token) {
  std::string text = head.method;
  text.append("\n").append(head.header("content-md5"));
  text.append("\n").append(head.header("content-type"));
  text.append("\n").append(expires).append("\n");
  return text + AmzLines(head, token);
}

std::string SignedResource(std::string_view resource,
                           const Version2Query& query) {
  std::string text(resource);
  char separator = '?';
  for (const auto& [name, value] : query.parameters()) {
    if (!IsOneOf(name, kSignedParameters)) continue;
    text += separator;
    text += name;
    if (value) text += '=' + *value;
    separator = '&';
  }
  return text;
}

ApiResult<void> CheckExpires(std::string_view text,
                             std::chrono::system_clock::time_point now) {
  std::int64_t seconds = 0;
  const auto [end, fault] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return std::unexpected(
        ApiError{403, "AccessDenied",
                 "Expires must be a time in seconds since 1970, got '" +
                     std::string(text.substr(0, 32)) + "'"});
  }
  const auto passed =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  if (seconds >= passed.count()) return {};
  return std::unexpected(ApiError{403, "AccessDenied", "Request has expired"});
}

ApiResult<std::unique_ptr<PayloadReader>> ReaderOf(const RequestHead& head) {
  const std::string_view hash = head.header("x-amz-content-sha256");
  if (hash.empty() || hash == aws::kUnsignedPayload) return NewOpenReader();
  if (IsSignature(hash)) return NewHashedReader(std::string(hash), true);
  return std::unexpected(ApiError{
      400, "InvalidRequest",
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a SHA-256 with a "
      "presigned URL"});
}

}  // namespace

bool IsVersion2(const RequestHead& head) {
  bool with_key = false;
  bool with_signature = false;
  for (const std::string_view parameter : Split(head.query(), '&')) {
    const std::string_view name = parameter.substr(0, parameter.find('='));
    with_key = with_key || name == kKeyParameter;
    with_signature = with_signature || name == kSignature2Parameter;
  }
  return with_key && with_signature && head.header("authorization").empty();
}

ApiResult<VerifiedRequest> VerifyVersion2(
    const RequestHead& head, std::string_view resource, AccessKeys& keys,
    std::chrono::system_clock::time_point now) {
  const auto query = Version2Query::Read(head.query());
  if (!query) {
    return std::unexpected(RefuseMalformed(
        true, true,
        "parameters of a URL that is signed must be there once, and encoded"));
  }
  const std::string expires = query->Get(kExpiresParameter);
  if (auto fits = CheckExpires(expires, now); !fits) {
    return std::unexpected(std::move(fits.error()));
  }
  if (const auto name = FindUnsigned(head, *query)) {
    return std::unexpected(ApiError{
        403, "AccessDenied",
        "parameter '" + std::string(name->substr(0, 64)) +
            "' is not covered by Signature Version 2, or is a header that was "
            "signed and is not sent"});
  }
  Authorization authorization;
  authorization.presigned = true;
  authorization.scope.service = "s3";
  authorization.access_key_id = query->Get(kKeyParameter);
  authorization.session_token = query->Get(kTokenName);
  if (authorization.session_token.empty()) {
    authorization.session_token = head.header(kTokenName);
  }
  ApiResult<AccessKey> key = FindSigner(authorization, keys, now);
  if (!key) return std::unexpected(std::move(key.error()));

  const std::string text =
      TextBeforeResource(head, expires, authorization.session_token);
  const std::string signature = query->Get(kSignature2Parameter);
  const auto is_of = [&](std::string_view named) {
    return aws::EqualSecrets(
        aws::EncodeBase64(
            aws::HmacSha1(key->secret, text + SignedResource(named, *query))),
        signature);
  };
  // Some sign a bucket as "/BUCKET/", whatever they send.
  const bool of_bucket = resource.size() > 1 && resource.rfind('/') == 0;
  if (!is_of(resource) && !(of_bucket && is_of(std::string(resource) + '/'))) {
    return std::unexpected(RefuseSignature(true));
  }
  auto reader = ReaderOf(head);
  if (!reader) return std::unexpected(std::move(reader.error()));
  VerifiedRequest verified;
  verified.principal = std::move(key->principal);
  verified.service = "s3";
  verified.presigned = true;
  verified.payload = *std::move(reader);
  return verified;
}

}  // namespace skerry::cloud
