#include <array>
#include <nlohmann/json.hpp>

#include "skerry/cloud/objects/store_impl.h"

namespace skerry::cloud {
namespace {

nlohmann::json ParseJson(const std::string& text) {
  return nlohmann::json::parse(text, nullptr, false);
}

std::string JsonText(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Rows of numbers, sizes and checksums: an object may have 10,000.
std::string PartsText(const std::vector<ObjectPart>& parts) {
  if (parts.empty()) return {};
  auto json = nlohmann::json::array();
  for (const ObjectPart& part : parts) {
    json.push_back({part.number, part.byte_count, part.checksum});
  }
  return JsonText(json);
}

std::vector<ObjectPart> PartsOf(const std::string& text) {
  std::vector<ObjectPart> parts;
  if (text.empty()) return parts;
  const auto json = ParseJson(text);
  if (!json.is_array()) return parts;
  for (const auto& row : json) {
    if (!row.is_array() || row.size() != 3) continue;
    parts.push_back({.number = row[0].get<int>(),
                     .byte_count = row[1].get<std::uint64_t>(),
                     .checksum = row[2].get<std::string>()});
  }
  return parts;
}

Result<std::vector<SqlRow>> QueryVersion(Transaction& transaction,
                                         const std::string& bucket,
                                         const std::string& key,
                                         const std::string& version_id) {
  std::string sql = "SELECT ";
  sql.append(kInfoColumns)
      .append(
          ", parts FROM object_versions WHERE bucket = $1 AND"
          " key_hex = $2 AND ");
  if (version_id.empty()) {
    sql += "latest = 1";
    return transaction.Query(sql, std::array<SqlValue, 2>{bucket, KeyHex(key)});
  }
  sql += "version_id = $3";
  return transaction.Query(
      sql, std::array<SqlValue, 3>{bucket, KeyHex(key), version_id});
}

// What is there as the condition wants it?
Result<void> CheckCondition(Transaction& transaction, Refusal& refusal,
                            const ObjectInfo& info,
                            const WriteCondition& condition) {
  if (condition.if_match.empty() && !condition.if_none_match) return {};
  SKERRY_ASSIGN_OR_RETURN(const auto rows,
                          QueryVersion(transaction, info.bucket, info.key, ""));
  const bool there =
      !rows.empty() && !InfoOf(info.bucket, rows[0]).delete_marker;
  if (condition.if_none_match && there) {
    return refusal.Say(
        {412, "PreconditionFailed", "If-None-Match: the object exists"});
  }
  if (condition.if_match.empty()) return {};
  if (!there) return refusal.Say(NoSuchKey(info.key));
  const std::string etag = InfoOf(info.bucket, rows[0]).etag;
  if (etag == condition.if_match || condition.if_match == "*") return {};
  return refusal.Say({412, "PreconditionFailed",
                      "If-Match: the object's ETag is \"" + etag + '"'});
}

Result<void> InsertRow(Transaction& transaction, const ObjectInfo& info,
                       const std::string& row_id) {
  return ExecuteSql(
      transaction,
      "INSERT INTO object_versions (bucket, key_hex, row_id, version_id,"
      " latest, delete_marker, byte_count, etag, blob, modified, content_type,"
      " metadata, parts)"
      " VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12)",
      std::array<SqlValue, 12>{
          info.bucket, KeyHex(info.key), row_id, info.version_id,
          std::int64_t{info.delete_marker},
          static_cast<std::int64_t>(info.byte_count), info.etag, info.sha256,
          info.modified, info.content_type, MetadataText(info.metadata),
          PartsText(info.parts)});
}

Result<DeletedObject> RemoveVersion(Transaction& transaction,
                                    const std::string& bucket,
                                    const std::string& key,
                                    const std::string& version_id) {
  SKERRY_ASSIGN_OR_RETURN(const auto rows,
                          QueryVersion(transaction, bucket, key, version_id));
  DeletedObject deleted{.version_id = version_id};
  if (rows.empty()) return deleted;
  const ObjectInfo found = InfoOf(bucket, rows[0]);
  deleted.delete_marker = found.delete_marker;
  const std::string key_hex = KeyHex(key);
  SKERRY_RETURN_IF_ERROR(ExecuteSql(
      transaction,
      "DELETE FROM object_versions WHERE bucket = $1 AND key_hex = $2"
      " AND version_id = $3",
      std::array<SqlValue, 3>{bucket, key_hex, version_id}));
  if (!found.latest) return deleted;
  SKERRY_RETURN_IF_ERROR(
      ExecuteSql(transaction,
                 "UPDATE object_versions SET latest = 1 WHERE bucket = $1 AND"
                 " key_hex = $2 AND row_id = (SELECT max(row_id) FROM"
                 " object_versions WHERE bucket = $1 AND key_hex = $2)",
                 std::array<SqlValue, 2>{bucket, key_hex}));
  return deleted;
}

Result<DeletedObject> HideOrRemove(Transaction& transaction, Refusal& refusal,
                                   const BucketInfo& bucket,
                                   const std::string& key) {
  if (bucket.versioning == Versioning::kOff) {
    SKERRY_ASSIGN_OR_RETURN(
        const DeletedObject removed,
        RemoveVersion(transaction, bucket.name, key, "null"));
    (void)removed;
    return DeletedObject{};
  }
  ObjectInfo marker{.bucket = bucket.name, .key = key, .delete_marker = true};
  SKERRY_ASSIGN_OR_RETURN(
      marker, InsertVersion(transaction, refusal, std::move(marker), {}));
  return DeletedObject{.delete_marker = true, .version_id = marker.version_id};
}

}  // namespace

Result<void> ExecuteSql(Transaction& transaction, std::string_view sql,
                        std::span<const SqlValue> parameters) {
  auto count = transaction.Execute(sql, parameters);
  if (!count) return count.error();
  return {};
}

std::string MetadataText(const std::map<std::string, std::string>& metadata) {
  return metadata.empty() ? "" : JsonText(metadata);
}

std::map<std::string, std::string> MetadataOf(const std::string& text) {
  std::map<std::string, std::string> metadata;
  if (text.empty()) return metadata;
  const auto json = ParseJson(text);
  if (!json.is_object()) return metadata;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) metadata[name] = value.get<std::string>();
  }
  return metadata;
}

