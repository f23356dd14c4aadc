#include "skerry/compiler/toolchain/digest.h"

#include <gtest/gtest.h>

#include <string_view>

namespace skerry::compiler {
namespace {

TEST(DigestTest, IsSha256) {
  const std::string_view text = "abc";

  // The first example of FIPS 180-2.
  EXPECT_EQ(Digest(std::as_bytes(std::span(text))),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
            "0015ad");
}

}  // namespace
}  // namespace skerry::compiler
