#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "skerry/aws/digest.h"
#include "skerry/cloud/s3/call.h"
#include "skerry/cloud/s3/copy.h"
#include "skerry/cloud/s3/object_headers.h"
#include "skerry/cloud/s3/times.h"

namespace skerry::cloud {
namespace {

// Before a body of gigabytes comes: could it be put at all?
ApiResult<void> CheckCondition(const S3Call& call) {
  const auto condition = WriteConditionOf(call.head);
  if (!condition) return std::unexpected(condition.error());
  const auto bucket = call.store.GetBucket(call.bucket());
  if (!bucket) return std::unexpected(bucket.error());
  if (!condition->if_none_match) return {};
  if (!call.store.Head(call.bucket(), call.key(), "")) return {};
  return std::unexpected(
      ApiError{412, "PreconditionFailed", "If-None-Match: the object exists"});
}

ApiResult<ObjectInfo> TargetOf(const S3Call& call) {
  auto metadata = MetadataOfRequest(call.head);
  if (!metadata) return std::unexpected(metadata.error());
  return ObjectInfo{.bucket = call.bucket(),
                    .key = call.key(),
                    .content_type = std::string(call.header("content-type")),
                    .metadata = *std::move(metadata)};
}

void SetChecksum(ObjectInfo& info, ChecksumAlgorithm algorithm,
                 const std::string& value) {
  info.metadata[std::string(ChecksumHeader(algorithm))] = value;
  info.metadata["x-amz-checksum-type"] = "FULL_OBJECT";
}

// Metadata and tags of the copy: the source's, or the request's.
ApiResult<ObjectInfo> CopyTarget(const S3Call& call, const ObjectInfo& source) {
  auto target = TargetOf(call);
  if (!target) return std::unexpected(target.error());
  std::map<std::string, std::string>& metadata = target->metadata;
  if (call.header("x-amz-metadata-directive") != "REPLACE") {
    const auto tags = metadata.find("x-amz-tagging");
    const std::string given = tags == metadata.end() ? "" : tags->second;
    target->content_type = source.content_type;
    metadata = source.metadata;
    if (!given.empty()) metadata["x-amz-tagging"] = given;
  }
  const auto tags = source.metadata.find("x-amz-tagging");
  if (call.header("x-amz-tagging-directive") != "REPLACE" &&
      tags != source.metadata.end()) {
    metadata["x-amz-tagging"] = tags->second;
  }
  std::erase_if(metadata, [](const auto& entry) {
    return entry.first.starts_with("x-amz-checksum-");
  });
  return target;
}

// The checksum that the copy is to have: the source's, or a new one.
ApiResult<void> SetCopyChecksum(const S3Call& call, const OpenObject& source,
                                ObjectInfo& target) {
  const auto named = NamedAlgorithm(call.head);
  if (!named) return std::unexpected(named.error());
  std::optional<ChecksumAlgorithm> algorithm = *named;
  for (const auto& [name, value] : source.info.metadata) {
    const auto known = AlgorithmOfHeader(name);
    if (!known) continue;
    // That of a checksum of parts is none of the whole.
    const bool of_parts = value.contains('-');
    if (!of_parts && (!algorithm || algorithm == known)) {
      SetChecksum(target, *known, value);
      return {};
    }
    if (!algorithm) algorithm = known;
  }
  if (!algorithm) return {};
  const auto state = Checksum::Create(*algorithm);
  const auto read = ReadStretch(source.file, {0, source.info.byte_count},
                                [&state](auto piece) {
                                  state->Update(piece);
                                  return Result<void>();
                                });
  if (!read) return std::unexpected(InternalApiError(read.error()));
  SetChecksum(target, *algorithm, aws::EncodeBase64(state->Finish()));
  return {};
}

bool ChangesNothing(const S3Call& call, const CopySource& source) {
  return source.bucket == call.bucket() && source.key == call.key() &&
         source.version_id.empty() &&
         call.header("x-amz-metadata-directive") != "REPLACE" &&
         call.header("x-amz-tagging-directive") != "REPLACE" &&
         call.header("x-amz-checksum-algorithm").empty() &&
         call.header("x-amz-storage-class").empty();
}

}  // namespace

ApiResult<OpenObject> OpenCopySource(const S3Call& call) {
  const auto source = ParseCopySource(call.header("x-amz-copy-source"));
  if (!source) return std::unexpected(source.error());
  if (!Allows(call.principal, "s3:GetObject",
              "arn:aws:s3:::" + source->bucket + '/' + source->key)) {
    return std::unexpected(
        ApiError{403, "AccessDenied", "the copy's source may not be read"});
  }
  auto object =
      call.store.Open(source->bucket, source->key, source->version_id);
  if (!object) return object;
  const auto checked =
      CheckReadConditions(call.head, "x-amz-copy-source-", object->info);
  if (!checked) return std::unexpected(checked.error());
  return object;
}

Result<void> ReadStretch(
    const platform::FileDescriptor& file, ByteRange range,
    const std::function<Result<void>(std::span<const std::byte>)>& take) {
  constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;
  std::vector<std::byte> buffer(std::min(kPieceBytes, range.byte_count));
  while (range.byte_count > 0) {
    const ssize_t count =
        pread(file.number(), buffer.data(),
              std::min<std::uint64_t>(buffer.size(), range.byte_count),
              static_cast<off_t>(range.offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return DataLoss("an object's file became shorter");
    const auto bytes = static_cast<std::size_t>(count);
    SKERRY_RETURN_IF_ERROR(take(std::span(buffer).first(bytes)));
    range.offset += bytes;
    range.byte_count -= bytes;
  }
  return {};
}

ApiResult<std::optional<ChecksumAlgorithm>> PrepareObject(const S3Call& call) {
  if (call.target.has("uploadId")) return PreparePart(call);
  if (const auto metadata = MetadataOfRequest(call.head); !metadata) {
    return std::unexpected(metadata.error());
  }
  if (const auto checked = CheckCondition(call); !checked) {
    return std::unexpected(checked.error());
  }
  return std::optional<ChecksumAlgorithm>();
}

S3Answer PutObject(S3Call& call) {
  auto info = TargetOf(call);
  if (!info) return std::unexpected(info.error());
  const auto condition = WriteConditionOf(call.head);
  if (!condition) return std::unexpected(condition.error());
  if (call.check->algorithm()) {
    SetChecksum(*info, *call.check->algorithm(), call.check->checksum());
  }
  const auto put =
      call.store.Put(*std::move(info), *call.blob, *condition, call.Audit());
  if (!put) return std::unexpected(put.error());
  Response response;
  AddWrittenHeaders(*put, response);
  AddChecksumHeaders(*put, response);
  return response;
}

S3Answer CopyObject(S3Call& call) {
  const auto named = ParseCopySource(call.header("x-amz-copy-source"));
  if (!named) return std::unexpected(named.error());
  if (ChangesNothing(call, *named)) {
    return std::unexpected(
        ApiError{400, "InvalidRequest",
                 "this copy request is illegal because it is trying to copy "
                 "an object to itself without changing its metadata"});
  }
  const auto source = OpenCopySource(call);
  if (!source) return std::unexpected(source.error());
  if (source->info.byte_count > kPutBytesMax) {
    return std::unexpected(ApiError{400, "InvalidRequest",
                                    "the source has more than " +
                                        std::to_string(kPutBytesMax) +
                                        " bytes; copy it in parts"});
  }
  auto target = CopyTarget(call, source->info);
  if (!target) return std::unexpected(target.error());
  const auto sum = SetCopyChecksum(call, *source, *target);
  if (!sum) return std::unexpected(sum.error());
  const auto condition = WriteConditionOf(call.head);
  if (!condition) return std::unexpected(condition.error());
  const auto copy = call.store.Copy(source->info, *std::move(target),
                                    *condition, call.Audit());
  if (!copy) return std::unexpected(copy.error());
  XmlWriter xml("CopyObjectResult");
  xml.Add("LastModified", IsoTime(copy->modified));
  xml.Add("ETag", '"' + copy->etag + '"');
  for (const auto& [name, value] : copy->metadata) {
    if (const auto algorithm = AlgorithmOfHeader(name)) {
      xml.Add("Checksum" + std::string(ChecksumName(*algorithm)), value);
    }
  }
  Response response = XmlResponse(xml);
  if (copy->version_id != "null") {
    response.headers.emplace_back("x-amz-version-id", copy->version_id);
  }
  if (source->info.version_id != "null") {
    response.headers.emplace_back("x-amz-copy-source-version-id",
                                  source->info.version_id);
  }
  return response;
}

S3Answer DeleteObject(S3Call& call) {
  const auto deleted =
      call.store.Delete(call.bucket(), call.key(),
                        call.target.parameter("versionId"), call.Audit());
  if (!deleted) return std::unexpected(deleted.error());
  Response response = StatusResponse(204);
  if (deleted->delete_marker) {
    response.headers.emplace_back("x-amz-delete-marker", "true");
  }
  if (!deleted->version_id.empty()) {
    response.headers.emplace_back("x-amz-version-id", deleted->version_id);
  }
  return response;
}

S3Answer PutObjectTagging(S3Call& call) {
  const auto tags = ParseTagging(call.body);
  if (!tags) return std::unexpected(tags.error());
  const auto set =
      call.store.SetMetadata({.bucket = call.bucket(),
                              .key = call.key(),
                              .version_id = call.target.parameter("versionId")},
                             "x-amz-tagging", *tags, call.Audit());
  if (!set) return std::unexpected(set.error());
  return Response{};
}

S3Answer DeleteObjectTagging(S3Call& call) {
  const auto set =
      call.store.SetMetadata({.bucket = call.bucket(),
                              .key = call.key(),
                              .version_id = call.target.parameter("versionId")},
                             "x-amz-tagging", "", call.Audit());
  if (!set) return std::unexpected(set.error());
  return StatusResponse(204);
}

}  // namespace skerry::cloud
