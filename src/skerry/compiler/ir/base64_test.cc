#include "skerry/compiler/ir/base64.h"

#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

std::string Encode(std::string_view text) {
  return EncodeBase64(std::as_bytes(std::span(text)));
}

TEST(Base64Test, EncodesTheVectorsOfTheRfc) {
  EXPECT_EQ(Encode(""), "");
  EXPECT_EQ(Encode("f"), "Zg==");
  EXPECT_EQ(Encode("fo"), "Zm8=");
  EXPECT_EQ(Encode("foo"), "Zm9v");
  EXPECT_EQ(Encode("foobar"), "Zm9vYmFy");
}

TEST(Base64Test, DecodesWhatItEncodes) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<std::byte>(i));

    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
  }
}

TEST(Base64Test, RefusesWhatEncodeNeverGives) {
  EXPECT_FALSE(DecodeBase64("Zg="));
  EXPECT_FALSE(DecodeBase64("Zg=a"));
  EXPECT_FALSE(DecodeBase64("Z==="));
  EXPECT_FALSE(DecodeBase64("Zh=="));
  EXPECT_FALSE(DecodeBase64("Z m8"));
}

}  // namespace
}  // namespace skerry::compiler
