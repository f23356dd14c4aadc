#include "skerry/cloud/s3/object_headers.h"

#include <algorithm>
#include <array>

#include "skerry/cloud/s3/times.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kMetaPrefix = "x-amz-meta-";
constexpr std::string_view kTagging = "x-amz-tagging";
constexpr std::int64_t kMicros = 1'000'000;

constexpr std::array<std::string_view, 5> kKept = {
    "cache-control", "content-disposition", "content-language", "expires",
    "x-amz-website-redirect-location"};

// What would have to be done, so that ignoring it would be wrong.
constexpr std::array<std::string_view, 4> kRefused = {
    "x-amz-server-side-encryption-customer-algorithm", "x-amz-object-lock-mode",
    "x-amz-object-lock-legal-hold", "x-amz-write-offset-bytes"};

ApiError NotImplemented(std::string message) {
  return {501, "NotImplemented", std::move(message)};
}

// "gzip,aws-chunked" without what is about the transfer.
std::string WithoutChunked(std::string_view encodings) {
  std::string kept;
  while (!encodings.empty()) {
    std::string_view one = encodings.substr(0, encodings.find(','));
    encodings.remove_prefix(std::min(encodings.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.empty() || one == "aws-chunked") continue;
    if (!kept.empty()) kept += ',';
    kept += one;
  }
  return kept;
}

ApiResult<void> CheckOffered(const RequestHead& head) {
  for (const std::string_view name : kRefused) {
    if (!head.header(name).empty()) {
      return std::unexpected(
          NotImplemented(std::string(name) + " is not offered"));
    }
  }
  const std::string_view acl = head.header("x-amz-acl");
  if (!acl.empty() && acl != "private" && acl != "bucket-owner-full-control") {
    return std::unexpected(
        NotImplemented("x-amz-acl: got '" + std::string(acl) +
                       "', only private is offered; roles of keys say who "
                       "may do what"));
  }
  return {};
}

ApiResult<void> CheckTags(std::string_view tags) {
  const auto count = std::ranges::count(tags, '&') + 1;
  if (tags.empty() || static_cast<std::size_t>(count) <= kTagCountMax) {
    return {};
  }
  return std::unexpected(
      ApiError{400, "BadRequest",
               "an object has " + std::to_string(kTagCountMax) +
                   " tags at most, got " + std::to_string(count)});
}

// Whether a list of ETags, or "*", has `etag`.
bool HasEtag(std::string_view list, const std::string& etag) {
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || UnquotedEtag(one) == etag) return true;
  }
  return false;
}

ApiError Failed(const std::string& condition) {
  return {412, "PreconditionFailed",
          condition +
              ": at least one of the preconditions you specified did "
              "not hold"};
}

}  // namespace

std::string UnquotedEtag(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

ApiResult<std::map<std::string, std::string>> MetadataOfRequest(
    const RequestHead& head) {
  if (auto offered = CheckOffered(head); !offered) {
    return std::unexpected(offered.error());
  }
  std::map<std::string, std::string> metadata;
  std::size_t user_bytes = 0;
  for (const auto& [name, value] : head.headers) {
    if (name.starts_with(kMetaPrefix)) {
      user_bytes += name.size() - kMetaPrefix.size() + value.size();
      std::string& kept = metadata[name];
      kept += kept.empty() ? value : ',' + value;
    } else if (std::ranges::find(kKept, name) != kKept.end() &&
               !value.empty()) {
      metadata[name] = value;
    }
  }
  if (user_bytes > kUserMetadataBytesMax) {
    return std::unexpected(ApiError{
        400, "MetadataTooLarge",
        "the user metadata has " + std::to_string(user_bytes) +
            " bytes, the limit is " + std::to_string(kUserMetadataBytesMax)});
  }
  const std::string encoding = WithoutChunked(head.header("content-encoding"));
  if (!encoding.empty()) metadata["content-encoding"] = encoding;
  const std::string_view tags = head.header(kTagging);
  if (auto checked = CheckTags(tags); !checked) {
    return std::unexpected(checked.error());
  }
  if (!tags.empty()) metadata[std::string(kTagging)] = tags;
  return metadata;
}

ApiResult<WriteCondition> WriteConditionOf(const RequestHead& head) {
  WriteCondition condition;
  condition.if_match = UnquotedEtag(head.header("if-match"));
  const std::string_view none = head.header("if-none-match");
  if (!none.empty() && none != "*") {
    return std::unexpected(
        NotImplemented("If-None-Match: a write takes only '*', got '" +
                       std::string(none) + '\''));
  }
  condition.if_none_match = !none.empty();
  return condition;
}

ApiResult<void> CheckReadConditions(const RequestHead& head,
                                    const std::string& prefix,
                                    const ObjectInfo& info) {
  const auto header = [&](const char* name) {
    return head.header(prefix + name);
  };
  const auto time = [&](const char* name) {
    return ParseHttpTime(std::string(header(name)));
  };
  const std::int64_t modified = info.modified / kMicros;
  // A copy does not know "not modified".
  const ApiError unchanged =
      prefix.empty() ? ApiError{304, "NotModified", "it is as it was"}
                     : Failed(prefix + "if-none-match");
  if (const auto match = header("if-match"); !match.empty()) {
    if (!HasEtag(match, info.etag)) {
      return std::unexpected(Failed(prefix + "if-match"));
    }
  } else if (const auto limit = time("if-unmodified-since");
             limit && modified > *limit) {
    return std::unexpected(Failed(prefix + "if-unmodified-since"));
  }
  if (const auto none = header("if-none-match"); !none.empty()) {
    if (HasEtag(none, info.etag)) return std::unexpected(unchanged);
  } else if (const auto since = time("if-modified-since");
             since && modified <= *since) {
    return std::unexpected(unchanged);
  }
  return {};
}

void AddChecksumHeaders(const ObjectInfo& info, Response& response) {
  for (const auto& [name, value] : info.metadata) {
    if (AlgorithmOfHeader(name) || name == "x-amz-checksum-type") {
      response.headers.emplace_back(name, value);
    }
  }
}

void AddWrittenHeaders(const ObjectInfo& info, Response& response) {
  response.headers.emplace_back("ETag", '"' + info.etag + '"');
  if (info.version_id != "null") {
    response.headers.emplace_back("x-amz-version-id", info.version_id);
  }
}

void AddObjectHeaders(const S3Call& call, const ObjectInfo& info,
                      Response& response) {
  AddWrittenHeaders(info, response);
  response.headers.emplace_back("Last-Modified", HttpTime(info.modified));
  response.headers.emplace_back("Accept-Ranges", "bytes");
  std::map<std::string, std::string> told;
  told["content-type"] =
      info.content_type.empty() ? "binary/octet-stream" : info.content_type;
  for (const auto& [name, value] : info.metadata) {
    if (name == kTagging) {
      const auto count = std::ranges::count(value, '&') + 1;
      told["x-amz-tagging-count"] = std::to_string(count);
    } else if (!name.starts_with("x-amz-checksum-")) {
      told[name] = value;
    }
  }
  for (const char* const name :
       {"content-type", "content-language", "expires", "cache-control",
        "content-disposition", "content-encoding"}) {
    const std::string& value =
        call.target.parameter(std::string("response-") + name);
    if (!value.empty()) told[name] = value;
  }
  for (auto& [name, value] : told) {
    response.headers.emplace_back(name, std::move(value));
  }
}

}  // namespace skerry::cloud
