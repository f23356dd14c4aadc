#include "skerry/cloud/identity/aws_chunked.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/cloud/identity/identity_test_support.h"

namespace skerry::cloud {
namespace {

using testing::ElementsAre;
using testing::Pair;

// 65 KiB of 'a' in chunks of 64 KiB, as in the examples of S3's manual.
constexpr std::size_t kContentBytes = 66560;
constexpr std::size_t kChunkBytes = 65536;

std::string SignedChunk(std::size_t bytes, const std::string& signature) {
  const std::string size = bytes == kChunkBytes ? "10000"
                           : bytes == 0         ? "0"
                                                : "400";
  std::string chunk = size + ";chunk-signature=" + signature + "\r\n";
  if (bytes > 0) chunk += std::string(bytes, 'a') + "\r\n";
  return chunk;
}

RequestHead ManualHead(const std::string& payload_hash,
                       const std::string& signed_headers,
                       const std::string& signature) {
  RequestHead head;
  head.method = "PUT";
  head.target = "/examplebucket/chunkObject.txt";
  head.headers = {
      {"host", "s3.amazonaws.com"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
      {"authorization",
       "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"
       "s3/aws4_request,SignedHeaders=" +
           signed_headers + ",Signature=" + signature},
      {"x-amz-content-sha256", payload_hash},
      {"content-encoding", "aws-chunked"},
      {"x-amz-decoded-content-length", "66560"}};
  return head;
}

// "Signature Calculations for the Authorization Header: Transferring Payload
// in Multiple Chunks".
RequestHead ManualChunked() {
  RequestHead head = ManualHead(
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
      "x-amz-decoded-content-length;x-amz-storage-class",
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  head.headers.emplace_back("content-length", "66824");
  return head;
}

std::string ManualChunkedBody() {
  return SignedChunk(
             kChunkBytes,
             "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a28"
             "8648") +
         SignedChunk(
             1024,
             "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef"
             "5497") +
         SignedChunk(
             0,
             "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d44"
             "9df9") +
         "\r\n";
}

// The same "... (Chunked Upload with Trailing Headers)".
RequestHead ManualTrailer() {
  RequestHead head = ManualHead(
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
      "content-encoding;host;x-amz-content-sha256;x-amz-date;"
      "x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  head.headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32c");
  return head;
}

std::string ManualTrailerBody() {
  return SignedChunk(
             kChunkBytes,
             "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef"
             "5aa2") +
         SignedChunk(
             1024,
             "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51"
             "e5c7") +
         SignedChunk(
             0,
             "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863"
             "f992") +
         "x-amz-checksum-crc32c:sOO8/Q==\r\n"
         "x-amz-trailer-signature:"
         "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
         "\r\n\r\n";
}

std::string Outcome(const RequestHead& head, std::string_view body,
                    std::size_t piece_bytes = 1000) {
  FixedKeys keys;
  const ApiResult<VerifiedRequest> verified =
      VerifyRequest(head, keys, ExampleTime());
  if (!verified) return verified.error().code;
  return CodeOf(ReadAll(*verified->payload, body, piece_bytes));
}

TEST(AwsChunkedTest, TheManualsChunksAreVerified) {
  for (const std::size_t piece_bytes :
       {std::size_t{1}, std::size_t{4093}, std::size_t{1} << 20}) {
    FixedKeys keys;
    const ApiResult<VerifiedRequest> verified =
        VerifyRequest(ManualChunked(), keys, ExampleTime());
    ASSERT_EQ(CodeOf(verified), "ok") << verified.error().message;

    const ApiResult<std::string> content =
        ReadAll(*verified->payload, ManualChunkedBody(), piece_bytes);

    ASSERT_EQ(CodeOf(content), "ok");
    EXPECT_EQ(*content, std::string(kContentBytes, 'a'));
  }
}

TEST(AwsChunkedTest, TheManualsTrailerIsVerified) {
  FixedKeys keys;
  const ApiResult<VerifiedRequest> verified =
      VerifyRequest(ManualTrailer(), keys, ExampleTime());
  ASSERT_EQ(CodeOf(verified), "ok");

  const ApiResult<std::string> content =
      ReadAll(*verified->payload, ManualTrailerBody(), 17);

  ASSERT_EQ(CodeOf(content), "ok");
  EXPECT_EQ(content->size(), kContentBytes);
  EXPECT_THAT(verified->payload->trailers(),
              ElementsAre(Pair("x-amz-checksum-crc32c", "sOO8/Q==")));
}

TEST(AwsChunkedTest, EveryByteOfASignedBodyCounts) {
  const std::string body = ManualTrailerBody();
  // All of the lines, and some of the data.
  std::vector<std::size_t> places = {100, 5000, kChunkBytes + 80};
  for (std::size_t i = 0; i < 84; ++i) places.push_back(i);
  for (std::size_t i = body.size() - 220; i < body.size(); ++i) {
    places.push_back(i);
  }

  for (const std::size_t place : places) {
    std::string changed = body;
    changed[place] = static_cast<char>(changed[place] ^ 1);

    // A letter's case in "x-amz-checksum-crc32c" changes by 32, not by 1.
    EXPECT_NE(Outcome(ManualTrailer(), changed), "ok")
        << place << " " << body.substr(place, 10);
  }
}

TEST(AwsChunkedTest, ChunksCannotBeLeftOutMovedOrCutOff) {
  const std::string body = ManualChunkedBody();
  const std::size_t second = body.find("400;");
  const std::size_t last = body.find("0;chunk-signature=b6");

  EXPECT_EQ(Outcome(ManualChunked(), body.substr(second)),
            "SignatureDoesNotMatch");
  EXPECT_EQ(
      Outcome(ManualChunked(), body.substr(0, second) + body.substr(last)),
      "SignatureDoesNotMatch");
  EXPECT_EQ(
      Outcome(ManualChunked(), body.substr(second, last - second) +
                                   body.substr(0, second) + body.substr(last)),
      "SignatureDoesNotMatch");
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{10}, second, last, body.size() - 1}) {
    EXPECT_EQ(Outcome(ManualChunked(), body.substr(0, bytes)),
              "IncompleteBody");
  }
  EXPECT_EQ(Outcome(ManualChunked(), body + "x"), "InvalidRequest");
}

TEST(AwsChunkedTest, TheTrailersSignatureIsWanted) {
  std::string body = ManualTrailerBody();
  body.erase(body.find("x-amz-trailer-signature"), 90);

  EXPECT_EQ(Outcome(ManualTrailer(), body), "SignatureDoesNotMatch");
}

// What the SDKs send over TLS: no signatures, a checksum at the end.
class UnsignedTrailerTest : public testing::Test {
 protected:
  AwsChunkedReader Reader(std::uint64_t bytes) {
    return AwsChunkedReader({.signing = std::nullopt,
                             .trailer = true,
                             .trailer_names = {"x-amz-checksum-crc32"},
                             .decoded_bytes = bytes});
  }

