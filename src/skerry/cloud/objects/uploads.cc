#include <algorithm>
#include <array>

#include "skerry/cloud/objects/store_impl.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kUploadColumns =
    "upload_id, key_hex, created, content_type, metadata, checksum_algorithm, "
    "full_object_checksum, completed_version";

UploadInfo UploadOf(const std::string& bucket, const SqlRow& row) {
  return {.bucket = bucket,
          .key = KeyOfHex(TextOf(row.at(1))),
          .id = TextOf(row.at(0)),
          .created = IntOf(row.at(2)),
          .content_type = TextOf(row.at(3)),
          .metadata = MetadataOf(TextOf(row.at(4))),
          .checksum_algorithm = TextOf(row.at(5)),
          .full_object_checksum = IntOf(row.at(6)) != 0};
}

Result<void> TouchUpload(Transaction& transaction, const UploadInfo& upload) {
  return ExecuteSql(transaction,
                    "UPDATE uploads SET touched = $2 WHERE upload_id = $1",
                    std::array<SqlValue, 2>{upload.id, NowMicros()});
}

// Uploads in the order of key and id, as common prefixes where asked.
class UploadScan {
 public:
  explicit UploadScan(const ListQuery& query) : query_(query) {}

  Result<UploadPage> Run(Transaction& transaction) {
    const std::string prefix = KeyHex(query_.prefix);
    std::string after = KeyHex(query_.after);
    // After a common prefix, all that it stands for is told already.
    if (!query_.after.empty() && CommonPrefixOf(query_.after) == query_.after) {
      after += 'g';
    }
    SKERRY_ASSIGN_OR_RETURN(
        const auto rows,
        transaction.Query(
            "SELECT " + std::string(kUploadColumns) +
                " FROM uploads WHERE bucket = $1 AND completed_version = ''"
                " AND key_hex >= $2 AND key_hex < $3 AND"
                " (key_hex > $4 OR (key_hex = $4 AND upload_id > $5 AND"
                " $5 <> '')) ORDER BY key_hex, upload_id LIMIT $6",
            std::array<SqlValue, 6>{query_.bucket, prefix, prefix + 'g', after,
                                    query_.after_version,
                                    std::int64_t{kUploadScanMax}}));
    for (const SqlRow& row : rows) Add(UploadOf(query_.bucket, row));
    if (rows.size() == kUploadScanMax) page_.truncated = true;
    return std::move(page_);
  }

 private:
  // Of one page; more uploads than that under one prefix are rare.
  static constexpr std::size_t kUploadScanMax = 10000;

  std::string CommonPrefixOf(const std::string& key) const {
    if (query_.delimiter.empty() || !key.starts_with(query_.prefix)) return {};
    const std::size_t found = key.find(query_.delimiter, query_.prefix.size());
    if (found == std::string::npos) return {};
    return key.substr(0, found + query_.delimiter.size());
  }

  void Add(UploadInfo upload) {
    if (page_.truncated) return;
    const std::string common = CommonPrefixOf(upload.key);
    if (!common.empty() && !page_.prefixes.empty() &&
        page_.prefixes.back() == common) {
      return;
    }
    const auto count = page_.uploads.size() + page_.prefixes.size();
    if (count >= static_cast<std::size_t>(std::max(query_.count_max, 0))) {
      page_.truncated = true;
    } else if (!common.empty()) {
      page_.next = common;
      page_.next_id.clear();
      page_.prefixes.push_back(common);
    } else {
      page_.next = upload.key;
      page_.next_id = upload.id;
      page_.uploads.push_back(std::move(upload));
    }
  }

  const ListQuery& query_;
  UploadPage page_;
};

}  // namespace

Result<UploadInfo> FindUpload(Transaction& transaction, Refusal& refusal,
                              const std::string& bucket, const std::string& key,
                              const std::string& id) {
  SKERRY_ASSIGN_OR_RETURN(
      const auto rows,
      transaction.Query("SELECT " + std::string(kUploadColumns) +
                            " FROM uploads WHERE upload_id = $1 AND"
                            " bucket = $2 AND key_hex = $3",
                        std::array<SqlValue, 3>{id, bucket, KeyHex(key)}));
  if (rows.empty()) {
    SKERRY_ASSIGN_OR_RETURN(const BucketInfo found,
                            FindBucket(transaction, refusal, bucket));
    (void)found;
    return refusal.Say(NoSuchUpload(id));
  }
  return UploadOf(bucket, rows[0]);
}

