#include "skerry/compiler/lower/cpp_text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <limits>

namespace skerry::compiler {
namespace {

TEST(CppTextTest, FloatsComeBackExactly) {
  for (const float value : {0.1F, -1.0F, 3.0F, 1e-40F, 3.4e38F, 16777216.0F}) {
    const std::string text = CppFloat(value);

    EXPECT_EQ(std::strtof(text.c_str(), nullptr), value) << text;
    EXPECT_EQ(text.back(), 'f');
  }
}

TEST(CppTextTest, FloatsWithoutALiteralUseBuiltins) {
  const float infinity = std::numeric_limits<float>::infinity();

  EXPECT_EQ(CppFloat(infinity), "__builtin_inff()");
  EXPECT_EQ(CppFloat(-infinity), "-__builtin_inff()");
  EXPECT_EQ(CppFloat(std::numeric_limits<float>::quiet_NaN()),
            "__builtin_nanf(\"\")");
}

TEST(CppTextTest, IntegersReachBothEnds) {
  EXPECT_EQ(CppInt(std::numeric_limits<std::int64_t>::max()),
            "9223372036854775807");
  EXPECT_EQ(CppInt(std::numeric_limits<std::int64_t>::min()),
            "(-9223372036854775807LL - 1)");
  EXPECT_EQ(CppInts(std::array<std::int64_t, 2>{1, -2}), "{1, -2}");
}

TEST(CppTextTest, NamesCannotLeaveTheirString) {
  EXPECT_EQ(CppString("a\"); system(\"b"), "\"a\\042); system(\\042b\"");
  EXPECT_EQ(CppString("\?\?/\n1"), "\"\\077\\077/\\0121\"");
}

TEST(CppTextTest, NamesCannotLeaveTheirComment) {
  EXPECT_EQ(CppComment("conv\nvoid f(); \\"), "conv?void f(); ?");
}

}  // namespace
}  // namespace skerry::compiler