  std::string Code(std::string_view body, std::uint64_t bytes = 5) {
    AwsChunkedReader reader = Reader(bytes);
    return CodeOf(ReadAll(reader, body, 3));
  }
};

TEST_F(UnsignedTrailerTest, GivesContentAndTrailer) {
  AwsChunkedReader reader = Reader(8);

  const ApiResult<std::string> content =
      ReadAll(reader,
              "5\r\nhello\r\n3\r\n\r\na\r\n0\r\nX-Amz-Checksum-Crc32: NhCmhg== "
              "\r\n\r\n",
              1);

  ASSERT_EQ(CodeOf(content), "ok");
  EXPECT_EQ(*content, "hello\r\na");
  EXPECT_THAT(reader.trailers(),
              ElementsAre(Pair("x-amz-checksum-crc32", "NhCmhg==")));
}

TEST_F(UnsignedTrailerTest, RefusesWhatIsMalformed) {
  const std::string end = "0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
  ASSERT_EQ(Code("5\r\nhello\r\n" + end), "ok");

  EXPECT_EQ(Code("5\nhello\r\n" + end), "InvalidRequest");
  EXPECT_EQ(Code("5;a=b\r\nhello\r\n" + end), "InvalidRequest");
  EXPECT_EQ(Code("\r\nhello\r\n" + end), "InvalidRequest");
  EXPECT_EQ(Code("-5\r\nhello\r\n" + end), "InvalidRequest");
  EXPECT_EQ(Code("0x5\r\nhello\r\n" + end), "InvalidRequest");
  EXPECT_EQ(Code("00000000000000005\r\nhello\r\n" + end), "InvalidRequest");
  EXPECT_EQ(Code("5\r\nhellox\r\n" + end), "InvalidRequest");
  EXPECT_EQ(Code("5\r\nhello\r\n0\r\n\r\n"), "InvalidRequest");
  EXPECT_EQ(Code("5\r\nhello\r\n0\r\nnonsense\r\n\r\n"), "InvalidRequest");
  EXPECT_EQ(Code("5\r\nhello\r\n0\r\nx-amz-meta-a:b\r\n\r\n"),
            "InvalidRequest");
  EXPECT_EQ(Code("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:a\r\n"
                 "x-amz-checksum-crc32:b\r\n\r\n"),
            "InvalidRequest");
  EXPECT_EQ(Code(std::string(2000, '0')), "InvalidRequest");
}

TEST_F(UnsignedTrailerTest, HoldsTheClientToItsLength) {
  const std::string body =
      "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";

  EXPECT_EQ(Code(body, 4), "IncompleteBody");
  EXPECT_EQ(Code(body, 6), "IncompleteBody");
  EXPECT_EQ(Code("ffffffffffffffff\r\nhello", 5), "IncompleteBody");
}

TEST(AwsChunkedHeadTest, WantsTheDecodedLength) {
  RequestHead head = SignedHead("s3", "PUT", "/k", "");
  RequestHead chunked = ManualChunked();
  std::erase_if(chunked.headers, [](const auto& header) {
    return header.first == "x-amz-decoded-content-length";
  });

  EXPECT_EQ(Outcome(head, ""), "ok");
  EXPECT_EQ(Outcome(chunked, ""), "SignatureDoesNotMatch");  // it is signed
}

}  // namespace
}  // namespace skerry::cloud