ApiResult<UploadInfo> ObjectStoreImpl::CreateUpload(UploadInfo upload,
                                                    const AlsoWrite& also) {
  return ChangeStore<UploadInfo>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<UploadInfo> {
        SKERRY_ASSIGN_OR_RETURN(
            const BucketInfo bucket,
            FindBucket(transaction, refusal, upload.bucket));
        (void)bucket;
        upload.id = NewRowId();
        upload.created = NowMicros();
        SKERRY_RETURN_IF_ERROR(ExecuteSql(
            transaction,
            "INSERT INTO uploads (upload_id, bucket, key_hex, created,"
            " touched, content_type, metadata, checksum_algorithm,"
            " full_object_checksum, completed_version)"
            " VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, '')",
            std::array<SqlValue, 8>{
                upload.id, upload.bucket, KeyHex(upload.key), upload.created,
                upload.content_type, MetadataText(upload.metadata),
                upload.checksum_algorithm,
                std::int64_t{upload.full_object_checksum}}));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return upload;
      });
}

ApiResult<UploadInfo> ObjectStoreImpl::GetUpload(const std::string& bucket,
                                                 const std::string& key,
                                                 const std::string& id) {
  return ReadStore<UploadInfo>(
      database_, [&](Transaction& transaction, Refusal& refusal) {
        return FindUpload(transaction, refusal, bucket, key, id);
      });
}

ApiResult<ObjectPart> ObjectStoreImpl::PutPart(const UploadInfo& upload,
                                               ObjectPart part,
                                               const BlobWriter& blob) {
  part.byte_count = blob.byte_count();
  if (part.etag.empty()) part.etag = blob.md5();
  return ChangeStore<ObjectPart>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<ObjectPart> {
        SKERRY_ASSIGN_OR_RETURN(
            const auto open,
            transaction.Query("SELECT 1 FROM uploads WHERE upload_id = $1 AND"
                              " completed_version = ''",
                              std::array<SqlValue, 1>{upload.id}));
        if (open.empty()) return refusal.Say(NoSuchUpload(upload.id));
        part.modified = NowMicros();
        SKERRY_RETURN_IF_ERROR(ExecuteSql(
            transaction,
            "INSERT INTO upload_parts (upload_id, part_number, byte_count,"
            " etag, blob, checksum, modified)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT (upload_id, part_number) DO UPDATE SET"
            " byte_count = $3, etag = $4, blob = $5, checksum = $6,"
            " modified = $7",
            std::array<SqlValue, 7>{upload.id, std::int64_t{part.number},
                                    static_cast<std::int64_t>(part.byte_count),
                                    part.etag, blob.sha256(), part.checksum,
                                    part.modified}));
        SKERRY_RETURN_IF_ERROR(TouchUpload(transaction, upload));
        return part;
      });
}

ApiResult<PartPage> ObjectStoreImpl::ListParts(const UploadInfo& upload,
                                               int after, int count_max) {
  return ReadStore<PartPage>(
      database_, [&](Transaction& transaction, Refusal&) -> Result<PartPage> {
        SKERRY_ASSIGN_OR_RETURN(
            const auto rows,
            transaction.Query(
                "SELECT part_number, byte_count, etag, checksum, modified FROM"
                " upload_parts WHERE upload_id = $1 AND part_number > $2"
                " ORDER BY part_number LIMIT $3",
                std::array<SqlValue, 3>{upload.id, std::int64_t{after},
                                        std::int64_t{count_max} + 1}));
        PartPage page;
        for (const SqlRow& row : rows) {
          if (page.parts.size() == static_cast<std::size_t>(count_max)) {
            page.truncated = true;
            break;
          }
          page.parts.push_back(
              {.number = static_cast<int>(IntOf(row.at(0))),
               .byte_count = static_cast<std::uint64_t>(IntOf(row.at(1))),
               .etag = TextOf(row.at(2)),
               .checksum = TextOf(row.at(3)),
               .modified = IntOf(row.at(4))});
        }
        return page;
      });
}

ApiResult<void> ObjectStoreImpl::AbortUpload(const UploadInfo& upload,
                                             const AlsoWrite& also) {
  const auto aborted = ChangeStore<Done>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<Done> {
        const std::array<SqlValue, 1> id = {upload.id};
        SKERRY_ASSIGN_OR_RETURN(
            const auto count,
            transaction.Execute("DELETE FROM uploads WHERE upload_id = $1 AND"
                                " completed_version = ''",
                                id));
        if (count == 0) return refusal.Say(NoSuchUpload(upload.id));
        SKERRY_RETURN_IF_ERROR(ExecuteSql(
            transaction, "DELETE FROM upload_parts WHERE upload_id = $1", id));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return Done{};
      });
  if (!aborted) return std::unexpected(aborted.error());
  return {};
}

ApiResult<UploadPage> ObjectStoreImpl::ListUploads(const ListQuery& query) {
  return ReadStore<UploadPage>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<UploadPage> {
        SKERRY_ASSIGN_OR_RETURN(const BucketInfo bucket,
                                FindBucket(transaction, refusal, query.bucket));
        (void)bucket;
        return UploadScan(query).Run(transaction);
      });
}

}  // namespace skerry::cloud
