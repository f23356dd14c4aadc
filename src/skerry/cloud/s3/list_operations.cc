#include "skerry/aws/digest.h"
#include "skerry/aws/sigv4.h"
#include "skerry/cloud/s3/call.h"
#include "skerry/cloud/s3/times.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kObjectOwner = "000000000000";

// What all lists of objects share.
class ListAnswer {
 public:
  ListAnswer(const S3Call& call, std::string_view root)
      : call_(call), xml_(root) {}

  ApiResult<ListQuery> Query(std::string_view after_parameter,
                             std::string_view count_parameter = "max-keys") {
    const std::string& encoding = parameter("encoding-type");
    if (!encoding.empty() && encoding != "url") {
      return std::unexpected(
          ApiError{400, "InvalidArgument",
                   "encoding-type: got '" + encoding + "', want url"});
    }
    encoded_ = !encoding.empty();
    const auto count = ParseCount(count_parameter, parameter(count_parameter),
                                  kListCountMax, kListCountMax);
    if (!count) return std::unexpected(count.error());
    return ListQuery{.bucket = call_.bucket(),
                     .prefix = parameter("prefix"),
                     .delimiter = parameter("delimiter"),
                     .after = parameter(after_parameter),
                     .count_max = *count};
  }

  void Begin(const ListQuery& query, std::string_view name_element,
             std::string_view count_element) {
    xml_.Add(name_element, call_.bucket());
    AddKey("Prefix", query.prefix);
    if (!query.delimiter.empty()) AddKey("Delimiter", query.delimiter);
    xml_.Add(count_element, static_cast<std::uint64_t>(query.count_max));
    if (encoded_) xml_.Add("EncodingType", "url");
  }

  void AddKey(std::string_view name, const std::string& key) {
    xml_.Add(name, encoded_ ? aws::UriEncode(key, true) : key);
  }

  void AddPrefixes(const std::vector<std::string>& prefixes) {
    for (const std::string& prefix : prefixes) {
      xml_.Open("CommonPrefixes");
      AddKey("Prefix", prefix);
      xml_.Close();
    }
  }

  void AddOwner(std::string_view element = "Owner") {
    xml_.Open(element);
    xml_.Add("ID", kObjectOwner);
    xml_.Add("DisplayName", "skerry");
    xml_.Close();
  }

  void AddObject(const ObjectInfo& info, bool with_owner) {
    xml_.Open("Contents");
    AddKey("Key", info.key);
    AddFacts(info);
    if (with_owner) AddOwner();
    xml_.Close();
  }

  void AddVersion(const ObjectInfo& info) {
    xml_.Open(info.delete_marker ? "DeleteMarker" : "Version");
    AddKey("Key", info.key);
    xml_.Add("VersionId", info.version_id);
    xml_.AddTruth("IsLatest", info.latest);
    if (info.delete_marker) {
      xml_.Add("LastModified", IsoTime(info.modified));
    } else {
      AddFacts(info);
    }
    AddOwner();
    xml_.Close();
  }

  const std::string& parameter(std::string_view name) const {
    return call_.target.parameter(name);
  }
  XmlWriter& xml() { return xml_; }

 private:
  void AddFacts(const ObjectInfo& info) {
    xml_.Add("LastModified", IsoTime(info.modified));
    xml_.Add("ETag", '"' + info.etag + '"');
    for (const auto& [name, value] : info.metadata) {
      if (const auto algorithm = AlgorithmOfHeader(name)) {
        xml_.Add("ChecksumAlgorithm", ChecksumName(*algorithm));
      }
    }
    if (const auto type = info.metadata.find("x-amz-checksum-type");
        type != info.metadata.end()) {
      xml_.Add("ChecksumType", type->second);
    }
    xml_.Add("Size", info.byte_count);
    xml_.Add("StorageClass", "STANDARD");
  }

  const S3Call& call_;
  XmlWriter xml_;
  bool encoded_ = false;
};

}  // namespace

S3Answer ListObjects(S3Call& call) {
  ListAnswer answer(call, "ListBucketResult");
  const auto query = answer.Query("marker");
  if (!query) return std::unexpected(query.error());
  const auto page = call.store.List(*query);
  if (!page) return std::unexpected(page.error());
  answer.Begin(*query, "Name", "MaxKeys");
  answer.AddKey("Marker", query->after);
  answer.xml().AddTruth("IsTruncated", page->truncated);
  if (page->truncated) answer.AddKey("NextMarker", page->next);
  for (const ObjectInfo& info : page->objects) answer.AddObject(info, true);
  answer.AddPrefixes(page->prefixes);
  return XmlResponse(answer.xml());
}

