#include "skerry/compiler/toolchain/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TargetTest, LevelsOfX86SayWhatTheCpuMustHave) {
  const auto v2 = FindTarget("x86-64-v2");
  const auto v3 = FindTarget("x86-64-v3");
  const auto v4 = FindTarget("x86-64-v4");

  ASSERT_TRUE(v2 && v3 && v4);
  EXPECT_EQ(v2->vectors, VectorSet::kSse);
  EXPECT_THAT(v2->cpu_features, Not(Contains("avx")));
  EXPECT_EQ(v3->vectors, VectorSet::kAvx2);
  EXPECT_THAT(v3->cpu_features, Contains("fma"));
  EXPECT_EQ(v4->vectors, VectorSet::kAvx512);
  EXPECT_EQ(v4->vector_lanes, 16);
  EXPECT_THAT(v4->cpu_features, Contains("avx512vl"));
}

TEST(TargetTest, AmxAsksForTiles) {
  const auto target = FindTarget("x86-64-amx");

  ASSERT_TRUE(target);
  EXPECT_THAT(target->cpu_features, Contains("amx_int8"));
  EXPECT_EQ(target->vectors, VectorSet::kAvx512);
}

TEST(TargetTest, ArmCpusAreFoundByClangsNames) {
  const auto a53 = FindTarget("cortex-a53");
  const auto n1 = FindTarget("neoverse-n1");

  ASSERT_TRUE(a53 && n1);
  EXPECT_EQ(a53->architecture, "aarch64");
  EXPECT_EQ(a53->vectors, VectorSet::kNeon);
  EXPECT_THAT(a53->cpu_features, Not(Contains("asimddp")));
  EXPECT_THAT(n1->cpu_features, Contains("asimddp"));
  EXPECT_EQ(n1->l2_bytes, 1 << 20);
}

TEST(TargetTest, NativeIsTheBestLevelHere) {
  const auto target = FindTarget("native");

  ASSERT_TRUE(target);
  EXPECT_NE(target->name, "native");
}

TEST(TargetTest, UnknownNamesAreRefusedWithTheChoices) {
  const auto target = FindTarget("pentium-900");

  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(target.error().message(), HasSubstr("'pentium-900'"));
  EXPECT_THAT(target.error().message(), HasSubstr("x86-64-v3"));
}

TEST(TargetTest, NamesThatLookLikeFlagsAreRefused) {
  EXPECT_FALSE(FindTarget("").has_value());
  EXPECT_FALSE(FindTarget("-v").has_value());
  EXPECT_FALSE(FindTarget("native -O0").has_value());
}

}  // namespace
}  // namespace skerry::compiler
