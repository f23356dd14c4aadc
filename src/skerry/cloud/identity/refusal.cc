#include "skerry/cloud/identity/refusal.h"

#include <utility>

namespace skerry::cloud {
namespace {

constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;

}  // namespace

ApiError RefuseAnonymous(bool s3) {
  if (s3) return {kForbidden, "AccessDenied", "Access Denied"};
  return {kForbidden, "MissingAuthenticationToken",
          "Missing Authentication Token"};
}

ApiError RefuseMalformed(bool s3, bool presigned, std::string message) {
  if (!s3) return {kBadRequest, "IncompleteSignature", std::move(message)};
  return {kBadRequest,
          presigned ? "AuthorizationQueryParametersError"
                    : "AuthorizationHeaderMalformed",
          std::move(message)};
}

ApiError RefuseUnknownKey(bool s3) {
  if (s3) {
    return {kForbidden, "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our "
            "records."};
  }
  return {kForbidden, "UnrecognizedClientException",
          "The security token included in the request is invalid."};
}

ApiError RefuseSignature(bool s3) {
  if (s3) {
    return {kForbidden, "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature "
            "you provided. Check your key and signing method."};
  }
  return {kForbidden, "InvalidSignatureException",
          "The request signature we calculated does not match the signature "
          "you provided. Check your AWS Secret Access Key and signing method. "
          "Consult the service documentation for details."};
}

ApiError RefuseTime(bool s3, std::string message) {
  return {kForbidden, s3 ? "RequestTimeTooSkewed" : "InvalidSignatureException",
          std::move(message)};
}

ApiError RefuseToken(bool s3) {
  if (!s3) return RefuseUnknownKey(s3);
  return {kBadRequest, "InvalidToken",
          "The provided token is malformed or otherwise invalid."};
}

ApiError RefuseEndedSession(bool s3) {
  if (s3) {
    return {kBadRequest, "ExpiredToken", "The provided token has expired."};
  }
  return {kForbidden, "ExpiredTokenException",
          "The security token included in the request is expired"};
}

ApiError RefuseUnsignedHeader(bool s3, std::string_view header) {
  std::string message =
      "There were headers present in the request which were not signed: ";
  message += header;
  return {kForbidden, s3 ? "AccessDenied" : "InvalidSignatureException",
          std::move(message)};
}

}  // namespace skerry::cloud
