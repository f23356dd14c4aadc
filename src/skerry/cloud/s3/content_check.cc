#include "skerry/cloud/s3/content_check.h"

#include <algorithm>
#include <utility>

#include "skerry/aws/digest.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kMd5Bytes = 16;

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

std::string Raised(std::string_view text) {
  std::string raised(text);
  for (char& c : raised) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return raised;
}

ApiError InvalidRequest(std::string message) {
  return {400, "InvalidRequest", std::move(message)};
}

struct Told {
  std::optional<ChecksumAlgorithm> algorithm;
  std::string value;
  bool in_trailer = false;
};

// The one checksum that the headers tell, or promise after the body.
ApiResult<Told> ChecksumTold(const RequestHead& head) {
  Told told;
  for (const auto& [name, value] : head.headers) {
    std::optional<ChecksumAlgorithm> algorithm = AlgorithmOfHeader(name);
    const bool trailer = name == "x-amz-trailer";
    if (trailer) algorithm = AlgorithmOfHeader(Lowered(value));
    if (!algorithm) continue;
    if (told.algorithm) {
      return std::unexpected(
          InvalidRequest("expecting a single x-amz-checksum- header; multiple "
                         "checksum types are not allowed"));
    }
    told.algorithm = algorithm;
    told.in_trailer = trailer;
    if (!trailer) told.value = value;
  }
  if (!told.value.empty() &&
      !DecodeBase64(told.value, ChecksumBytes(*told.algorithm))) {
    return std::unexpected(InvalidRequest(
        "value for " + std::string(ChecksumHeader(*told.algorithm)) +
        " header is invalid: got '" + told.value + "', want base64 of " +
        std::to_string(ChecksumBytes(*told.algorithm)) + " bytes"));
  }
  return told;
}

}  // namespace

ApiResult<std::optional<ChecksumAlgorithm>> NamedAlgorithm(
    const RequestHead& head) {
  for (const char* const name :
       {"x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm"}) {
    const std::string_view value = head.header(name);
    if (value.empty()) continue;
    auto algorithm = ParseChecksumAlgorithm(Raised(value));
    if (algorithm) return algorithm;
    return std::unexpected(
        InvalidRequest(std::string(name) + ": got '" + std::string(value) +
                       "', want CRC32, CRC32C, CRC64NVME, SHA1 or SHA256"));
  }
  return std::optional<ChecksumAlgorithm>();
}

ApiResult<ContentCheck> ContentCheck::Create(
    const RequestHead& head, std::optional<ChecksumAlgorithm> wanted) {
  ContentCheck check;
  if (const auto md5 = head.header("content-md5"); !md5.empty()) {
    const auto bytes = DecodeBase64(md5, kMd5Bytes);
    if (!bytes) {
      return std::unexpected(ApiError{400, "InvalidDigest",
                                      "Content-MD5: got '" + std::string(md5) +
                                          "', want base64 of 16 bytes"});
    }
    check.md5_ = aws::Hex(*bytes);
  }
  auto told = ChecksumTold(head);
  if (!told) return std::unexpected(told.error());
  const auto named = NamedAlgorithm(head);
  if (!named) return std::unexpected(named.error());
  check.algorithm_ = told->algorithm ? told->algorithm
                     : *named        ? *named
                                     : wanted;
  check.told_ = std::move(told->value);
  check.in_trailer_ = told->in_trailer;
  if (check.algorithm_) check.state_ = Checksum::Create(*check.algorithm_);
  return check;
}

void ContentCheck::Update(std::span<const std::byte> piece) {
  if (state_) state_->Update(piece);
}

ApiResult<void> ContentCheck::Finish(const http::Headers& trailers,
                                     std::string_view md5) {
  if (!md5_.empty() && md5_ != md5) {
    return std::unexpected(
        ApiError{400, "BadDigest",
                 "the Content-MD5 you specified did not match what we "
                 "received"});
  }
  if (!state_) return {};
  checksum_ = aws::EncodeBase64(state_->Finish());
  if (in_trailer_) {
    const std::string_view name = ChecksumHeader(*algorithm_);
    const auto found = std::ranges::find_if(trailers, [name](const auto& pair) {
      return Lowered(pair.first) == name;
    });
    if (found == trailers.end()) {
      return std::unexpected(
          InvalidRequest("x-amz-trailer promised " + std::string(name) +
                         ", which did not come after the body"));
    }
    told_ = found->second;
  }
  if (told_.empty() || told_ == checksum_) return {};
  return std::unexpected(ApiError{
      400, "BadDigest",
      "the " + std::string(ChecksumName(*algorithm_)) +
          " you specified did not match the calculated checksum: got " + told_ +
          ", calculated " + checksum_});
}

}  // namespace skerry::cloud
