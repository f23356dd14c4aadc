#include <algorithm>

#include "skerry/cloud/s3/call.h"
#include "skerry/cloud/s3/times.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kOwner = "000000000000";

// An entry for each object.
AlsoWrite AuditOfAll(const S3Call& call, const DeleteRequest& request) {
  return [&call, &request](Transaction& transaction) -> Result<void> {
    for (const auto& [key, version_id] : request.objects) {
      SKERRY_RETURN_IF_ERROR(call.AuditOf(key)(transaction));
    }
    return {};
  };
}

}  // namespace

S3Answer ListBuckets(S3Call& call) {
  const auto buckets = call.store.ListBuckets();
  if (!buckets) return std::unexpected(buckets.error());
  const std::string& prefix = call.target.parameter("prefix");
  const std::string& after = call.target.parameter("continuation-token");
  const auto count_max =
      ParseCount("max-buckets", call.target.parameter("max-buckets"),
                 kBucketCountMax, kBucketCountMax);
  if (!count_max) return std::unexpected(count_max.error());
  XmlWriter xml("ListAllMyBucketsResult");
  xml.Open("Owner");
  xml.Add("ID", kOwner);
  xml.Add("DisplayName", "skerry");
  xml.Close();
  xml.Open("Buckets");
  int count = 0;
  std::string last;
  bool truncated = false;
  for (const BucketInfo& bucket : *buckets) {
    if (!bucket.name.starts_with(prefix) || bucket.name <= after) continue;
    truncated = count == *count_max;
    if (truncated) break;
    ++count;
    last = bucket.name;
    xml.Open("Bucket");
    xml.Add("Name", bucket.name);
    xml.Add("CreationDate", IsoTime(bucket.created));
    xml.Close();
  }
  xml.Close();
  if (!prefix.empty()) xml.Add("Prefix", prefix);
  if (truncated) xml.Add("ContinuationToken", last);
  return XmlResponse(xml);
}

S3Answer CreateBucket(S3Call& call) {
  const auto checked = CheckBucketConfiguration(call.body);
  if (!checked) return std::unexpected(checked.error());
  const std::string_view acl = call.header("x-amz-acl");
  if (!acl.empty() && acl != "private") {
    return std::unexpected(
        ApiError{501, "NotImplemented",
                 "x-amz-acl: got '" + std::string(acl) +
                     "', only private is offered; roles of keys say who may "
                     "do what"});
  }
  if (call.header("x-amz-bucket-object-lock-enabled") == "true") {
    return std::unexpected(
        ApiError{501, "NotImplemented", "object lock is not offered"});
  }
  const auto created = call.store.CreateBucket(call.bucket(), call.Audit());
  if (!created) return std::unexpected(created.error());
  Response response;
  response.headers.emplace_back("Location", "/" + call.bucket());
  return response;
}

S3Answer DeleteBucket(S3Call& call) {
  const auto deleted = call.store.DeleteBucket(call.bucket(), call.Audit());
  if (!deleted) return std::unexpected(deleted.error());
  return StatusResponse(204);
}

S3Answer HeadBucket(S3Call& call) {
  const auto bucket = call.store.GetBucket(call.bucket());
  if (!bucket) return std::unexpected(bucket.error());
  Response response;
  response.headers.emplace_back("x-amz-bucket-region", call.options.region);
  return response;
}

S3Answer GetBucketLocation(S3Call& call) {
  const auto bucket = call.store.GetBucket(call.bucket());
  if (!bucket) return std::unexpected(bucket.error());
  // The oldest region has no name.
  const std::string& region = call.options.region;
  XmlWriter xml("LocationConstraint");
  if (region != "us-east-1") xml.AddText(region);
  return XmlResponse(xml);
}

S3Answer GetBucketVersioning(S3Call& call) {
  const auto bucket = call.store.GetBucket(call.bucket());
  if (!bucket) return std::unexpected(bucket.error());
  XmlWriter xml("VersioningConfiguration");
  if (bucket->versioning != Versioning::kOff) {
    xml.Add("Status", bucket->versioning == Versioning::kEnabled
                          ? std::string_view("Enabled")
                          : "Suspended");
  }
  return XmlResponse(xml);
}

S3Answer PutBucketVersioning(S3Call& call) {
  const auto versioning = ParseVersioning(call.body);
  if (!versioning) return std::unexpected(versioning.error());
  const auto set =
      call.store.SetVersioning(call.bucket(), *versioning, call.Audit());
  if (!set) return std::unexpected(set.error());
  return Response{};
}

S3Answer DeleteObjects(S3Call& call) {
  const auto request = ParseDelete(call.body);
  if (!request) return std::unexpected(request.error());
  const auto deleted = call.store.DeleteMany(call.bucket(), request->objects,
                                             AuditOfAll(call, *request));
  if (!deleted) return std::unexpected(deleted.error());
  XmlWriter xml("DeleteResult");
  for (std::size_t i = 0; i < deleted->size() && !request->quiet; ++i) {
    const auto& [key, version_id] = request->objects[i];
    const DeletedObject& outcome = (*deleted)[i];
    xml.Open("Deleted");
    xml.Add("Key", key);
    if (!version_id.empty()) xml.Add("VersionId", version_id);
    if (outcome.delete_marker) {
      xml.AddTruth("DeleteMarker", true);
      xml.Add("DeleteMarkerVersionId", outcome.version_id);
    }
    xml.Close();
  }
  return XmlResponse(xml);
}

}  // namespace skerry::cloud
