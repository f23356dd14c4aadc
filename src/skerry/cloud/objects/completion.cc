#include <algorithm>
#include <array>
#include <map>

#include "skerry/aws/digest.h"
#include "skerry/cloud/objects/checksum.h"
#include "skerry/cloud/objects/store_impl.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kMd5Bytes = 16;

struct StoredPart {
  ObjectPart part;
  std::string blob;
};

// What an upload becomes.
struct Plan {
  std::vector<StoredPart> parts;
  std::uint64_t byte_count = 0;
  std::string etag;
  std::string checksum;  // base64, with the count of parts if it is of theirs
};

Result<std::map<int, StoredPart>> StoredParts(Transaction& transaction,
                                              const std::string& upload_id) {
  SKERRY_ASSIGN_OR_RETURN(
      const auto rows,
      transaction.Query("SELECT part_number, byte_count, etag, checksum, blob"
                        " FROM upload_parts WHERE upload_id = $1",
                        std::array<SqlValue, 1>{upload_id}));
  std::map<int, StoredPart> parts;
  for (const SqlRow& row : rows) {
    const int number = static_cast<int>(IntOf(row.at(0)));
    parts[number] = {
        .part = {.number = number,
                 .byte_count = static_cast<std::uint64_t>(IntOf(row.at(1))),
                 .etag = TextOf(row.at(2)),
                 .checksum = TextOf(row.at(3))},
        .blob = TextOf(row.at(4))};
  }
  return parts;
}

ApiError InvalidPart(int number, std::string_view why) {
  return {400, "InvalidPart",
          "part " + std::to_string(number) + ": " + std::string(why)};
}

ApiResult<StoredPart> MatchPart(const std::map<int, StoredPart>& stored,
                                const ObjectPart& named) {
  const auto found = stored.find(named.number);
  if (found == stored.end()) {
    return std::unexpected(InvalidPart(named.number, "it was not uploaded"));
  }
  const ObjectPart& part = found->second.part;
  if (part.etag != named.etag) {
    return std::unexpected(InvalidPart(
        named.number,
        "got ETag \"" + named.etag + "\", it is \"" + part.etag + '"'));
  }
  if (!named.checksum.empty() && part.checksum != named.checksum) {
    return std::unexpected(InvalidPart(
        named.number,
        "got checksum " + named.checksum + ", it is " + part.checksum));
  }
  return found->second;
}

std::string EtagOf(const std::vector<StoredPart>& parts) {
  const auto digest = NewMd5();
  for (const StoredPart& stored : parts) {
    const std::string md5 = DecodeHex(stored.part.etag).value_or("");
    digest->Update(
        std::as_bytes(std::span(md5).first(std::min(md5.size(), kMd5Bytes))));
  }
  return aws::Hex(digest->Finish()) + '-' + std::to_string(parts.size());
}

std::string ChecksumOf(const std::vector<StoredPart>& parts,
                       ChecksumAlgorithm algorithm, bool of_whole) {
  std::string whole;
  const auto digest = Checksum::Create(algorithm);
  for (const StoredPart& stored : parts) {
    const std::string sum =
        DecodeBase64(stored.part.checksum, ChecksumBytes(algorithm))
            .value_or("");
    digest->Update(std::as_bytes(std::span(sum)));
    if (of_whole) {
      whole = whole.empty()
                  ? sum
                  : CombineCrc(algorithm, whole, sum, stored.part.byte_count);
    }
  }
  if (of_whole) return aws::EncodeBase64(whole);
  return aws::EncodeBase64(digest->Finish()) + '-' +
         std::to_string(parts.size());
}

