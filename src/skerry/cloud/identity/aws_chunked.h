#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/identity/sha256_stream.h"

namespace skerry::cloud {

/// How the chunks of an aws-chunked body are signed: each signature covers the
/// one before it, and the first one the request's own.
struct ChunkSigning {
  std::string key;    ///< of the request's scope
  std::string scope;  ///< "20130524/us-east-1/s3/aws4_request"
  std::string time;   ///< as in the request
  std::string seed;   ///< the request's signature
};

struct ChunkedFormat {
  std::optional<ChunkSigning> signing;  ///< none: chunks are not signed
  bool trailer = false;                 ///< headers come after the last chunk
  /// Those that x-amz-trailer announced, in lower case; no other is taken.
  std::vector<std::string> trailer_names;
  std::uint64_t decoded_bytes = 0;  ///< x-amz-decoded-content-length
};

/// Decodes an aws-chunked body:
///
///     SIZE[;chunk-signature=SIGNATURE]\r\n  DATA\r\n  ...  0...\r\n
///     [NAME:VALUE\r\n ...]  [x-amz-trailer-signature:SIGNATURE\r\n]  \r\n
///
/// A chunk's bytes are given out before its signature can be checked, since a
/// chunk may be of any size.
class AwsChunkedReader final : public PayloadReader {
 public:
  explicit AwsChunkedReader(ChunkedFormat format);

  ApiResult<void> Read(std::span<const std::byte> piece,
                       std::vector<std::byte>& content) override;
  ApiResult<void> End() override;
  const http::Headers& trailers() const override { return trailers_; }

 private:
  enum class State : std::uint8_t {
    kHead,     // SIZE...\r\n
    kData,     // what a chunk holds
    kDataEnd,  // \r\n after it
    kTrailer,  // lines up to an empty one
    kDone,
  };

  ApiResult<void> TakeLine(std::string_view line);
  ApiResult<void> StartChunk(std::string_view line);
  ApiResult<void> FinishChunk();
  ApiResult<void> AddTrailer(std::string_view line);
  ApiResult<void> FinishTrailer();
  ApiResult<void> CheckSignature(std::string_view kind, std::string_view hashes,
                                 const std::string& signature);

  ChunkedFormat format_;
  State state_ = State::kHead;
  std::string line_;  // so much of the line has come
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false;
  std::uint64_t total_ = 0;
  std::string chunk_signature_;
  std::string previous_signature_;
  Sha256Stream chunk_hash_;
  std::size_t trailer_bytes_ = 0;
  std::string trailer_signature_;
  http::Headers trailers_;
};

}  // namespace skerry::cloud
