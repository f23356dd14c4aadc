#include <gtest/gtest.h>

#include <string>

#include "skerry/telemetry/trace.h"

namespace skerry::telemetry {
namespace {

constexpr char kGood[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, ATraceparentIsRead) {
  const auto context = ParseTraceparent(kGood);

  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id[0], 0x0a);
  EXPECT_EQ(context->trace_id[15], 0x9c);
  EXPECT_EQ(context->parent_span_id[0], 0xb7);
  EXPECT_EQ(context->parent_span_id[7], 0x31);
  EXPECT_TRUE(context->sampled);
}

TEST(TraceContextTest, OnlyTheSampledFlagIsLookedAt) {
  std::string header = kGood;
  header.replace(53, 2, "fe");

  EXPECT_FALSE(ParseTraceparent(header)->sampled);
}

TEST(TraceContextTest, ALaterVersionMayHaveMoreAtItsEnd) {
  std::string later = kGood;
  later.replace(0, 2, "cc");

  EXPECT_TRUE(ParseTraceparent(later));
  EXPECT_TRUE(ParseTraceparent(later + "-more"));
  EXPECT_FALSE(ParseTraceparent(later + ".more"));
}

class BadTraceparentTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadTraceparentTest, IsNoContext) {
  EXPECT_FALSE(ParseTraceparent(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    TraceContextTest, BadTraceparentTest,
    ::testing::Values(
        "", "00", std::string(kGood).substr(0, 54), kGood + std::string("-"),
        kGood + std::string("1"),
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0G-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01"));

}  // namespace
}  // namespace skerry::telemetry
