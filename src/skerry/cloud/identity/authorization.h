#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/aws/sigv4.h"
#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// What a request says of its signature, by the Authorization header or by the
/// parameters of a presigned URL. Nothing of it is proven.
struct Authorization {
  std::string access_key_id;
  aws::SigningScope scope;
  std::vector<std::string> signed_headers;  ///< sorted, each once
  std::string signature;                    ///< 64 hexadecimal digits
  std::string time;                         ///< "20150830T123600Z"
  std::chrono::system_clock::time_point signed_at;
  std::string session_token;  ///< or empty
  bool presigned = false;
  std::chrono::seconds lifetime{};  ///< of a presigned URL
  std::string target;               ///< what is signed of the target
  /// What x-amz-content-sha256 says, as a header or parameter; or empty.
  std::string payload_hash;

  bool s3() const { return scope.service == "s3"; }
};

/// Reads it strictly: each part once, nothing besides. Errors as
/// `VerifyRequest`.
ApiResult<Authorization> ParseAuthorization(const RequestHead& head);

/// "20150830T123600Z"; none if `text` is no such time.
std::optional<std::chrono::system_clock::time_point> ParseAmzTime(
    std::string_view text);

}  // namespace skerry::cloud
