#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// What a request is about, decoded.
struct S3Target {
  std::string bucket;  ///< empty: the service itself
  std::string key;     ///< empty: the bucket
  std::vector<std::pair<std::string, std::string>> parameters;
  bool bucket_in_host = false;  ///< and not in the path

  bool has(std::string_view name) const;
  /// The first parameter called `name`; empty if there is none.
  const std::string& parameter(std::string_view name) const;
};

/// `text` with %XX as bytes, and '+' as a space if `plus_is_space`. None: a '%'
/// without two digits.
std::optional<std::string> PercentDecode(std::string_view text,
                                         bool plus_is_space);

/// Bucket, key and parameters of a request whose Host is `host`.
///
/// Errors: InvalidURI; KeyTooLongError; InvalidArgument for a key that is no
/// UTF-8 or holds a NUL, and for more than 64 parameters.
ApiResult<S3Target> ParseS3Target(std::string_view target,
                                  std::string_view host,
                                  const std::vector<std::string>& base_hosts);

/// "/BUCKET/KEY?versionId=ID", percent-encoded, as x-amz-copy-source has it.
struct CopySource {
  std::string bucket;
  std::string key;
  std::string version_id;
};
ApiResult<CopySource> ParseCopySource(std::string_view text);

/// A number of 0 or more and at most `max`; `fallback` for an empty text.
/// InvalidArgument names the parameter.
ApiResult<int> ParseCount(std::string_view name, std::string_view text,
                          int fallback, int max);

}  // namespace skerry::cloud
