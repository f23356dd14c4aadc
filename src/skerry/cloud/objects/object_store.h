#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/database/database.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {

// S3's own limits.
inline constexpr std::uint64_t kPutBytesMax = std::uint64_t{5} << 30;
inline constexpr std::uint64_t kObjectBytesMax = std::uint64_t{5} << 40;
inline constexpr int kPartNumberMax = 10000;
inline constexpr std::uint64_t kPartBytesMin = std::uint64_t{5} << 20;
inline constexpr std::size_t kKeyBytesMax = 1024;
inline constexpr std::size_t kUserMetadataBytesMax = 2048;
inline constexpr int kListCountMax = 1000;
inline constexpr int kBucketCountMax = 1000;

/// A part of an upload, or of the object that an upload became.
struct ObjectPart {
  int number = 0;
  std::uint64_t byte_count = 0;
  std::string etag = {};      ///< MD5, hexadecimal
  std::string checksum = {};  ///< base64, by the upload's algorithm
  std::int64_t modified = 0;  ///< micros
};

/// What is kept with an object's bytes.
struct ObjectInfo {
  std::string bucket = {};
  std::string key = {};
  std::string version_id = {};  ///< "null" where the bucket has no versions
  std::uint64_t byte_count = 0;
  std::string etag = {};      ///< without quotes; MD5, or MD5 of MD5s "-" parts
  std::string sha256 = {};    ///< hexadecimal: the name of the blob
  std::int64_t modified = 0;  ///< micros
  bool delete_marker = false;
  bool latest = true;
  std::string content_type = {};
  /// Headers that come back as they were put: cache-control, expires, ...,
  /// x-amz-meta-*, x-amz-checksum-*; x-amz-tagging holds the tags.
  std::map<std::string, std::string> metadata = {};
  std::vector<ObjectPart> parts = {};  ///< of an object made by an upload
};

/// What a write must find; empty: whatever.
struct WriteCondition {
  std::string if_match = {};   ///< an ETag
  bool if_none_match = false;  ///< "*": no such object yet
};

/// Whether a bucket keeps what is overwritten or deleted.
enum class Versioning : std::uint8_t { kOff, kEnabled, kSuspended };

struct BucketInfo {
  std::string name = {};
  std::int64_t created = 0;  ///< micros
  Versioning versioning = Versioning::kOff;
};

/// Something more to write in the transaction that makes a change: its audit
/// entry. May run more than once; the last run counts.
using AlsoWrite = std::function<Result<void>(Transaction&)>;

/// Which objects to list, in the byte order of their keys.
struct ListQuery {
  std::string bucket = {};
  std::string prefix = {};
  /// Keys that have it after the prefix are told as one common prefix.
  std::string delimiter = {};
  std::string after = {};          ///< keys up to this one are left out
  std::string after_version = {};  ///< of `after`, the versions up to this one
  int count_max = kListCountMax;   ///< of objects and prefixes together
};

struct ListPage {
  std::vector<ObjectInfo> objects = {};
  std::vector<std::string> prefixes = {};
  bool truncated = false;
  std::string next = {};          ///< `after` of the next page
  std::string next_version = {};  ///< `after_version` of the next page
};

/// An object that is being sent in parts.
struct UploadInfo {
  std::string bucket = {};
  std::string key = {};
  std::string id = {};
  std::int64_t created = 0;  ///< micros
  std::string content_type = {};
  std::map<std::string, std::string> metadata = {};
  std::string checksum_algorithm = {};  ///< "CRC32", ...; or none
  bool full_object_checksum = false;    ///< not a checksum of checksums
};

struct UploadPage {
  std::vector<UploadInfo> uploads = {};
  std::vector<std::string> prefixes = {};
  bool truncated = false;
  std::string next = {};     ///< `after` of the next page
  std::string next_id = {};  ///< `after_version` of the next page
};

struct PartPage {
  std::vector<ObjectPart> parts = {};
  bool truncated = false;
};

/// What a client says that an upload consists of.
struct Completion {
  std::vector<ObjectPart> parts = {};  ///< number, etag; checksum or none
  std::string checksum = {};           ///< of the whole, base64; or none
  std::optional<std::uint64_t> byte_count = {};
  WriteCondition condition = {};
};

struct DeletedObject {
  bool delete_marker = false;   ///< one was made, or removed
  std::string version_id = {};  ///< of the marker, or what was removed
};

/// Bytes on their way into the store: a file without a name, hashed as it
/// grows. Nothing is visible until it is committed; nothing is left if it is
/// dropped.
///
/// Thread safety: thread-compatible.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  /// kResourceExhausted: the disk is full.
  virtual Result<void> Write(std::span<const std::byte> piece) = 0;
  virtual std::uint64_t byte_count() const = 0;
  /// Flushes to the disk and gives the blob its name (its SHA-256): durable
  /// when this returns, though no object refers to it yet. One that nothing
  /// refers to is removed after `ObjectStoreOptions::grace`.
  virtual Result<void> Seal() = 0;
  virtual const std::string& sha256() const = 0;  ///< after `Seal`
  virtual const std::string& md5() const = 0;
};

/// An object that is being read. Its bytes stay, whatever happens to its key.
struct OpenObject {
  ObjectInfo info;
  platform::FileDescriptor file;
};

