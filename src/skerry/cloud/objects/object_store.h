#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/database/database.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

/// What is kept with an object's bytes.
struct ObjectInfo {
  std::string bucket;
  std::string key;
  std::string version_id;  ///< "null" where the bucket has no versions
  std::uint64_t byte_count = 0;
  std::string etag;           ///< without quotes; MD5, or MD5 of MD5s "-" parts
  std::string sha256;         ///< hexadecimal: the name of the blob
  std::int64_t modified = 0;  ///< micros
  bool delete_marker = false;
  bool latest = true;
  std::string content_type;
  /// Headers that come back as they were put: cache-control, expires, ...,
  /// x-amz-meta-*, x-amz-checksum-*.
  std::map<std::string, std::string> metadata;
};

/// What a write must find; empty: whatever.
struct WriteCondition {
  std::string if_match;        ///< an ETag
  bool if_none_match = false;  ///< "*": no such object yet
};

/// Bytes on their way into the store: a file without a name, hashed as it
/// grows. Nothing is visible until it is committed; nothing is left if it is
/// dropped.
///
/// Thread safety: thread-compatible.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Result<void> Write(std::span<const std::byte> piece) = 0;
  virtual std::uint64_t byte_count() const = 0;
  /// Flushes to the disk and gives the blob its name (its SHA-256): durable
  /// when this returns, though no object refers to it yet.
  virtual Result<void> Seal() = 0;
  virtual const std::string& sha256() const = 0;  ///< after `Seal`
  virtual const std::string& md5() const = 0;
};

/// An object that is being read. Its bytes stay, whatever happens to its key.
struct OpenObject {
  ObjectInfo info;
  platform::FileDescriptor file;
};

/// Buckets and objects: bytes in a content-addressed folder, all else in the
/// database. What was acknowledged survives a crash; a crash leaves nothing
/// half-written visible.
///
/// Errors are S3's: NoSuchBucket, NoSuchKey, NoSuchVersion, NoSuchUpload,
/// BucketAlreadyOwnedByYou, BucketNotEmpty, InvalidPart, PreconditionFailed,
/// MethodNotAllowed (a delete marker) ...
///
/// Thread safety: thread-safe; may block.
class ObjectStore {
 public:
  static Result<std::unique_ptr<ObjectStore>> Create(Database& database,
                                                     const std::string& folder);
  virtual ~ObjectStore() = default;

  virtual ApiResult<void> CreateBucket(const std::string& bucket) = 0;
  virtual bool HasBucket(const std::string& bucket) = 0;

  virtual Result<std::unique_ptr<BlobWriter>> NewBlob() = 0;
  /// Makes `info.key` refer to a sealed blob. Fills in version and time.
  virtual ApiResult<ObjectInfo> Put(ObjectInfo info, const BlobWriter& blob,
                                    const WriteCondition& condition) = 0;
  virtual ApiResult<OpenObject> Open(const std::string& bucket,
                                     const std::string& key,
                                     const std::string& version_id) = 0;
};

}  // namespace skerry::cloud
