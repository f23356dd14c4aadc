#include "skerry/cloud/s3/target.h"

#include <charconv>

#include "skerry/cloud/objects/checksum.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/telemetry/utf8.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kParameterCountMax = 64;

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t count = telemetry::Utf8CharacterBytes(text);
    if (count == 0) return false;
    text.remove_prefix(count);
  }
  return true;
}

ApiResult<void> CheckKey(const std::string& key) {
  if (key.size() > kKeyBytesMax) {
    return std::unexpected(
        ApiError{400, "KeyTooLongError",
                 "the key has " + std::to_string(key.size()) +
                     " bytes, the limit is " + std::to_string(kKeyBytesMax)});
  }
  if (!IsUtf8(key) || key.find('\0') != std::string::npos) {
    return std::unexpected(ApiError{400, "InvalidArgument",
                                    "the key is no UTF-8, or holds a NUL"});
  }
  return {};
}

ApiError InvalidUri() {
  return {400, "InvalidURI", "a '%' must be followed by two digits"};
}

// The bucket that the host names; empty: none.
std::string_view BucketOfHost(std::string_view host,
                              const std::vector<std::string>& base_hosts) {
  host = host.substr(0, host.find(':'));
  for (const std::string& base : base_hosts) {
    for (const std::string& suffix : {".s3." + base, "." + base}) {
      if (host == std::string_view(suffix).substr(1)) return {};
      if (host.size() > suffix.size() && host.ends_with(suffix)) {
        const auto bucket = host.substr(0, host.size() - suffix.size());
        // "s3.HOST" is the service.
        return bucket == "s3" ? std::string_view() : bucket;
      }
    }
  }
  return {};
}

ApiResult<void> ParseParameters(std::string_view query, S3Target& target) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (target.parameters.size() == kParameterCountMax) {
      return std::unexpected(ApiError{400, "InvalidArgument",
                                      "the query has more than " +
                                          std::to_string(kParameterCountMax) +
                                          " parameters"});
    }
    const std::size_t equals = pair.find('=');
    auto name = PercentDecode(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos
                     ? std::optional<std::string>("")
                     : PercentDecode(pair.substr(equals + 1), true);
    if (!name || !value) return std::unexpected(InvalidUri());
    target.parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return {};
}

}  // namespace

bool S3Target::has(std::string_view name) const {
  for (const auto& [known, value] : parameters) {
    if (known == name) return true;
  }
  return false;
}

const std::string& S3Target::parameter(std::string_view name) const {
  static const std::string kNothing;
  for (const auto& [known, value] : parameters) {
    if (known == name) return value;
  }
  return kNothing;
}

std::optional<std::string> PercentDecode(std::string_view text,
                                         bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto byte = DecodeHex(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      decoded += *byte;
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

ApiResult<S3Target> ParseS3Target(std::string_view target,
                                  std::string_view host,
                                  const std::vector<std::string>& base_hosts) {
  S3Target parsed;
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  if (!path.starts_with('/')) return std::unexpected(InvalidUri());
  path.remove_prefix(1);
  parsed.bucket = BucketOfHost(host, base_hosts);
  parsed.bucket_in_host = !parsed.bucket.empty();
  if (!parsed.bucket_in_host) {
    const std::size_t slash = path.find('/');
    auto bucket = PercentDecode(path.substr(0, slash), false);
    if (!bucket) return std::unexpected(InvalidUri());
    parsed.bucket = *std::move(bucket);
    path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    if (parsed.bucket.empty() && !path.empty()) {
      return std::unexpected(
          ApiError{400, "InvalidBucketName", "the path names no bucket"});
    }
  }
  auto key = PercentDecode(path, false);
  if (!key) return std::unexpected(InvalidUri());
  parsed.key = *std::move(key);
  if (auto checked = CheckKey(parsed.key); !checked) {
    return std::unexpected(checked.error());
  }
  if (mark != std::string_view::npos) {
    auto read = ParseParameters(target.substr(mark + 1), parsed);
    if (!read) return std::unexpected(read.error());
  }
  return parsed;
}

ApiResult<CopySource> ParseCopySource(std::string_view text) {
  const ApiError invalid = {400, "InvalidArgument",
                            "x-amz-copy-source must be BUCKET/KEY, "
                            "percent-encoded, or with ?versionId=ID"};
  CopySource source;
  constexpr std::string_view kVersion = "?versionId=";
  if (const auto at = text.rfind(kVersion); at != std::string_view::npos) {
    source.version_id = text.substr(at + kVersion.size());
    text = text.substr(0, at);
  }
  if (text.starts_with('/')) text.remove_prefix(1);
  const auto decoded = PercentDecode(text, false);
  if (!decoded) return std::unexpected(invalid);
  const std::size_t slash = decoded->find('/');
  if (slash == std::string::npos || slash == 0 ||
      slash + 1 == decoded->size()) {
    return std::unexpected(invalid);
  }
  source.bucket = decoded->substr(0, slash);
  source.key = decoded->substr(slash + 1);
  if (auto checked = CheckKey(source.key); !checked) {
    return std::unexpected(checked.error());
  }
  return source;
}

ApiResult<int> ParseCount(std::string_view name, std::string_view text,
                          int fallback, int max) {
  if (text.empty()) return fallback;
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  const bool too_large =
      parsed.ec == std::errc::result_out_of_range && !text.starts_with('-');
  if (parsed.ptr != end || (parsed.ec != std::errc() && !too_large) ||
      value < 0) {
    return std::unexpected(ApiError{400, "InvalidArgument",
                                    std::string(name) + ": got '" +
                                        std::string(text) +
                                        "', want a number of 0 or more"});
  }
  return too_large ? max : std::min(value, max);
}

}  // namespace skerry::cloud
