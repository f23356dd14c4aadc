#include "skerry/aws/digest.h"
#include "skerry/aws/sigv4.h"
#include "skerry/cloud/s3/call.h"
#include "skerry/cloud/s3/copy.h"
#include "skerry/cloud/s3/object_headers.h"
#include "skerry/cloud/s3/times.h"

namespace skerry::cloud {
namespace {

ApiError InvalidUpload(std::string message) {
  return {400, "InvalidRequest", std::move(message)};
}

ApiResult<UploadInfo> UploadOf(const S3Call& call) {
  return call.store.GetUpload(call.bucket(), call.key(),
                              call.target.parameter("uploadId"));
}

ApiResult<int> PartNumberOf(const S3Call& call) {
  const std::string& text = call.target.parameter("partNumber");
  const auto number = ParseCount("partNumber", text, 0, kPartNumberMax + 1);
  if (!number) return number;
  if (*number >= 1 && *number <= kPartNumberMax) return number;
  return std::unexpected(ApiError{
      400, "InvalidArgument",
      "part number must be an integer between 1 and " +
          std::to_string(kPartNumberMax) + ", inclusive; got '" + text + '\''});
}

// Whether the checksum of the whole is one of the whole's bytes.
ApiResult<bool> IsFullObject(const S3Call& call, ChecksumAlgorithm algorithm) {
  const std::string_view type = call.header("x-amz-checksum-type");
  const std::string name(ChecksumName(algorithm));
  if (type.empty()) return algorithm == ChecksumAlgorithm::kCrc64Nvme;
  if (type == "FULL_OBJECT") {
    if (IsCrc(algorithm)) return true;
    return std::unexpected(InvalidUpload(
        "the FULL_OBJECT checksum type cannot be used with " + name));
  }
  if (type == "COMPOSITE") {
    if (algorithm != ChecksumAlgorithm::kCrc64Nvme) return false;
    return std::unexpected(InvalidUpload(
        "the COMPOSITE checksum type cannot be used with " + name));
  }
  return std::unexpected(InvalidUpload("x-amz-checksum-type: got '" +
                                       std::string(type) +
                                       "', want FULL_OBJECT or COMPOSITE"));
}

std::string_view TypeOf(const UploadInfo& upload) {
  return upload.full_object_checksum ? "FULL_OBJECT" : "COMPOSITE";
}

// What the request says of the whole.
ApiResult<Completion> CompletionOf(const S3Call& call,
                                   const UploadInfo& upload) {
  const auto algorithm = ParseChecksumAlgorithm(upload.checksum_algorithm);
  auto parts = ParseCompletion(
      call.body, algorithm ? "Checksum" + upload.checksum_algorithm : "");
  if (!parts) return std::unexpected(parts.error());
  const auto condition = WriteConditionOf(call.head);
  if (!condition) return std::unexpected(condition.error());
  Completion completion{.parts = *std::move(parts), .condition = *condition};
  if (algorithm) {
    completion.checksum = call.header(ChecksumHeader(*algorithm));
    const std::string_view type = call.header("x-amz-checksum-type");
    if (!type.empty() && type != TypeOf(upload)) {
      return std::unexpected(InvalidUpload(
          "x-amz-checksum-type: got '" + std::string(type) +
          "', the upload was begun with " + std::string(TypeOf(upload))));
    }
  }
  if (const auto size = call.header("x-amz-mp-object-size"); !size.empty()) {
    const auto range = ParseRange("bytes=0-" + std::string(size), ~0ULL);
    if (!range || !*range) {
      return std::unexpected(
          InvalidUpload("x-amz-mp-object-size: want a number of bytes"));
    }
    completion.byte_count = (*range)->byte_count - 1;
  }
  return completion;
}

void AddChecksum(XmlWriter& xml, const std::string& algorithm,
                 const std::string& value) {
  if (!algorithm.empty() && !value.empty()) {
    xml.Add("Checksum" + algorithm, value);
  }
}

ApiResult<ByteRange> CopyRange(const S3Call& call, const ObjectInfo& source) {
  const std::string_view text = call.header("x-amz-copy-source-range");
  if (text.empty()) return ByteRange{0, source.byte_count};
  const auto range = ParseRange(text, source.byte_count);
  if (!range) return std::unexpected(range.error());
  const std::string last = std::string(text.substr(text.find('-') + 1));
  const bool within =
      *range && !last.empty() &&
      std::to_string((*range)->offset + (*range)->byte_count - 1) == last;
  if (within) return **range;
  return std::unexpected(
      ApiError{400, "InvalidArgument",
               "the x-amz-copy-source-range value must be of the form "
               "bytes=first-last within the source's " +
                   std::to_string(source.byte_count) + " bytes"});
}

}  // namespace

ApiResult<std::optional<ChecksumAlgorithm>> PreparePart(const S3Call& call) {
  const auto number = PartNumberOf(call);
  if (!number) return std::unexpected(number.error());
  const auto upload = UploadOf(call);
  if (!upload) return std::unexpected(upload.error());
  return ParseChecksumAlgorithm(upload->checksum_algorithm);
}

S3Answer CreateMultipartUpload(S3Call& call) {
  auto metadata = MetadataOfRequest(call.head);
  if (!metadata) return std::unexpected(metadata.error());
  const auto algorithm = NamedAlgorithm(call.head);
  if (!algorithm) return std::unexpected(algorithm.error());
  UploadInfo upload{.bucket = call.bucket(),
                    .key = call.key(),
                    .content_type = std::string(call.header("content-type")),
                    .metadata = *std::move(metadata)};
  if (*algorithm) {
    const auto full = IsFullObject(call, **algorithm);
    if (!full) return std::unexpected(full.error());
    upload.checksum_algorithm = ChecksumName(**algorithm);
    upload.full_object_checksum = *full;
  }
  const auto created = call.store.CreateUpload(std::move(upload), call.Audit());
  if (!created) return std::unexpected(created.error());
  XmlWriter xml("InitiateMultipartUploadResult");
  xml.Add("Bucket", created->bucket);
  xml.Add("Key", created->key);
  xml.Add("UploadId", created->id);
  Response response = XmlResponse(xml);
  if (*algorithm) {
    response.headers.emplace_back("x-amz-checksum-algorithm",
                                  created->checksum_algorithm);
    response.headers.emplace_back("x-amz-checksum-type", TypeOf(*created));
  }
  return response;
}

S3Answer UploadPart(S3Call& call) {
  const auto number = PartNumberOf(call);
  if (!number) return std::unexpected(number.error());
  const auto upload = UploadOf(call);
  if (!upload) return std::unexpected(upload.error());
  ObjectPart part{.number = *number};
  const auto algorithm = call.check->algorithm();
  if (algorithm && !upload->checksum_algorithm.empty()) {
    if (ChecksumName(*algorithm) != upload->checksum_algorithm) {
      return std::unexpected(
          InvalidUpload("checksum type mismatch occurred: expected " +
                        upload->checksum_algorithm + ", got " +
                        std::string(ChecksumName(*algorithm))));
    }
    part.checksum = call.check->checksum();
  }
  const auto put = call.store.PutPart(*upload, std::move(part), *call.blob);
  if (!put) return std::unexpected(put.error());
  Response response;
  response.headers.emplace_back("ETag", '"' + put->etag + '"');
  if (algorithm) {
    response.headers.emplace_back(ChecksumHeader(*algorithm),
                                  call.check->checksum());
  }
  return response;
}

S3Answer UploadPartCopy(S3Call& call) {
  const auto number = PartNumberOf(call);
  if (!number) return std::unexpected(number.error());
  const auto upload = UploadOf(call);
  if (!upload) return std::unexpected(upload.error());
  const auto source = OpenCopySource(call);
  if (!source) return std::unexpected(source.error());
  const auto range = CopyRange(call, source->info);
  if (!range) return std::unexpected(range.error());
  if (range->byte_count > kPutBytesMax) {
    return std::unexpected(InvalidUpload(
        "a part has at most " + std::to_string(kPutBytesMax) + " bytes"));
  }
  const auto algorithm = ParseChecksumAlgorithm(upload->checksum_algorithm);
  const auto sum = algorithm ? Checksum::Create(*algorithm) : nullptr;
  const auto blob = call.store.NewBlob();
  if (!blob) return std::unexpected(InternalApiError(blob.error()));
  const auto copied =
      ReadStretch(source->file, *range, [&](std::span<const std::byte> piece) {
        if (sum) sum->Update(piece);
        return (*blob)->Write(piece);
      });
  if (!copied) return std::unexpected(FaultOf(copied.error()));
  if (const auto sealed = (*blob)->Seal(); !sealed) {
    return std::unexpected(FaultOf(sealed.error()));
  }
  ObjectPart part{.number = *number};
  if (sum) part.checksum = aws::EncodeBase64(sum->Finish());
  const auto put = call.store.PutPart(*upload, std::move(part), **blob);
  if (!put) return std::unexpected(put.error());
  XmlWriter xml("CopyPartResult");
  xml.Add("LastModified", IsoTime(put->modified));
  xml.Add("ETag", '"' + put->etag + '"');
  AddChecksum(xml, upload->checksum_algorithm, put->checksum);
  Response response = XmlResponse(xml);
  if (source->info.version_id != "null") {
    response.headers.emplace_back("x-amz-copy-source-version-id",
                                  source->info.version_id);
  }
  return response;
}

S3Answer CompleteMultipartUpload(S3Call& call) {
  const auto upload = UploadOf(call);
  if (!upload) return std::unexpected(upload.error());
  const auto completion = CompletionOf(call, *upload);
  if (!completion) return std::unexpected(completion.error());
  const auto info =
      call.store.CompleteUpload(*upload, *completion, call.Audit());
  if (!info) return std::unexpected(info.error());
  XmlWriter xml("CompleteMultipartUploadResult");
  xml.Add("Location", (call.head.tls ? "https://" : "http://") +
                          std::string(call.header("host")) + '/' +
                          call.bucket() + '/' +
                          aws::UriEncode(call.key(), true));
  xml.Add("Bucket", info->bucket);
  xml.Add("Key", info->key);
  xml.Add("ETag", '"' + info->etag + '"');
  if (const auto algorithm =
          ParseChecksumAlgorithm(upload->checksum_algorithm)) {
    const auto sum =
        info->metadata.find(std::string(ChecksumHeader(*algorithm)));
    if (sum != info->metadata.end()) {
      AddChecksum(xml, upload->checksum_algorithm, sum->second);
      xml.Add("ChecksumType", TypeOf(*upload));
    }
  }
  Response response = XmlResponse(xml);
  if (info->version_id != "null") {
    response.headers.emplace_back("x-amz-version-id", info->version_id);
  }
  return response;
}

S3Answer AbortMultipartUpload(S3Call& call) {
  const auto upload = UploadOf(call);
  if (!upload) return std::unexpected(upload.error());
  const auto aborted = call.store.AbortUpload(*upload, call.Audit());
  if (!aborted) return std::unexpected(aborted.error());
  return StatusResponse(204);
}

S3Answer ListParts(S3Call& call) {
  const auto count_max =
      ParseCount("max-parts", call.target.parameter("max-parts"), kListCountMax,
                 kListCountMax);
  if (!count_max) return std::unexpected(count_max.error());
  const auto after = ParseCount("part-number-marker",
                                call.target.parameter("part-number-marker"), 0,
                                kPartNumberMax);
  if (!after) return std::unexpected(after.error());
  const auto upload = UploadOf(call);
  if (!upload) return std::unexpected(upload.error());
  const auto page = call.store.ListParts(*upload, *after, *count_max);
  if (!page) return std::unexpected(page.error());
  XmlWriter xml("ListPartsResult");
  xml.Add("Bucket", upload->bucket);
  xml.Add("Key", upload->key);
  xml.Add("UploadId", upload->id);
  xml.Add("PartNumberMarker", static_cast<std::uint64_t>(*after));
  xml.Add("NextPartNumberMarker",
          static_cast<std::uint64_t>(
              page->parts.empty() ? *after : page->parts.back().number));
  xml.Add("MaxParts", static_cast<std::uint64_t>(*count_max));
  xml.AddTruth("IsTruncated", page->truncated);
  if (!upload->checksum_algorithm.empty()) {
    xml.Add("ChecksumAlgorithm", upload->checksum_algorithm);
    xml.Add("ChecksumType", TypeOf(*upload));
  }
  for (const ObjectPart& part : page->parts) {
    xml.Open("Part");
    xml.Add("PartNumber", static_cast<std::uint64_t>(part.number));
    xml.Add("LastModified", IsoTime(part.modified));
    xml.Add("ETag", '"' + part.etag + '"');
    xml.Add("Size", part.byte_count);
    AddChecksum(xml, upload->checksum_algorithm, part.checksum);
    xml.Close();
  }
  return XmlResponse(xml);
}

}  // namespace skerry::cloud
