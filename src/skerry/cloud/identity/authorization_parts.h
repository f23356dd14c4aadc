#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/cloud/identity/authorization.h"

namespace skerry::cloud {

inline constexpr std::string_view kSigningAlgorithm = "AWS4-HMAC-SHA256";

/// ASCII letters and digits.
bool IsAlphanumeric(char c);

/// The parts between `separator`; one for empty text.
std::vector<std::string_view> Split(std::string_view text, char separator);

/// A parameter's value without its percent-encoding; none for a '%' without two
/// digits.
std::optional<std::string> DecodeParameter(std::string_view text);

/// A SHA-256 in lower-case hexadecimal digits.
bool IsSignature(std::string_view text);

/// Which protocol's error an unsigned request gets: SageMaker's and STS's
/// clients are known by their headers.
bool LooksLikeS3(const RequestHead& head);

/// Fills in the parts that header and presigned URL have in common; false if a
/// part is malformed.
///
/// Thread safety: thread-compatible.
class AuthorizationParts {
 public:
  AuthorizationParts(Authorization& authorization, bool presigned);

  /// "KEY/20150830/us-east-1/s3/aws4_request"
  bool Credential(std::string_view text);
  /// "host;x-amz-date": in lower case, sorted.
  bool SignedHeaders(std::string_view text);
  bool Signature(std::string_view text);
  /// On the date of the credential, which comes first.
  bool Time(std::string_view text);

 private:
  Authorization& authorization_;
};

/// The Authorization header's, and the presigned URL's.
ApiResult<Authorization> ParseHeader(const RequestHead& head);
ApiResult<Authorization> ParseQuery(const RequestHead& head);

/// Whether `parameter` ("name=value") is a presigned URL's signature.
bool IsSignatureParameter(std::string_view parameter);

}  // namespace skerry::cloud
