#include "format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::cli {
namespace {

using testing::ElementsAre;

TEST(FormatTest, BytesHaveTheUnitThatFits) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes(14'680'064), "14.0 MiB");
  EXPECT_EQ(FormatBytes(std::uint64_t{5} << 40), "5.0 TiB");
}

TEST(FormatTest, NumbersAreShort) {
  EXPECT_EQ(FormatFixed(4.056, 2), "4.06");
  EXPECT_EQ(FormatNumber(3.24e-7, 2), "3.2e-07");
}

TEST(FormatTest, TableColumnsLineUp) {
  const std::string table =
      FormatTable({{"op", "count"}, {"Conv", "7"}, {"x"}}, {1});

  EXPECT_EQ(table,
            "op    count\n"
            "Conv      7\n"
            "x\n");
}

TEST(FormatTest, WrapBreaksLinesBetweenWords) {
  EXPECT_EQ(Wrap("one two three", 7), "one two\nthree");
  EXPECT_EQ(Wrap("immeasurable is long", 5), "immeasurable\nis\nlong");
  EXPECT_EQ(Wrap("", 5), "");
}

TEST(FormatTest, SplitKeepsEmptyParts) {
  EXPECT_THAT(Split("1,,3", ','), ElementsAre("1", "", "3"));
  EXPECT_THAT(Split("", ','), ElementsAre(""));
}

}  // namespace
}  // namespace skerry::cli
