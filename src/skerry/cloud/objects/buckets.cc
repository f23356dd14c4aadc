#include <algorithm>
#include <array>

#include "skerry/cloud/objects/store_impl.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kBucketNameBytesMin = 3;
constexpr std::size_t kBucketNameBytesMax = 63;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsIpAddress(std::string_view name) {
  return std::ranges::count(name, '.') == 3 &&
         name.find_first_not_of("0123456789.") == std::string_view::npos;
}

BucketInfo BucketOf(const SqlRow& row) {
  return {.name = TextOf(row.at(0)),
          .created = IntOf(row.at(1)),
          .versioning = static_cast<Versioning>(IntOf(row.at(2)))};
}

template <std::size_t count>
Result<bool> HasRow(Transaction& transaction, std::string_view sql,
                    const std::array<SqlValue, count>& parameters) {
  SKERRY_ASSIGN_OR_RETURN(const auto rows, transaction.Query(sql, parameters));
  return !rows.empty();
}

ApiResult<void> Nothing(const ApiResult<Done>& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

Result<void> CheckNewBucket(Transaction& transaction, Refusal& refusal,
                            const std::string& bucket) {
  SKERRY_ASSIGN_OR_RETURN(
      const bool taken,
      HasRow(transaction, "SELECT 1 FROM buckets WHERE name = $1",
             std::array<SqlValue, 1>{bucket}));
  if (taken) {
    return refusal.Say({409, "BucketAlreadyOwnedByYou",
                        "bucket '" + bucket + "' exists and is yours"});
  }
  SKERRY_ASSIGN_OR_RETURN(
      const auto count, transaction.Query("SELECT count(*) FROM buckets", {}));
  if (!count.empty() && IntOf(count[0].at(0)) >= kBucketCountMax) {
    return refusal.Say({400, "TooManyBuckets",
                        "there are " + std::to_string(kBucketCountMax) +
                            " buckets, the limit"});
  }
  return {};
}

Result<void> RemoveBucket(Transaction& transaction, Refusal& refusal,
                          const std::string& bucket) {
  const std::array<SqlValue, 1> name = {bucket};
  SKERRY_ASSIGN_OR_RETURN(const BucketInfo found,
                          FindBucket(transaction, refusal, bucket));
  SKERRY_ASSIGN_OR_RETURN(
      const bool full,
      HasRow(transaction,
             "SELECT 1 FROM object_versions WHERE bucket = $1 LIMIT 1", name));
  if (full) {
    return refusal.Say(
        {409, "BucketNotEmpty",
         "bucket '" + found.name + "' still has objects or versions of them"});
  }
  for (const std::string_view sql :
       {"DELETE FROM upload_parts WHERE upload_id IN"
        " (SELECT upload_id FROM uploads WHERE bucket = $1)",
        "DELETE FROM uploads WHERE bucket = $1",
        "DELETE FROM buckets WHERE name = $1"}) {
    SKERRY_ASSIGN_OR_RETURN(const auto count, transaction.Execute(sql, name));
    (void)count;
  }
  return {};
}

}  // namespace

bool IsBucketName(std::string_view name) {
  if (name.size() < kBucketNameBytesMin || name.size() > kBucketNameBytesMax) {
    return false;
  }
  const bool plain = std::ranges::all_of(
      name, [](char c) { return IsLetterOrDigit(c) || c == '-' || c == '.'; });
  return plain && IsLetterOrDigit(name.front()) &&
         IsLetterOrDigit(name.back()) && !name.contains("..") &&
         !IsIpAddress(name) && !name.starts_with("xn--") &&
         !name.ends_with("-s3alias");
}

Result<BucketInfo> FindBucket(Transaction& transaction, Refusal& refusal,
                              const std::string& bucket) {
  SKERRY_ASSIGN_OR_RETURN(
      const auto rows,
      transaction.Query(
          "SELECT name, created, versioning FROM buckets WHERE name = $1",
          std::array<SqlValue, 1>{bucket}));
  if (rows.empty()) return refusal.Say(NoSuchBucket(bucket));
  return BucketOf(rows[0]);
}

ApiResult<void> ObjectStoreImpl::CreateBucket(const std::string& bucket,
                                              const AlsoWrite& also) {
  if (!IsBucketName(bucket)) {
    return std::unexpected(
        ApiError{400, "InvalidBucketName",
                 "'" + bucket +
                     "' is no bucket's name: 3 to 63 of a-z, 0-9, '-' and "
                     "'.', beginning and ending with a letter or digit"});
  }
  return Nothing(ChangeStore<Done>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<Done> {
        SKERRY_RETURN_IF_ERROR(CheckNewBucket(transaction, refusal, bucket));
        SKERRY_ASSIGN_OR_RETURN(
            const auto count,
            transaction.Execute("INSERT INTO buckets (name, created, "
                                "versioning) VALUES ($1, $2, 0)",
                                std::array<SqlValue, 2>{bucket, NowMicros()}));
        (void)count;
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return Done{};
      }));
}

bool ObjectStoreImpl::HasBucket(const std::string& bucket) {
  return GetBucket(bucket).has_value();
}

ApiResult<BucketInfo> ObjectStoreImpl::GetBucket(const std::string& bucket) {
  return ReadStore<BucketInfo>(
      database_, [&](Transaction& transaction, Refusal& refusal) {
        return FindBucket(transaction, refusal, bucket);
      });
}

ApiResult<std::vector<BucketInfo>> ObjectStoreImpl::ListBuckets() {
  return ReadStore<std::vector<BucketInfo>>(
      database_,
      [](Transaction& transaction,
         Refusal&) -> Result<std::vector<BucketInfo>> {
        SKERRY_ASSIGN_OR_RETURN(
            const auto rows,
            transaction.Query("SELECT name, created, versioning FROM buckets",
                              {}));
        std::vector<BucketInfo> buckets;
        for (const SqlRow& row : rows) buckets.push_back(BucketOf(row));
        std::ranges::sort(buckets, {}, &BucketInfo::name);
        return buckets;
      });
}

ApiResult<void> ObjectStoreImpl::DeleteBucket(const std::string& bucket,
                                              const AlsoWrite& also) {
  return Nothing(ChangeStore<Done>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<Done> {
        SKERRY_RETURN_IF_ERROR(RemoveBucket(transaction, refusal, bucket));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return Done{};
      }));
}

ApiResult<void> ObjectStoreImpl::SetVersioning(const std::string& bucket,
                                               Versioning versioning,
                                               const AlsoWrite& also) {
  return Nothing(ChangeStore<Done>(
      database_,
      [&](Transaction& transaction, Refusal& refusal) -> Result<Done> {
        SKERRY_ASSIGN_OR_RETURN(
            const auto count,
            transaction.Execute(
                "UPDATE buckets SET versioning = $2 WHERE name = $1",
                std::array<SqlValue, 2>{
                    bucket, static_cast<std::int64_t>(versioning)}));
        if (count == 0) return refusal.Say(NoSuchBucket(bucket));
        SKERRY_RETURN_IF_ERROR(RunAlso(also, transaction));
        return Done{};
      }));
}

}  // namespace skerry::cloud
