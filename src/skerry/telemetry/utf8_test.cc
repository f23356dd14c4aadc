#include "skerry/telemetry/utf8.h"

#include <gtest/gtest.h>

namespace skerry::telemetry {
namespace {

TEST(Utf8Test, CharactersAreMeasured) {
  EXPECT_EQ(Utf8CharacterBytes(""), 0);
  EXPECT_EQ(Utf8CharacterBytes("ab"), 1);
  EXPECT_EQ(Utf8CharacterBytes("\xc3\xa9x"), 2);
  EXPECT_EQ(Utf8CharacterBytes("\xe2\x82\xac"), 3);
  EXPECT_EQ(Utf8CharacterBytes("\xf0\x9f\x98\x80"), 4);
}

TEST(Utf8Test, WhatIsNoCharacterIsFound) {
  EXPECT_EQ(Utf8CharacterBytes("\x80"), 0) << "continuation";
  EXPECT_EQ(Utf8CharacterBytes("\xc3"), 0) << "cut off";
  EXPECT_EQ(Utf8CharacterBytes("\xc0\x80"), 0) << "overlong";
  EXPECT_EQ(Utf8CharacterBytes("\xe0\x80\x80"), 0) << "overlong";
  EXPECT_EQ(Utf8CharacterBytes("\xed\xa0\x80"), 0) << "surrogate";
  EXPECT_EQ(Utf8CharacterBytes("\xf4\x90\x80\x80"), 0) << "past U+10FFFF";
  EXPECT_EQ(Utf8CharacterBytes("\xe2\x82x"), 0) << "broken off";
}

TEST(Utf8Test, InvalidBytesAreReplacedOneByOne) {
  EXPECT_EQ(ReplaceInvalidUtf8("a\xff\xc3z\xc3\xa9"),
            "a\xEF\xBF\xBD\xEF\xBF\xBDz\xc3\xa9");
}

}  // namespace
}  // namespace skerry::telemetry
