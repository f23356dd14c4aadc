#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/cloud/objects/blob_folder.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/platform/thread.h"

namespace skerry::cloud {

/// What a transaction's body found wrong with the request: the body returns
/// an error so that it is rolled back, and this is what the client is told.
class Refusal {
 public:
  Error Say(ApiError error) {
    error_ = std::move(error);
    return FailedPrecondition(error_->message);
  }
  void Clear() { error_.reset(); }
  const std::optional<ApiError>& error() const { return error_; }

 private:
  std::optional<ApiError> error_;
};

ApiError NoSuchBucket(const std::string& bucket);
ApiError NoSuchKey(const std::string& key);
ApiError NoSuchVersion(const std::string& version_id);
ApiError NoSuchUpload(const std::string& id);
/// What the client is told of a fault of ours; of a full disk as well.
ApiError StoreApiError(const Error& error);

/// Runs `body(Transaction&, Refusal&)`, which gives a `Result<T>`, in a
/// transaction that writes.
template <class T, class Body>
ApiResult<T> ChangeStore(Database& database, const Body& body) {
  Refusal refusal;
  std::optional<T> value;
  const Result<void> written =
      database.Write([&](Transaction& transaction) -> Result<void> {
        refusal.Clear();
        SKERRY_ASSIGN_OR_RETURN(value, body(transaction, refusal));
        return {};
      });
  if (written) return *std::move(value);
  if (refusal.error()) return std::unexpected(*refusal.error());
  return std::unexpected(StoreApiError(written.error()));
}

/// The same, in one that only reads.
template <class T, class Body>
ApiResult<T> ReadStore(Database& database, const Body& body) {
  Refusal refusal;
  std::optional<T> value;
  const Result<void> read =
      database.Read([&](Transaction& transaction) -> Result<void> {
        refusal.Clear();
        SKERRY_ASSIGN_OR_RETURN(value, body(transaction, refusal));
        return {};
      });
  if (read) return *std::move(value);
  if (refusal.error()) return std::unexpected(*refusal.error());
  return std::unexpected(StoreApiError(read.error()));
}

/// A body's value where there is nothing to say.
struct Done {};

/// Keys are kept in hexadecimal, whose order is that of the bytes whatever the
/// database's collation, and which holds any bytes.
std::string KeyHex(std::string_view key);
std::string KeyOfHex(const std::string& hex);

Result<BucketInfo> FindBucket(Transaction& transaction, Refusal& refusal,
                              const std::string& bucket);

/// The columns of `object_versions` that `InfoOf` reads, then "parts".
inline constexpr std::string_view kInfoColumns =
    "key_hex, version_id, latest, delete_marker, byte_count, etag, blob, "
    "modified, content_type, metadata, row_id";
ObjectInfo InfoOf(const std::string& bucket, const SqlRow& row);

/// The object, or refuses. `version_id` empty: the latest.
Result<ObjectInfo> FindObject(Transaction& transaction, Refusal& refusal,
                              const std::string& bucket, const std::string& key,
                              const std::string& version_id);

/// Makes `info` the latest version of its key.
Result<ObjectInfo> InsertVersion(Transaction& transaction, Refusal& refusal,
                                 ObjectInfo info,
                                 const WriteCondition& condition);

std::string MetadataText(const std::map<std::string, std::string>& metadata);
std::map<std::string, std::string> MetadataOf(const std::string& text);

/// Executes `sql`, however many rows it changes.
Result<void> ExecuteSql(Transaction& transaction, std::string_view sql,
                        std::span<const SqlValue> parameters);

Result<void> RunAlso(const AlsoWrite& also, Transaction& transaction);

Result<UploadInfo> FindUpload(Transaction& transaction, Refusal& refusal,
                              const std::string& bucket, const std::string& key,
                              const std::string& id);

/// Scans for `ObjectStore::List` and `ListVersions`.
Result<ListPage> ScanObjects(Transaction& transaction, const ListQuery& query,
                             bool versions);

class ObjectStoreImpl final : public ObjectStore {
 public:
  ObjectStoreImpl(Database& database, BlobFolder blobs,
                  const ObjectStoreOptions& options)
      : database_(database), blobs_(std::move(blobs)), options_(options) {}
  ~ObjectStoreImpl() override;

  /// Starts the thread that sweeps.
  Result<void> Start();

  ApiResult<void> CreateBucket(const std::string& bucket,
                               const AlsoWrite& also) override;
  bool HasBucket(const std::string& bucket) override;
  ApiResult<BucketInfo> GetBucket(const std::string& bucket) override;
  ApiResult<std::vector<BucketInfo>> ListBuckets() override;
  ApiResult<void> DeleteBucket(const std::string& bucket,
                               const AlsoWrite& also) override;
  ApiResult<void> SetVersioning(const std::string& bucket,
                                Versioning versioning,
                                const AlsoWrite& also) override;

  Result<std::unique_ptr<BlobWriter>> NewBlob() override;
  ApiResult<ObjectInfo> Put(ObjectInfo info, const BlobWriter& blob,
                            const WriteCondition& condition,
                            const AlsoWrite& also) override;
  ApiResult<OpenObject> Open(const std::string& bucket, const std::string& key,
                             const std::string& version_id) override;
  ApiResult<ObjectInfo> Head(const std::string& bucket, const std::string& key,
                             const std::string& version_id) override;
  ApiResult<ObjectInfo> Copy(const ObjectInfo& source, ObjectInfo target,
                             const WriteCondition& condition,
                             const AlsoWrite& also) override;
  ApiResult<DeletedObject> Delete(const std::string& bucket,
                                  const std::string& key,
                                  const std::string& version_id,
                                  const AlsoWrite& also) override;
  ApiResult<std::vector<DeletedObject>> DeleteMany(
      const std::string& bucket,
      std::span<const std::pair<std::string, std::string>> objects,
      const AlsoWrite& also) override;
  ApiResult<void> SetMetadata(const ObjectInfo& object, const std::string& name,
                              const std::string& value,
                              const AlsoWrite& also) override;
  ApiResult<ListPage> List(const ListQuery& query) override;
  ApiResult<ListPage> ListVersions(const ListQuery& query) override;

  ApiResult<UploadInfo> CreateUpload(UploadInfo upload,
                                     const AlsoWrite& also) override;
  ApiResult<UploadInfo> GetUpload(const std::string& bucket,
                                  const std::string& key,
                                  const std::string& id) override;
  ApiResult<ObjectPart> PutPart(const UploadInfo& upload, ObjectPart part,
                                const BlobWriter& blob) override;
  ApiResult<PartPage> ListParts(const UploadInfo& upload, int after,
                                int count_max) override;
  ApiResult<ObjectInfo> CompleteUpload(const UploadInfo& upload,
                                       const Completion& completion,
                                       const AlsoWrite& also) override;
  ApiResult<void> AbortUpload(const UploadInfo& upload,
                              const AlsoWrite& also) override;
  ApiResult<UploadPage> ListUploads(const ListQuery& query) override;

  Result<SweepReport> Sweep() override;

 private:
  /// One completion of an upload at a time; others wait for it.
  class Turn;

  ApiResult<std::optional<ObjectInfo>> FindCompleted(const UploadInfo& upload);
  ApiResult<ObjectInfo> JoinParts(const UploadInfo& upload,
                                  const Completion& completion,
                                  const AlsoWrite& also);
  Result<int> AbortStaleUploads();
  void SweepNowAndThen();

  Database& database_;
  const BlobFolder blobs_;
  const ObjectStoreOptions options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> completing_;
  bool ending_ = false;
  platform::Thread sweeper_;
};

}  // namespace skerry::cloud
