#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "skerry/aws/s3_client.h"
#include "skerry/http/client.h"

namespace skerry::aws {

/// Signature Version 4, step by step, as pure functions: who signs and who
/// verifies call the same ones. A signature proves method, path, query, the
/// headers that it names, and the body's digest.

/// The x-amz-content-sha256 of a body that is not part of the signature.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// How the path of a request goes into the signature.
enum class PathRule {
  kOnce,   ///< S3: as on the wire; "a//b" and "a/../b" are names of objects
  kTwice,  ///< all others: normalised, then encoded once more
};

/// Where and when a key is good: "20150830/us-east-1/iam/aws4_request".
struct SigningScope {
  std::string date;  ///< YYYYMMDD
  std::string region;
  std::string service;

  std::string ToString() const;
};

/// A request in the parts that are signed.
struct SignedRequest {
  std::string_view method;
  std::string_view target;  ///< as on the wire: path, '?', query
  http::Headers headers;    ///< those that are signed; "host" is among them
  std::string_view payload_hash;  ///< hexadecimal, or `kUnsignedPayload`
  PathRule path_rule = PathRule::kTwice;
};

/// "20150830T123600Z"
std::string AmzTime(std::chrono::system_clock::time_point time);

/// `text` with everything but letters, digits and -._~ as %XX; `keep_slash`:
/// '/' stays as well, as in a path.
std::string UriEncode(std::string_view text, bool keep_slash);

/// The names of `headers`, in lower case, sorted, between ';'.
std::string SignedHeaderNames(const http::Headers& headers);

std::string CanonicalRequest(const SignedRequest& request);

/// `time`: as `AmzTime`.
std::string StringToSign(std::string_view time, const SigningScope& scope,
                         std::string_view canonical_request);

/// 32 bytes, good for all requests of `scope`.
std::string SigningKey(std::string_view secret, const SigningScope& scope);

/// 64 hexadecimal digits.
std::string Signature(std::string_view signing_key,
                      std::string_view string_to_sign);

/// Who signs, and for which service.
struct Signer {
  Credentials credentials;
  std::string region;
  std::string service;
  PathRule path_rule = PathRule::kTwice;
};

/// The headers to send with `request` so that it is signed: X-Amz-Date,
/// X-Amz-Content-Sha256, X-Amz-Security-Token if there is one, and
/// Authorization. Its headers are signed as they are, and `authority` as Host.
http::Headers Sign(const Signer& signer, const http::Request& request,
                   std::string_view authority,
                   std::chrono::system_clock::time_point time);

}  // namespace skerry::aws
