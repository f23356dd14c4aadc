#include "skerry/cloud/objects/object_store.h"

#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/cloud/objects/checksum.h"
#include "skerry/cloud/objects/store_impl.h"

namespace skerry::cloud {

ApiError NoSuchBucket(const std::string& bucket) {
  return {404, "NoSuchBucket", "there is no bucket '" + bucket + "'"};
}

ApiError NoSuchKey(const std::string& key) {
  return {404, "NoSuchKey", "there is no object '" + key + "'"};
}

ApiError NoSuchVersion(const std::string& version_id) {
  return {404, "NoSuchVersion",
          "the object has no version '" + version_id + "'"};
}

ApiError NoSuchUpload(const std::string& id) {
  return {404, "NoSuchUpload",
          "there is no upload '" + id +
              "': it was completed, aborted, or never begun"};
}

ApiError StoreApiError(const Error& error) {
  // S3 has no word for it; this one no client tries again.
  if (error.code() == ErrorCode::kResourceExhausted) {
    return {507, "InsufficientStorage", error.message()};
  }
  if (error.code() == ErrorCode::kUnavailable ||
      error.code() == ErrorCode::kAborted ||
      error.code() == ErrorCode::kAlreadyExists) {
    return {503, "ServiceUnavailable", error.message()};
  }
  return {500, "InternalError", error.message()};
}

std::string KeyHex(std::string_view key) { return aws::Hex(key); }

std::string KeyOfHex(const std::string& hex) {
  return DecodeHex(hex).value_or("");
}

Result<void> RunAlso(const AlsoWrite& also, Transaction& transaction) {
  if (!also) return {};
  return also(transaction);
}

Result<std::unique_ptr<ObjectStore>> ObjectStore::Create(
    Database& database, const std::string& folder,
    const ObjectStoreOptions& options) {
  SKERRY_RETURN_IF_ERROR(database.Migrate(ObjectMigrations()));
  SKERRY_ASSIGN_OR_RETURN(BlobFolder blobs, BlobFolder::Create(folder));
  auto store =
      std::make_unique<ObjectStoreImpl>(database, std::move(blobs), options);
  SKERRY_RETURN_IF_ERROR(store->Start());
  return std::unique_ptr<ObjectStore>(std::move(store));
}

Result<std::unique_ptr<BlobWriter>> ObjectStoreImpl::NewBlob() {
  return blobs_.NewBlob(true);
}

}  // namespace skerry::cloud
