#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/objects/object_store.h"

namespace skerry::cloud {

/// Bytes of a request's XML: 10,000 parts with checksums fit.
inline constexpr std::size_t kXmlBodyBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kDeletedObjectCountMax = 1000;
inline constexpr std::size_t kTagCountMax = 10;

/// An XML document that grows. Text is escaped; what XML cannot hold becomes a
/// character reference all the same, as S3 does it.
///
/// Thread safety: thread-compatible.
class XmlWriter {
 public:
  /// Begins the document with the element `root` of S3's namespace; "Error" is
  /// of none.
  explicit XmlWriter(std::string_view root);
  void Open(std::string_view name);
  void Close();
  void Add(std::string_view name, std::string_view text);
  void Add(std::string_view name, std::uint64_t number);
  /// Text of the element that is open.
  void AddText(std::string_view text);
  /// "true" or "false"
  void AddTruth(std::string_view name, bool value);
  /// The document, all elements closed.
  std::string Finish();

 private:
  std::string text_;
  std::vector<std::string> open_;
};

// The bodies of requests. Errors: MalformedXML says what is wrong.

struct DeleteRequest {
  bool quiet = false;
  std::vector<std::pair<std::string, std::string>> objects =
      {};  ///< key, version
};
ApiResult<DeleteRequest> ParseDelete(std::string_view xml);

/// Parts with number, ETag, and the checksum of `checksum_element`
/// ("ChecksumCRC32"; or empty).
ApiResult<std::vector<ObjectPart>> ParseCompletion(
    std::string_view xml, const std::string& checksum_element);

/// Also IllegalVersioningConfigurationException.
ApiResult<Versioning> ParseVersioning(std::string_view xml);

/// "a=b&c=d", percent-encoded. Also BadRequest and InvalidTag.
ApiResult<std::string> ParseTagging(std::string_view xml);

/// Nothing is taken of it, but it must be what it should be; or empty.
ApiResult<void> CheckBucketConfiguration(std::string_view xml);

}  // namespace skerry::cloud
