#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/aws/sigv4.h"
#include "skerry/cloud/identity/authorization.h"
#include "skerry/cloud/identity/aws_chunked.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/identity/payload.h"
#include "skerry/cloud/identity/refusal.h"
#include "skerry/cloud/identity/signer.h"

namespace skerry::cloud {
namespace {

using std::chrono::system_clock;

constexpr std::chrono::minutes kSkewMax{15};
constexpr std::string_view kStreaming = "STREAMING-";
constexpr std::string_view kStreamingSigned =
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view kStreamingSignedTrailer =
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
constexpr std::string_view kStreamingTrailer =
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
constexpr std::size_t kTrailerNamesMax = 16;

ApiResult<void> CheckTime(const Authorization& authorization,
                          system_clock::time_point now) {
  const bool s3 = authorization.s3();
  const system_clock::time_point time = authorization.signed_at;
  if (!authorization.presigned) {
    if (time >= now - kSkewMax && time <= now + kSkewMax) return {};
    return std::unexpected(RefuseTime(
        s3, s3 ? "The difference between the request time and the current time "
                 "is too large."
               : "Signature expired or not yet current: " + authorization.time +
                     " is not within 15 minutes of " + aws::AmzTime(now)));
  }
  const char* const code = s3 ? "AccessDenied" : "InvalidSignatureException";
  if (time > now + kSkewMax) {
    return std::unexpected(ApiError{403, code, "Request is not valid yet"});
  }
  if (time + authorization.lifetime < now) {
    return std::unexpected(ApiError{403, code, "Request has expired"});
  }
  return {};
}

// What is not signed could be put in by anybody on the way.
ApiResult<void> CheckCoverage(const RequestHead& head,
                              const Authorization& authorization) {
  const auto is_signed = [&](std::string_view name) {
    return std::ranges::binary_search(authorization.signed_headers, name);
  };
  if (!is_signed("host")) {
    return std::unexpected(RefuseUnsignedHeader(authorization.s3(), "host"));
  }
  for (const auto& [name, value] : head.headers) {
    if (name.starts_with("x-amz-") && !is_signed(name)) {
      return std::unexpected(RefuseUnsignedHeader(authorization.s3(), name));
    }
  }
  return {};
}

// All of the canonical request but the payload's hash. None if a header that
// is said to be signed is not there.
std::optional<std::string> CanonicalHead(const RequestHead& head,
                                         const Authorization& authorization) {
  http::Headers headers;
  for (const auto& header : head.headers) {
    if (std::ranges::binary_search(authorization.signed_headers,
                                   header.first)) {
      headers.push_back(header);
    }
  }
  for (const std::string& name : authorization.signed_headers) {
    const bool present = std::ranges::any_of(
        headers, [&](const auto& header) { return header.first == name; });
    if (!present) return std::nullopt;
  }
  return aws::CanonicalRequest({.method = head.method,
                                .target = authorization.target,
                                .headers = std::move(headers),
                                .payload_hash = "",
                                .path_rule = authorization.s3()
                                                 ? aws::PathRule::kOnce
                                                 : aws::PathRule::kTwice});
}

bool IsHash(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ApiError BadPayloadHash() {
  return {400, "InvalidRequest",
          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
          "STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value."};
}

std::vector<std::string> TrailerNames(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string name;
    for (const char c : text.substr(0, end)) {
      if (c >= 'A' && c <= 'Z') {
        name += static_cast<char>(c - 'A' + 'a');
      } else if (c != ' ' && c != '\t') {
        name += c;
      }
    }
    if (!name.empty()) names.push_back(std::move(name));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

ApiResult<std::unique_ptr<PayloadReader>> NewChunkedReader(
    const RequestHead& head, const Authorization& authorization,
    std::string key) {
  const std::string_view kind = authorization.payload_hash;
  ChunkedFormat format;
  format.trailer = kind == kStreamingTrailer || kind == kStreamingSignedTrailer;
  if (kind == kStreamingSigned || kind == kStreamingSignedTrailer) {
    format.signing =
        ChunkSigning{std::move(key), authorization.scope.ToString(),
                     authorization.time, authorization.signature};
  } else if (kind != kStreamingTrailer) {
    return std::unexpected(BadPayloadHash());
  }
  const std::string_view digits = head.header("x-amz-decoded-content-length");
  const auto [end, fault] = std::from_chars(
      digits.data(), digits.data() + digits.size(), format.decoded_bytes);
  if (fault != std::errc() || end != digits.data() + digits.size()) {
    return std::unexpected(ApiError{
        411, "MissingContentLength",
        "You must provide the x-amz-decoded-content-length HTTP header."});
  }
  if (format.trailer) {
    format.trailer_names = TrailerNames(head.header("x-amz-trailer"));
    if (format.trailer_names.size() > kTrailerNamesMax) {
      return std::unexpected(ApiError{400, "InvalidRequest",
                                      "x-amz-trailer names too many headers"});
    }
  }
  return std::make_unique<AwsChunkedReader>(std::move(format));
}

// The payload's hash as it is in the signature; empty: it is not known before
// the body has come.
std::string_view SignedHash(const RequestHead& head,
                            const Authorization& authorization) {
  static const std::string kEmptyHash = aws::Hex(aws::Sha256(""));
  if (!authorization.payload_hash.empty()) return authorization.payload_hash;
  if (authorization.s3() && authorization.presigned) {
    return aws::kUnsignedPayload;
  }
  return head.content_length == 0 ? std::string_view(kEmptyHash)
                                  : std::string_view();
}

ApiResult<std::unique_ptr<PayloadReader>> NewReader(
    const RequestHead& head, const Authorization& authorization,
    std::string_view hash, std::string key) {
  if (hash == aws::kUnsignedPayload) return NewOpenReader();
  if (IsHash(hash)) {
    return NewHashedReader(std::string(hash), authorization.s3());
  }
  if (hash.starts_with(kStreaming) && authorization.s3() &&
      !authorization.presigned) {
    return NewChunkedReader(head, authorization, std::move(key));
  }
  return std::unexpected(BadPayloadHash());
}

}  // namespace

ApiResult<AccessKey> FindSigner(const Authorization& authorization,
                                AccessKeys& keys,
                                system_clock::time_point now) {
  const bool s3 = authorization.s3();
  Result<AccessKey> key = keys.Find(authorization.access_key_id);
  if (!key && key.error().code() == ErrorCode::kNotFound) {
    return std::unexpected(RefuseUnknownKey(s3));
  }
  if (!key) return std::unexpected(InternalApiError(key.error()));
  if (!key->active) return std::unexpected(RefuseUnknownKey(s3));
  if (!aws::EqualSecrets(key->session_token, authorization.session_token)) {
    return std::unexpected(RefuseToken(s3));
  }
  const auto end = std::chrono::microseconds(key->expires);
  if (key->expires != 0 && now.time_since_epoch() >= end) {
    return std::unexpected(RefuseEndedSession(s3));
  }
  return std::move(*key);
}

ApiResult<VerifiedRequest> VerifyRequest(const RequestHead& head,
                                         AccessKeys& keys,
                                         system_clock::time_point now) {
  ApiResult<Authorization> parsed = ParseAuthorization(head);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  Authorization& authorization = *parsed;
  const bool s3 = authorization.s3();
  if (auto fits = CheckTime(authorization, now); !fits) {
    return std::unexpected(std::move(fits.error()));
  }
  if (auto covered = CheckCoverage(head, authorization); !covered) {
    return std::unexpected(std::move(covered.error()));
  }
  if (s3 && !authorization.presigned && authorization.payload_hash.empty()) {
    return std::unexpected(ApiError{400, "InvalidRequest",
                                    "Missing required header for this request: "
                                    "x-amz-content-sha256"});
  }
  ApiResult<AccessKey> key = FindSigner(authorization, keys, now);
  if (!key) return std::unexpected(std::move(key.error()));
  std::optional<std::string> canonical = CanonicalHead(head, authorization);
  if (!canonical) return std::unexpected(RefuseSignature(s3));

  VerifiedRequest verified;
  verified.principal = std::move(key->principal);
  verified.service = authorization.scope.service;
  verified.region = authorization.scope.region;
  verified.presigned = authorization.presigned;
  key->principal.access_key_id = authorization.access_key_id;
  std::string signing_key =
      keys.SigningKey(*key, authorization.scope.date,
                      authorization.scope.region, authorization.scope.service);
  const std::string_view hash = SignedHash(head, authorization);
  if (hash.empty()) {
    verified.provisional = true;
    verified.payload =
        NewDeferredReader({std::move(signing_key), std::move(*canonical),
                           std::move(authorization)});
    return verified;
  }
  if (!HasSignature(authorization, signing_key, canonical->append(hash))) {
    return std::unexpected(RefuseSignature(s3));
  }
  auto reader = NewReader(head, authorization, hash, std::move(signing_key));
  if (!reader) return std::unexpected(std::move(reader.error()));
  verified.payload = std::move(*reader);
  return verified;
}

}  // namespace skerry::cloud
