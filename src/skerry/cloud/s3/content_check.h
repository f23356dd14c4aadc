#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/objects/checksum.h"
#include "skerry/cloud/server/message.h"

namespace skerry::cloud {

/// Compares a body with what its sender says of it: Content-MD5, and one
/// x-amz-checksum-*, in a header or after the body.
///
/// Thread safety: thread-compatible.
class ContentCheck {
 public:
  /// `wanted`: an algorithm to compute anyway. Errors: InvalidDigest,
  /// InvalidRequest.
  static ApiResult<ContentCheck> Create(
      const RequestHead& head, std::optional<ChecksumAlgorithm> wanted);

  void Update(std::span<const std::byte> piece);

  /// `md5`: of the body, hexadecimal. Errors: BadDigest; InvalidRequest if a
  /// promised trailer is missing.
  ApiResult<void> Finish(const http::Headers& trailers, std::string_view md5);

  std::optional<ChecksumAlgorithm> algorithm() const { return algorithm_; }
  /// After `Finish`, base64; empty without an algorithm.
  const std::string& checksum() const { return checksum_; }

 private:
  std::string md5_;  // hexadecimal; empty: not told
  std::optional<ChecksumAlgorithm> algorithm_;
  std::string told_;  // base64; empty: not told in a header
  bool in_trailer_ = false;
  std::unique_ptr<Checksum> state_;
  std::string checksum_;
};

/// What x-amz-checksum-algorithm or x-amz-sdk-checksum-algorithm says.
/// InvalidRequest for a word that S3 does not know.
ApiResult<std::optional<ChecksumAlgorithm>> NamedAlgorithm(
    const RequestHead& head);

}  // namespace skerry::cloud
