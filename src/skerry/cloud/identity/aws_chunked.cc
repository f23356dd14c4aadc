#include "skerry/cloud/identity/aws_chunked.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/aws/sigv4.h"
#include "skerry/cloud/identity/refusal.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kSizeDigitsMax = 16;
/// Of one line: a size and a signature, or a trailer.
constexpr std::size_t kLineBytesMax = 1024;
constexpr std::size_t kTrailerBytesMax = 8192;
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";

std::unexpected<ApiError> BadChunk(std::string_view message) {
  return std::unexpected(
      ApiError{400, "InvalidRequest",
               std::string("aws-chunked body: ").append(message)});
}

std::unexpected<ApiError> Incomplete() {
  return std::unexpected(
      ApiError{400, "IncompleteBody",
               "You did not provide the number of bytes specified by the "
               "x-amz-decoded-content-length HTTP header"});
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Of nothing: what a chunk's headers would be hashed to, if it had any.
const std::string& EmptyHash() {
  static const std::string kHash = aws::Hex(aws::Sha256(""));
  return kHash;
}

}  // namespace

AwsChunkedReader::AwsChunkedReader(ChunkedFormat format)
    : format_(std::move(format)) {
  if (format_.signing) previous_signature_ = format_.signing->seed;
}

ApiResult<void> AwsChunkedReader::Read(std::span<const std::byte> piece,
                                       std::vector<std::byte>& content) {
  while (!piece.empty()) {
    if (state_ == State::kDone) return BadChunk("bytes after its end");
    if (state_ == State::kData) {
      const std::span<const std::byte> data =
          piece.first(static_cast<std::size_t>(
              std::min<std::uint64_t>(chunk_left_, piece.size())));
      if (format_.signing) chunk_hash_.Add(data);
      content.insert(content.end(), data.begin(), data.end());
      chunk_left_ -= data.size();
      piece = piece.subspan(data.size());
      if (chunk_left_ == 0) state_ = State::kDataEnd;
      continue;
    }
    const char c = static_cast<char>(piece.front());
    piece = piece.subspan(1);
    line_ += c;
    if (c != '\n') {
      if (line_.size() > kLineBytesMax) return BadChunk("a line is too long");
      continue;
    }
    if (!line_.ends_with("\r\n")) return BadChunk("a line without CR");
    std::string line = std::exchange(line_, {});
    line.resize(line.size() - 2);
    if (auto taken = TakeLine(line); !taken) return taken;
  }
  return {};
}

ApiResult<void> AwsChunkedReader::TakeLine(std::string_view line) {
  switch (state_) {
    case State::kHead:
      return StartChunk(line);
    case State::kDataEnd:
      if (!line.empty()) return BadChunk("a chunk is longer than its size");
      return FinishChunk();
    case State::kTrailer:
      return line.empty() ? FinishTrailer() : AddTrailer(line);
    case State::kData:
    case State::kDone:
      break;
  }
  return BadChunk("bytes after its end");
}

ApiResult<void> AwsChunkedReader::StartChunk(std::string_view line) {
  constexpr std::string_view kExtension = ";chunk-signature=";
  const std::size_t semicolon = std::min(line.find(';'), line.size());
  const std::string_view digits = line.substr(0, semicolon);
  std::uint64_t size = 0;
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.size() > kSizeDigitsMax || fault != std::errc() ||
      end != digits.data() + digits.size()) {
    return BadChunk("want the size of a chunk in hexadecimal");
  }
  const std::string_view extension = line.substr(semicolon);
  if (format_.signing) {
    if (!extension.starts_with(kExtension) ||
        !IsSignature(extension.substr(kExtension.size()))) {
      return BadChunk("want ';chunk-signature=' and 64 digits");
    }
    chunk_signature_ = extension.substr(kExtension.size());
  } else if (!extension.empty()) {
    return BadChunk("its chunks are not signed, but one has a ';'");
  }
  if (size > format_.decoded_bytes - total_) return Incomplete();
  total_ += size;
  chunk_left_ = size;
  if (size > 0) {
    state_ = State::kData;
    return {};
  }
  last_chunk_ = true;
  return FinishChunk();
}

ApiResult<void> AwsChunkedReader::FinishChunk() {
  state_ = last_chunk_ ? State::kTrailer : State::kHead;
  if (!format_.signing) return {};
  const std::string hash = chunk_hash_.Take();
  return CheckSignature("PAYLOAD", EmptyHash() + "\n" + hash, chunk_signature_);
}

ApiResult<void> AwsChunkedReader::AddTrailer(std::string_view line) {
  trailer_bytes_ += line.size();
  if (trailer_bytes_ > kTrailerBytesMax) {
    return BadChunk("its trailer is too long");
  }
  const std::size_t colon = line.find(':');
  if (!format_.trailer || colon == std::string_view::npos) {
    return BadChunk("a line after the last chunk that is no trailer");
  }
  std::string name = Lower(line.substr(0, colon));
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (format_.signing && name == kTrailerSignature) {
    if (!trailer_signature_.empty() || !IsSignature(value)) {
      return BadChunk("want one x-amz-trailer-signature of 64 digits");
    }
    trailer_signature_ = value;
    return {};
  }
  const bool known = std::ranges::find(format_.trailer_names, name) !=
                     format_.trailer_names.end();
  const bool repeated = std::ranges::any_of(
      trailers_, [&](const auto& trailer) { return trailer.first == name; });
  if (!known || repeated || !trailer_signature_.empty()) {
    return BadChunk("a trailer that x-amz-trailer does not announce");
  }
  trailers_.emplace_back(std::move(name), value);
  return {};
}

ApiResult<void> AwsChunkedReader::FinishTrailer() {
  state_ = State::kDone;
  if (trailers_.size() != format_.trailer_names.size()) {
    return BadChunk("a trailer of x-amz-trailer is missing");
  }
  if (!format_.signing || !format_.trailer) return {};
  std::string text;
  for (const auto& [name, value] : trailers_) {
    text.append(name).append(":").append(value).append("\n");
  }
  return CheckSignature("TRAILER", aws::Hex(aws::Sha256(text)),
                        trailer_signature_);
}

ApiResult<void> AwsChunkedReader::CheckSignature(std::string_view kind,
                                                 std::string_view hashes,
                                                 const std::string& signature) {
  std::string text("AWS4-HMAC-SHA256-");
  text.append(kind).append("\n").append(format_.signing->time);
  text.append("\n").append(format_.signing->scope);
  text.append("\n").append(previous_signature_).append("\n").append(hashes);
  if (!aws::EqualSecrets(aws::Signature(format_.signing->key, text),
                         signature)) {
    return std::unexpected(RefuseSignature(true));
  }
  previous_signature_ = signature;
  return {};
}

ApiResult<void> AwsChunkedReader::End() {
  if (state_ != State::kDone || total_ != format_.decoded_bytes) {
    return Incomplete();
  }
  return {};
}

}  // namespace skerry::cloud