ObjectInfo InfoOf(const std::string& bucket, const SqlRow& row) {
  ObjectInfo info{.bucket = bucket,
                  .key = KeyOfHex(TextOf(row.at(0))),
                  .version_id = TextOf(row.at(1)),
                  .byte_count = static_cast<std::uint64_t>(IntOf(row.at(4))),
                  .etag = TextOf(row.at(5)),
                  .sha256 = TextOf(row.at(6)),
                  .modified = IntOf(row.at(7)),
                  .delete_marker = IntOf(row.at(3)) != 0,
                  .latest = IntOf(row.at(2)) != 0,
                  .content_type = TextOf(row.at(8)),
                  .metadata = MetadataOf(TextOf(row.at(9)))};
  constexpr std::size_t kPartsColumn = 11;
  if (row.size() > kPartsColumn)
    info.parts = PartsOf(TextOf(row[kPartsColumn]));
  return info;
}

Result<ObjectInfo> FindObject(Transaction& transaction, Refusal& refusal,
                              const std::string& bucket, const std::string& key,
                              const std::string& version_id) {
  SKERRY_ASSIGN_OR_RETURN(const auto rows,
                          QueryVersion(transaction, bucket, key, version_id));
  if (rows.empty()) {
    SKERRY_ASSIGN_OR_RETURN(const BucketInfo found,
                            FindBucket(transaction, refusal, bucket));
    (void)found;
    return refusal.Say(version_id.empty() ? NoSuchKey(key)
                                          : NoSuchVersion(version_id));
  }
  ObjectInfo info = InfoOf(bucket, rows[0]);
  if (info.delete_marker) {
    return refusal.Say(version_id.empty()
                           ? NoSuchKey(key)
                           : ApiError{405, "MethodNotAllowed",
                                      "the version is a delete marker"});
  }
  return info;
}

Result<ObjectInfo> InsertVersion(Transaction& transaction, Refusal& refusal,
                                 ObjectInfo info,
                                 const WriteCondition& condition) {
  SKERRY_ASSIGN_OR_RETURN(const BucketInfo bucket,
                          FindBucket(transaction, refusal, info.bucket));
  SKERRY_RETURN_IF_ERROR(CheckCondition(transaction, refusal, info, condition));
  const std::string row_id = NewRowId();
  const bool kept = bucket.versioning == Versioning::kEnabled;
  const std::string key_hex = KeyHex(info.key);
  const std::array<SqlValue, 2> key = {info.bucket, key_hex};
  if (!kept) {
    SKERRY_RETURN_IF_ERROR(ExecuteSql(
        transaction,
        "DELETE FROM object_versions WHERE bucket = $1 AND key_hex = $2"
        " AND version_id = 'null'",
        key));
  }
  if (bucket.versioning != Versioning::kOff) {
    SKERRY_RETURN_IF_ERROR(
        ExecuteSql(transaction,
                   "UPDATE object_versions SET latest = 0 WHERE bucket = $1 AND"
                   " key_hex = $2 AND latest = 1",
                   key));
  }
  info.version_id = kept ? row_id : "null";
  info.latest = true;
  info.modified = NowMicros();
  SKERRY_RETURN_IF_ERROR(InsertRow(transaction, info, row_id));
  return info;
}

