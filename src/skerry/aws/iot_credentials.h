#pragma once

#include <chrono>
#include <string_view>

#include "skerry/aws/s3_client.h"
#include "skerry/base/result.h"

namespace skerry::aws {

struct ExpiringCredentials {
  Credentials credentials;
  std::chrono::system_clock::time_point expiration;
};

/// Reads the answer of an IoT credential provider: {"credentials":
/// {"accessKeyId": ..., "secretAccessKey": ..., "sessionToken": ...,
/// "expiration": "2018-01-18T09:18:06Z"}}. Without an expiration they expire
/// at once.
///
/// kDataLoss says what is missing or wrong; it does not quote secrets.
Result<ExpiringCredentials> ParseIotCredentials(std::string_view json);

}  // namespace skerry::aws