ApiResult<void> CheckPlan(const Plan& plan, const Completion& completion) {
  for (std::size_t i = 0; i + 1 < plan.parts.size(); ++i) {
    const ObjectPart& part = plan.parts[i].part;
    if (part.byte_count >= kPartBytesMin) continue;
    return std::unexpected(ApiError{
        400, "EntityTooSmall",
        "part " + std::to_string(part.number) + " has " +
            std::to_string(part.byte_count) + " bytes; all but the last have " +
            std::to_string(kPartBytesMin) + " or more"});
  }
  if (plan.byte_count > kObjectBytesMax) {
    return std::unexpected(ApiError{
        400, "EntityTooLarge",
        "the parts have " + std::to_string(plan.byte_count) +
            " bytes, the limit is " + std::to_string(kObjectBytesMax)});
  }
  if (completion.byte_count && *completion.byte_count != plan.byte_count) {
    return std::unexpected(ApiError{
        400, "InvalidRequest",
        "x-amz-mp-object-size: got " + std::to_string(*completion.byte_count) +
            ", the parts have " + std::to_string(plan.byte_count)});
  }
  if (!completion.checksum.empty() && completion.checksum != plan.checksum) {
    return std::unexpected(
        ApiError{400, "BadDigest",
                 "got checksum " + completion.checksum + ", the parts have " +
                     (plan.checksum.empty() ? "none" : plan.checksum)});
  }
  return {};
}

ApiResult<Plan> MakePlan(const std::map<int, StoredPart>& stored,
                         const UploadInfo& upload,
                         const Completion& completion) {
  Plan plan;
  int last = 0;
  for (const ObjectPart& named : completion.parts) {
    if (named.number <= last) {
      return std::unexpected(
          ApiError{400, "InvalidPartOrder",
                   "part " + std::to_string(named.number) + " comes after " +
                       std::to_string(last) + "; numbers must ascend"});
    }
    last = named.number;
    auto part = MatchPart(stored, named);
    if (!part) return std::unexpected(part.error());
    plan.byte_count += part->part.byte_count;
    plan.parts.push_back(*std::move(part));
  }
  if (plan.parts.empty()) {
    return std::unexpected(
        ApiError{400, "MalformedXML", "an upload needs a part at least"});
  }
  plan.etag = EtagOf(plan.parts);
  if (const auto algorithm =
          ParseChecksumAlgorithm(upload.checksum_algorithm)) {
    plan.checksum =
        ChecksumOf(plan.parts, *algorithm, upload.full_object_checksum);
  }
  if (auto checked = CheckPlan(plan, completion); !checked) {
    return std::unexpected(checked.error());
  }
  return plan;
}

ObjectInfo ObjectOf(const UploadInfo& upload, const Plan& plan,
                    const BlobWriter& blob) {
  ObjectInfo info{.bucket = upload.bucket,
                  .key = upload.key,
                  .byte_count = blob.byte_count(),
                  .etag = plan.etag,
                  .sha256 = blob.sha256(),
                  .content_type = upload.content_type,
                  .metadata = upload.metadata};
  if (const auto algorithm =
          ParseChecksumAlgorithm(upload.checksum_algorithm)) {
    info.metadata[std::string(ChecksumHeader(*algorithm))] = plan.checksum;
    info.metadata["x-amz-checksum-type"] =
        upload.full_object_checksum ? "FULL_OBJECT" : "COMPOSITE";
  }
  for (const StoredPart& stored : plan.parts) {
    info.parts.push_back(stored.part);
  }
  return info;
}

// The parts must still be those that were joined.
Result<void> CloseUpload(Transaction& transaction, Refusal& refusal,
                         const UploadInfo& upload, const Plan& plan,
                         const std::string& version_id) {
  SKERRY_ASSIGN_OR_RETURN(const auto stored,
                          StoredParts(transaction, upload.id));
  for (const StoredPart& part : plan.parts) {
    const auto found = stored.find(part.part.number);
    if (found == stored.end() || found->second.blob != part.blob) {
      return refusal.Say(
          InvalidPart(part.part.number, "it was replaced meanwhile"));
    }
  }
  SKERRY_ASSIGN_OR_RETURN(
      const auto closed,
      transaction.Execute(
          "UPDATE uploads SET completed_version = $2, touched = $3"
          " WHERE upload_id = $1 AND completed_version = ''",
          std::array<SqlValue, 3>{upload.id, version_id, NowMicros()}));
  if (closed == 0) return refusal.Say(NoSuchUpload(upload.id));
  SKERRY_ASSIGN_OR_RETURN(
      const auto removed,
      transaction.Execute("DELETE FROM upload_parts WHERE upload_id = $1",
                          std::array<SqlValue, 1>{upload.id}));
  (void)removed;
  return {};
}

}  // namespace