ApiResult<ObjectInfo> ObjectStoreImpl::Put(ObjectInfo info,
                                           const BlobWriter& blob,
                                           const WriteCondition& condition,
                                           const AlsoWrite& also) {
  info.sha256 = blob.sha256();
  info.byte_count = blob.byte_count();
  if (info.etag.empty()) info.etag = blob.md5();
  return ChangeStore<ObjectInfo>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<ObjectInfo> {
        SKERRY_ASSIGN_OR_RETURN(
            ObjectInfo put,
            InsertVersion(transaction, refusal, info, condition));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return put;
      });
}

ApiResult<ObjectInfo> ObjectStoreImpl::Head(const std::string& bucket,
                                            const std::string& key,
                                            const std::string& version_id) {
  return ReadStore<ObjectInfo>(
      database_, [&](Transaction& transaction, Refusal& refusal) {
        return FindObject(transaction, refusal, bucket, key, version_id);
      });
}

ApiResult<OpenObject> ObjectStoreImpl::Open(const std::string& bucket,
                                            const std::string& key,
                                            const std::string& version_id) {
  // Between row and file the object may be replaced, and its blob swept.
  constexpr int kTries = 3;
  for (int i = 1;; ++i) {
    ApiResult<ObjectInfo> info = Head(bucket, key, version_id);
    if (!info) return std::unexpected(info.error());
    auto file = blobs_.Open(info->sha256);
    if (file) return OpenObject{*std::move(info), *std::move(file)};
    if (i == kTries || file.error().code() != ErrorCode::kNotFound) {
      return std::unexpected(StoreApiError(file.error()));
    }
  }
}

ApiResult<ObjectInfo> ObjectStoreImpl::Copy(const ObjectInfo& source,
                                            ObjectInfo target,
                                            const WriteCondition& condition,
                                            const AlsoWrite& also) {
  target.sha256 = source.sha256;
  target.byte_count = source.byte_count;
  if (target.etag.empty()) target.etag = source.etag;
  // So that it stays even if the source goes before this is committed.
  if (const auto touched = blobs_.Touch(source.sha256); !touched) {
    if (touched.error().code() == ErrorCode::kNotFound) {
      return std::unexpected(NoSuchKey(source.key));
    }
    return std::unexpected(StoreApiError(touched.error()));
  }
  return ChangeStore<ObjectInfo>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<ObjectInfo> {
        SKERRY_ASSIGN_OR_RETURN(
            ObjectInfo put,
            InsertVersion(transaction, refusal, target, condition));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return put;
      });
}

ApiResult<DeletedObject> ObjectStoreImpl::Delete(const std::string& bucket,
                                                 const std::string& key,
                                                 const std::string& version_id,
                                                 const AlsoWrite& also) {
  const std::array<std::pair<std::string, std::string>, 1> object = {
      {{key, version_id}}};
  auto deleted = DeleteMany(bucket, object, also);
  if (!deleted) return std::unexpected(deleted.error());
  return std::move(deleted->front());
}

ApiResult<std::vector<DeletedObject>> ObjectStoreImpl::DeleteMany(
    const std::string& bucket,
    std::span<const std::pair<std::string, std::string>> objects,
    const AlsoWrite& also) {
  return ChangeStore<std::vector<DeletedObject>>(
      database_,
      [&](Transaction& transaction,
          Refusal& refusal) -> Result<std::vector<DeletedObject>> {
        SKERRY_ASSIGN_OR_RETURN(const BucketInfo found,
                                FindBucket(transaction, refusal, bucket));
        std::vector<DeletedObject> all;
        for (const auto& [key, version_id] : objects) {
          SKERRY_ASSIGN_OR_RETURN(
              DeletedObject deleted,
              version_id.empty()
                  ? HideOrRemove(transaction, refusal, found, key)
                  : RemoveVersion(transaction, bucket, key, version_id));
          all.push_back(std::move(deleted));
        }
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return all;
      });
}

ApiResult<void> ObjectStoreImpl::SetMetadata(const ObjectInfo& object,
                                             const std::string& name,
                                             const std::string& value,
                                             const AlsoWrite& also) {
  const auto changed = ChangeStore<Done>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<Done> {
        SKERRY_ASSIGN_OR_RETURN(ObjectInfo found,
                                FindObject(transaction, refusal, object.bucket,
                                           object.key, object.version_id));
        found.metadata.erase(name);
        if (!value.empty()) found.metadata[name] = value;
        SKERRY_RETURN_IF_ERROR(ExecuteSql(
            transaction,
            "UPDATE object_versions SET metadata = $4 WHERE bucket = $1"
            " AND key_hex = $2 AND version_id = $3",
            std::array<SqlValue, 4>{object.bucket, KeyHex(object.key),
                                    found.version_id,
                                    MetadataText(found.metadata)}));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return Done{};
      });
  if (!changed) return std::unexpected(changed.error());
  return {};
}

}  // namespace skerry::cloud