struct ObjectStoreOptions {
  /// For how long a blob that nothing refers to stays; far longer than the
  /// longest commit.
  std::chrono::seconds grace = std::chrono::hours(1);
  /// An upload that nobody touched for so long is aborted.
  std::chrono::seconds upload_lifetime = std::chrono::hours(7 * 24);
  /// How often `Sweep` runs by itself; 0: never.
  std::chrono::seconds sweep_period = std::chrono::minutes(30);
};

struct SweepReport {
  int blobs_removed = 0;
  std::uint64_t bytes_removed = 0;
  int uploads_aborted = 0;
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
  /// Makes tables and folders that are not there yet.
  static Result<std::unique_ptr<ObjectStore>> Create(
      Database& database, const std::string& folder,
      const ObjectStoreOptions& options = {});
  virtual ~ObjectStore() = default;

  // Buckets.
  virtual ApiResult<void> CreateBucket(const std::string& bucket,
                                       const AlsoWrite& also = {}) = 0;
  virtual bool HasBucket(const std::string& bucket) = 0;
  virtual ApiResult<BucketInfo> GetBucket(const std::string& bucket) = 0;
  virtual ApiResult<std::vector<BucketInfo>> ListBuckets() = 0;
  virtual ApiResult<void> DeleteBucket(const std::string& bucket,
                                       const AlsoWrite& also = {}) = 0;
  virtual ApiResult<void> SetVersioning(const std::string& bucket,
                                        Versioning versioning,
                                        const AlsoWrite& also = {}) = 0;

  // Objects. An empty version is the latest.
  virtual Result<std::unique_ptr<BlobWriter>> NewBlob() = 0;
  /// Makes `info.key` refer to a sealed blob. Fills in version and time, and
  /// size and digests from the blob (the ETag unless it is given).
  virtual ApiResult<ObjectInfo> Put(ObjectInfo info, const BlobWriter& blob,
                                    const WriteCondition& condition,
                                    const AlsoWrite& also = {}) = 0;
  virtual ApiResult<OpenObject> Open(const std::string& bucket,
                                     const std::string& key,
                                     const std::string& version_id) = 0;
  virtual ApiResult<ObjectInfo> Head(const std::string& bucket,
                                     const std::string& key,
                                     const std::string& version_id) = 0;
  /// Makes `target` an object of `source`'s bytes; none is copied. Metadata,
  /// type and the rest are `target`'s.
  virtual ApiResult<ObjectInfo> Copy(const ObjectInfo& source,
                                     ObjectInfo target,
                                     const WriteCondition& condition,
                                     const AlsoWrite& also = {}) = 0;
  /// Without `version_id`: removes the object, or hides it behind a delete
  /// marker. What is not there is deleted all right.
  virtual ApiResult<DeletedObject> Delete(const std::string& bucket,
                                          const std::string& key,
                                          const std::string& version_id,
                                          const AlsoWrite& also = {}) = 0;
  /// The same for many, each a key and a version, all or none.
  virtual ApiResult<std::vector<DeletedObject>> DeleteMany(
      const std::string& bucket,
      std::span<const std::pair<std::string, std::string>> objects,
      const AlsoWrite& also = {}) = 0;
  /// Sets or removes (empty) one entry of the metadata.
  virtual ApiResult<void> SetMetadata(const ObjectInfo& object,
                                      const std::string& name,
                                      const std::string& value,
                                      const AlsoWrite& also = {}) = 0;

  virtual ApiResult<ListPage> List(const ListQuery& query) = 0;
  virtual ApiResult<ListPage> ListVersions(const ListQuery& query) = 0;

  // Uploads in parts.
  virtual ApiResult<UploadInfo> CreateUpload(UploadInfo upload,
                                             const AlsoWrite& also = {}) = 0;
  /// NoSuchUpload.
  virtual ApiResult<UploadInfo> GetUpload(const std::string& bucket,
                                          const std::string& key,
                                          const std::string& id) = 0;
  /// Makes a sealed blob part `part.number`, in place of what was there.
  virtual ApiResult<ObjectPart> PutPart(const UploadInfo& upload,
                                        ObjectPart part,
                                        const BlobWriter& blob) = 0;
  virtual ApiResult<PartPage> ListParts(const UploadInfo& upload, int after,
                                        int count_max) = 0;
  /// Joins the parts in one blob. Asked again, it answers the same again.
  virtual ApiResult<ObjectInfo> CompleteUpload(const UploadInfo& upload,
                                               const Completion& completion,
                                               const AlsoWrite& also = {}) = 0;
  virtual ApiResult<void> AbortUpload(const UploadInfo& upload,
                                      const AlsoWrite& also = {}) = 0;
  /// `query.after_version`: the id of the upload to go on after.
  virtual ApiResult<UploadPage> ListUploads(const ListQuery& query) = 0;

  /// Aborts stale uploads and removes blobs that nothing refers to.
  virtual Result<SweepReport> Sweep() = 0;
};

/// The tables of this module.
std::span<const Migration> ObjectMigrations();

/// Whether `name` may name a bucket: S3's rules.
bool IsBucketName(std::string_view name);

}  // namespace skerry::cloud