S3Answer ListObjectsV2(S3Call& call) {
  if (call.target.parameter("list-type") != "2") {
    return std::unexpected(
        ApiError{400, "InvalidArgument", "list-type: want 2"});
  }
  ListAnswer answer(call, "ListBucketResult");
  auto query = answer.Query("start-after");
  if (!query) return std::unexpected(query.error());
  const std::string& token = call.target.parameter("continuation-token");
  if (call.target.has("continuation-token")) {
    const auto after = DecodeHex(token);
    if (!after || after->empty()) {
      return std::unexpected(
          ApiError{400, "InvalidArgument",
                   "the continuation token provided is incorrect"});
    }
    query->after = *after;
  }
  const auto page = call.store.List(*query);
  if (!page) return std::unexpected(page.error());
  answer.Begin(*query, "Name", "MaxKeys");
  XmlWriter& xml = answer.xml();
  xml.Add("KeyCount",
          std::uint64_t{page->objects.size()} + page->prefixes.size());
  xml.AddTruth("IsTruncated", page->truncated);
  if (!token.empty()) xml.Add("ContinuationToken", token);
  if (page->truncated) xml.Add("NextContinuationToken", aws::Hex(page->next));
  if (const auto& start = call.target.parameter("start-after");
      !start.empty()) {
    answer.AddKey("StartAfter", start);
  }
  const bool with_owner = call.target.parameter("fetch-owner") == "true";
  for (const ObjectInfo& info : page->objects) {
    answer.AddObject(info, with_owner);
  }
  answer.AddPrefixes(page->prefixes);
  return XmlResponse(xml);
}

S3Answer ListObjectVersions(S3Call& call) {
  ListAnswer answer(call, "ListVersionsResult");
  auto query = answer.Query("key-marker");
  if (!query) return std::unexpected(query.error());
  query->after_version = call.target.parameter("version-id-marker");
  if (!query->after_version.empty() && query->after.empty()) {
    return std::unexpected(
        ApiError{400, "InvalidArgument",
                 "a version-id marker cannot be specified without a key "
                 "marker"});
  }
  const auto page = call.store.ListVersions(*query);
  if (!page) return std::unexpected(page.error());
  answer.Begin(*query, "Name", "MaxKeys");
  XmlWriter& xml = answer.xml();
  answer.AddKey("KeyMarker", query->after);
  xml.Add("VersionIdMarker", query->after_version);
  xml.AddTruth("IsTruncated", page->truncated);
  if (page->truncated) {
    answer.AddKey("NextKeyMarker", page->next);
    xml.Add("NextVersionIdMarker", page->next_version);
  }
  for (const ObjectInfo& info : page->objects) answer.AddVersion(info);
  answer.AddPrefixes(page->prefixes);
  return XmlResponse(xml);
}

S3Answer ListMultipartUploads(S3Call& call) {
  ListAnswer answer(call, "ListMultipartUploadsResult");
  auto query = answer.Query("key-marker", "max-uploads");
  if (!query) return std::unexpected(query.error());
  query->after_version = call.target.parameter("upload-id-marker");
  const auto page = call.store.ListUploads(*query);
  if (!page) return std::unexpected(page.error());
  answer.Begin(*query, "Bucket", "MaxUploads");
  XmlWriter& xml = answer.xml();
  answer.AddKey("KeyMarker", query->after);
  xml.Add("UploadIdMarker", query->after_version);
  xml.AddTruth("IsTruncated", page->truncated);
  if (page->truncated) {
    answer.AddKey("NextKeyMarker", page->next);
    xml.Add("NextUploadIdMarker", page->next_id);
  }
  for (const UploadInfo& upload : page->uploads) {
    xml.Open("Upload");
    answer.AddKey("Key", upload.key);
    xml.Add("UploadId", upload.id);
    answer.AddOwner("Initiator");
    answer.AddOwner();
    xml.Add("StorageClass", "STANDARD");
    xml.Add("Initiated", IsoTime(upload.created));
    if (!upload.checksum_algorithm.empty()) {
      xml.Add("ChecksumAlgorithm", upload.checksum_algorithm);
    }
    xml.Close();
  }
  answer.AddPrefixes(page->prefixes);
  return XmlResponse(xml);
}

}  // namespace skerry::cloud
