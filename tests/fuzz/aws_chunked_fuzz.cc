// Any bytes are the body of an upload in chunks; the first ones say of which
// form, and how it comes. However it comes, the outcome is the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/identity/aws_chunked.h"
#include "skerry/cloud/identity/identity_test_support.h"

namespace {

using skerry::cloud::AwsChunkedReader;
using skerry::cloud::ChunkedFormat;

struct Outcome {
  std::string code;
  std::string content;
  skerry::http::Headers trailers;

  bool operator==(const Outcome&) const = default;
};

Outcome Decode(const ChunkedFormat& format, std::string_view body,
               std::size_t piece_bytes) {
  AwsChunkedReader reader(format);
  const auto content = ReadAll(reader, body, piece_bytes);
  return {skerry::cloud::CodeOf(content), content.value_or(""),
          reader.trailers()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 3) return 0;
  ChunkedFormat format;
  if ((data[0] & 1U) != 0) {
    // The key and seed of S3's examples.
    format.signing = skerry::cloud::ChunkSigning{
        .key =
            skerry::aws::SigningKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                    {"20130524", "us-east-1", "s3"}),
        .scope = "20130524/us-east-1/s3/aws4_request",
        .time = "20130524T000000Z",
        .seed =
            "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfe"
            "b8e"};
  }
  format.trailer = (data[0] & 2U) != 0;
  if (format.trailer) format.trailer_names = {"x-amz-checksum-crc32c"};
  format.decoded_bytes = data[1];
  const std::size_t piece_bytes = data[2] % 64U + 1U;
  const std::string_view body(reinterpret_cast<const char*>(data) + 3,
                              size - 3);

  const Outcome whole = Decode(format, body, body.size() + 1);
  const Outcome pieces = Decode(format, body, piece_bytes);

  SKERRY_CHECK(whole == pieces);
  SKERRY_CHECK(whole.code != "ok" ||
               whole.content.size() == format.decoded_bytes);
  return 0;
}
