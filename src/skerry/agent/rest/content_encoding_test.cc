#include "skerry/agent/rest/content_encoding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace skerry::agent {
namespace {

/// `window` 15 is zlib's own form ("deflate"), 31 is gzip's.
std::string Compress(const std::string& text, int window) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, 0), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in =
      const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(ContentEncodingTest, GzipAndDeflateAreUndone) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    text += std::to_string(i);
  }
  EXPECT_EQ(DecodeContent(Compress(text, 31), "gzip", 1 << 20), text);
  EXPECT_EQ(DecodeContent(Compress(text, 15), "deflate", 1 << 20), text);
  EXPECT_EQ(DecodeContent(Compress("", 31), "gzip", 1 << 20), "");
  EXPECT_EQ(DecodeContent("as it is", "", 1), "as it is");
  EXPECT_EQ(DecodeContent("as it is", "identity", 1), "as it is");
}

TEST(ContentEncodingTest, ABombIsStoppedAtTheLimit) {
  const std::string bomb = Compress(std::string(32 << 20, '\0'), 31);
  const auto content = DecodeContent(bomb, "gzip", 1 << 20);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code(), ErrorCode::kResourceExhausted);
}

TEST(ContentEncodingTest, DamagedBodiesAreRefused) {
  const std::string good = Compress("some text that is long enough", 31);
  for (const std::string& bad :
       {good.substr(0, good.size() - 9), std::string("plain"), std::string(),
        good + "tail"}) {
    const auto content = DecodeContent(bad, "gzip", 1 << 20);
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(DecodeContent(good, "br", 1 << 20).error().code(),
            ErrorCode::kUnimplemented);
}

}  // namespace
}  // namespace skerry::agent
