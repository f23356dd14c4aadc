#include <algorithm>

#include "skerry/cloud/s3/call.h"
#include "skerry/cloud/s3/object_headers.h"
#include "skerry/cloud/s3/range.h"
#include "skerry/cloud/s3/times.h"

namespace skerry::cloud {
namespace {

// A stretch of the object, as Range or partNumber say; all of it if none.
struct Selection {
  ByteRange range;
  bool partial = false;
  const ObjectPart* part = nullptr;
};

ApiError BadPartNumber(int number, std::size_t count) {
  return {416, "InvalidPartNumber",
          "partNumber " + std::to_string(number) + ": the object has " +
              std::to_string(std::max<std::size_t>(count, 1))};
}

ApiResult<Selection> SelectPart(const S3Call& call, const ObjectInfo& info) {
  const auto number = ParseCount(
      "partNumber", call.target.parameter("partNumber"), 0, kPartNumberMax);
  if (!number) return std::unexpected(number.error());
  Selection selection{.range = {0, info.byte_count}, .partial = true};
  if (info.parts.empty()) {
    if (*number == 1) return selection;
    return std::unexpected(BadPartNumber(*number, 1));
  }
  // The n-th of those that were completed, whatever their numbers were.
  if (*number < 1 || static_cast<std::size_t>(*number) > info.parts.size()) {
    return std::unexpected(BadPartNumber(*number, info.parts.size()));
  }
  const auto index = static_cast<std::size_t>(*number) - 1;
  selection.range.offset = 0;
  for (std::size_t i = 0; i < index; ++i) {
    selection.range.offset += info.parts[i].byte_count;
  }
  selection.part = &info.parts[index];
  selection.range.byte_count = selection.part->byte_count;
  return selection;
}

bool RangeHolds(const S3Call& call, const ObjectInfo& info) {
  const std::string_view condition = call.header("if-range");
  if (condition.empty()) return true;
  if (condition.starts_with('"')) return UnquotedEtag(condition) == info.etag;
  return condition == HttpTime(info.modified);
}

ApiResult<Selection> Select(const S3Call& call, const ObjectInfo& info) {
  const Selection all{.range = {0, info.byte_count}};
  const std::string_view text = call.header("range");
  if (call.target.has("partNumber")) {
    if (!text.empty()) {
      return std::unexpected(
          ApiError{400, "InvalidRequest",
                   "cannot specify both Range header and partNumber query "
                   "parameter"});
    }
    return SelectPart(call, info);
  }
  if (text.empty() || !RangeHolds(call, info)) return all;
  const auto range = ParseRange(text, info.byte_count);
  if (!range) return std::unexpected(range.error());
  if (!*range) return all;
  return Selection{.range = **range, .partial = true};
}

// Values that the query gives become headers: they must be one line.
ApiResult<void> CheckOverrides(const S3Call& call) {
  for (const auto& [name, value] : call.target.parameters) {
    if (!name.starts_with("response-")) continue;
    const bool control = std::ranges::any_of(value, [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (control) {
      return std::unexpected(
          ApiError{400, "InvalidArgument",
                   name + ": its value has a control character"});
    }
  }
  return {};
}

void AddPartHeaders(const S3Call& call, const ObjectInfo& info,
                    const Selection& selection, Response& response) {
  if (selection.part == nullptr) return;
  response.headers.emplace_back("x-amz-mp-parts-count",
                                std::to_string(info.parts.size()));
  if (call.header("x-amz-checksum-mode") != "ENABLED") return;
  for (const auto& [name, value] : info.metadata) {
    if (AlgorithmOfHeader(name) && !selection.part->checksum.empty()) {
      response.headers.emplace_back(name, selection.part->checksum);
    }
  }
}

Response ObjectResponse(const S3Call& call, const ObjectInfo& info,
                        const Selection& selection) {
  Response response;
  AddObjectHeaders(call, info, response);
  if (selection.partial) {
    response.status = 206;
    if (selection.range.byte_count > 0) {
      response.headers.emplace_back(
          "Content-Range", ContentRange(selection.range, info.byte_count));
    }
  }
  const bool whole = selection.range.byte_count == info.byte_count;
  if (whole && selection.part == nullptr &&
      call.header("x-amz-checksum-mode") == "ENABLED") {
    AddChecksumHeaders(info, response);
  }
  AddPartHeaders(call, info, selection, response);
  if (call.is_head()) response.head_length = selection.range.byte_count;
  return response;
}

// A part of the answer is named, or it is not told.
bool IsAsked(const S3Call& call, std::string_view attribute) {
  std::string_view list = call.header("x-amz-object-attributes");
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one == attribute) return true;
  }
  return false;
}

void AddChecksums(XmlWriter& xml, const ObjectInfo& info) {
  for (const auto& [name, value] : info.metadata) {
    if (const auto algorithm = AlgorithmOfHeader(name)) {
      xml.Add("Checksum" + std::string(ChecksumName(*algorithm)), value);
    } else if (name == "x-amz-checksum-type") {
      xml.Add("ChecksumType", value);
    }
  }
}

std::string ChecksumElementOf(const ObjectInfo& info) {
  for (const auto& [name, value] : info.metadata) {
    if (const auto algorithm = AlgorithmOfHeader(name)) {
      return "Checksum" + std::string(ChecksumName(*algorithm));
    }
  }
  return {};
}

ApiResult<void> AddParts(XmlWriter& xml, const S3Call& call,
                         const ObjectInfo& info) {
  const auto count_max =
      ParseCount("x-amz-max-parts", call.header("x-amz-max-parts"),
                 kListCountMax, kListCountMax);
  if (!count_max) return std::unexpected(count_max.error());
  const auto marker =
      ParseCount("x-amz-part-number-marker",
                 call.header("x-amz-part-number-marker"), 0, kPartNumberMax);
  if (!marker) return std::unexpected(marker.error());
  const std::string element = ChecksumElementOf(info);
  xml.Open("ObjectParts");
  xml.Add("PartsCount", std::uint64_t{info.parts.size()});
  xml.Add("PartNumberMarker", static_cast<std::uint64_t>(*marker));
  xml.Add("MaxParts", static_cast<std::uint64_t>(*count_max));
  int count = 0;
  int last = *marker;
  bool truncated = false;
  for (const ObjectPart& part : info.parts) {
    if (part.number <= *marker) continue;
    truncated = count++ == *count_max;
    if (truncated) break;
    last = part.number;
    xml.Open("Part");
    xml.Add("PartNumber", static_cast<std::uint64_t>(part.number));
    xml.Add("Size", part.byte_count);
    if (!part.checksum.empty() && !element.empty()) {
      xml.Add(element, part.checksum);
    }
    xml.Close();
  }
  xml.AddTruth("IsTruncated", truncated);
  xml.Add("NextPartNumberMarker", static_cast<std::uint64_t>(last));
  xml.Close();
  return {};
}

}  // namespace

S3Answer GetObject(S3Call& call) {
  if (auto checked = CheckOverrides(call); !checked) {
    return std::unexpected(checked.error());
  }
  const std::string& version = call.target.parameter("versionId");
  OpenObject object;
  if (call.is_head()) {
    auto info = call.store.Head(call.bucket(), call.key(), version);
    if (!info) return std::unexpected(info.error());
    object.info = *std::move(info);
  } else {
    auto opened = call.store.Open(call.bucket(), call.key(), version);
    if (!opened) return std::unexpected(opened.error());
    object = *std::move(opened);
  }
  const auto checked = CheckReadConditions(call.head, "", object.info);
  if (!checked && checked.error().status == 304) {
    Response response = StatusResponse(304);
    AddWrittenHeaders(object.info, response);
    return response;
  }
  if (!checked) return std::unexpected(checked.error());
  const auto selection = Select(call, object.info);
  if (!selection) return std::unexpected(selection.error());
  Response response = ObjectResponse(call, object.info, *selection);
  if (!call.is_head() && selection->range.byte_count > 0) {
    response.body = FileBody{.file = std::move(object.file),
                             .offset = selection->range.offset,
                             .byte_count = selection->range.byte_count};
  }
  return response;
}

S3Answer GetObjectAttributes(S3Call& call) {
  const auto info = call.store.Head(call.bucket(), call.key(),
                                    call.target.parameter("versionId"));
  if (!info) return std::unexpected(info.error());
  XmlWriter xml("GetObjectAttributesResponse");
  if (IsAsked(call, "ETag")) xml.Add("ETag", info->etag);
  if (IsAsked(call, "Checksum") && !ChecksumElementOf(*info).empty()) {
    xml.Open("Checksum");
    AddChecksums(xml, *info);
    xml.Close();
  }
  if (IsAsked(call, "ObjectParts") && !info->parts.empty()) {
    const auto added = AddParts(xml, call, *info);
    if (!added) return std::unexpected(added.error());
  }
  if (IsAsked(call, "StorageClass")) xml.Add("StorageClass", "STANDARD");
  if (IsAsked(call, "ObjectSize")) xml.Add("ObjectSize", info->byte_count);
  Response response = XmlResponse(xml);
  response.headers.emplace_back("Last-Modified", HttpTime(info->modified));
  if (info->version_id != "null") {
    response.headers.emplace_back("x-amz-version-id", info->version_id);
  }
  return response;
}

S3Answer GetObjectTagging(S3Call& call) {
  const auto info = call.store.Head(call.bucket(), call.key(),
                                    call.target.parameter("versionId"));
  if (!info) return std::unexpected(info.error());
  XmlWriter xml("Tagging");
  xml.Open("TagSet");
  const auto tags = info->metadata.find("x-amz-tagging");
  std::string_view rest =
      tags == info->metadata.end() ? std::string_view() : tags->second;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    xml.Open("Tag");
    xml.Add("Key", PercentDecode(pair.substr(0, equals), true).value_or(""));
    xml.Add("Value",
            equals == std::string_view::npos
                ? std::string()
                : PercentDecode(pair.substr(equals + 1), true).value_or(""));
    xml.Close();
  }
  return XmlResponse(xml);
}

}  // namespace skerry::cloud