class ObjectStoreImpl::Turn {
 public:
  Turn(ObjectStoreImpl& store, std::string id)
      : store_(store), id_(std::move(id)) {
    std::unique_lock lock(store_.mutex_);
    store_.changed_.wait(
        lock, [this] { return store_.completing_.insert(id_).second; });
  }
  ~Turn() {
    {
      const std::lock_guard lock(store_.mutex_);
      store_.completing_.erase(id_);
    }
    store_.changed_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  ObjectStoreImpl& store_;
  const std::string id_;
};

ApiResult<std::optional<ObjectInfo>> ObjectStoreImpl::FindCompleted(
    const UploadInfo& upload) {
  return ReadStore<std::optional<ObjectInfo>>(
      database_,
      [&](Transaction& transaction,
          Refusal& refusal) -> Result<std::optional<ObjectInfo>> {
        SKERRY_ASSIGN_OR_RETURN(
            const auto rows,
            transaction.Query(
                "SELECT completed_version FROM uploads WHERE upload_id = $1",
                std::array<SqlValue, 1>{upload.id}));
        if (rows.empty()) return refusal.Say(NoSuchUpload(upload.id));
        const std::string& version = TextOf(rows[0].at(0));
        if (version.empty()) return std::optional<ObjectInfo>();
        SKERRY_ASSIGN_OR_RETURN(ObjectInfo info,
                                FindObject(transaction, refusal, upload.bucket,
                                           upload.key, version));
        return std::optional<ObjectInfo>(std::move(info));
      });
}

ApiResult<ObjectInfo> ObjectStoreImpl::JoinParts(const UploadInfo& upload,
                                                 const Completion& completion,
                                                 const AlsoWrite& also) {
  const auto stored = ReadStore<std::map<int, StoredPart>>(
      database_, [&](Transaction& transaction, Refusal&) {
        return StoredParts(transaction, upload.id);
      });
  if (!stored) return std::unexpected(stored.error());
  const ApiResult<Plan> plan = MakePlan(*stored, upload, completion);
  if (!plan) return std::unexpected(plan.error());
  std::vector<std::string> blobs;
  for (const StoredPart& part : plan->parts) blobs.push_back(part.blob);
  const auto blob = blobs_.Join(blobs);
  if (!blob) {
    // An abort takes the parts away.
    return std::unexpected(blob.error().code() == ErrorCode::kNotFound
                               ? NoSuchUpload(upload.id)
                               : StoreApiError(blob.error()));
  }
  return ChangeStore<ObjectInfo>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<ObjectInfo> {
        SKERRY_ASSIGN_OR_RETURN(
            ObjectInfo info,
            InsertVersion(transaction, refusal, ObjectOf(upload, *plan, **blob),
                          completion.condition));
        SKERRY_RETURN_IF_ERROR(
            CloseUpload(transaction, refusal, upload, *plan, info.version_id));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return info;
      });
}

ApiResult<ObjectInfo> ObjectStoreImpl::CompleteUpload(
    const UploadInfo& upload, const Completion& completion,
    const AlsoWrite& also) {
  // A client that lost patience asks again; it waits for the first answer.
  const Turn turn(*this, upload.id);
  auto completed = FindCompleted(upload);
  if (!completed) return std::unexpected(completed.error());
  if (*completed) return **std::move(completed);
  return JoinParts(upload, completion, also);
}

}  // namespace skerry::cloud
