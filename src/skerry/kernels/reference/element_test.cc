#include "skerry/kernels/reference/element.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace skerry::kernels::reference {
namespace {

Float16 Half(u16 bits) {
  Float16 half;
  half.bits = bits;
  return half;
}

TEST(Float16Test, EveryNumberBecomesItselfThroughFloat) {
  for (u32 bits = 0; bits <= 0xffff; ++bits) {
    const Float16 half = Half(static_cast<u16>(bits));
    const f32 value = half;
    if (value != value) {
      EXPECT_TRUE(std::isnan(f32{Float16(value)}));
    } else {
      EXPECT_EQ(Float16(value).bits, half.bits) << value;
    }
  }
}

TEST(Float16Test, FloatsAreRoundedToTheNearestEven) {
  // Between each two neighbours: below, at and above the middle.
  for (u16 bits = 0; bits < 0x7bff; ++bits) {
    const auto next = static_cast<u16>(bits + 1);
    const f32 middle = (f32{Half(bits)} + f32{Half(next)}) / 2;
    EXPECT_EQ(Float16(middle).bits, bits % 2 == 0 ? bits : next);
    EXPECT_EQ(Float16(std::nextafter(middle, 0.0F)).bits, bits);
    EXPECT_EQ(Float16(std::nextafter(middle, 1e9F)).bits, next);
    EXPECT_EQ(Float16(-middle).bits, 0x8000 | (bits % 2 == 0 ? bits : next));
  }
}

TEST(Float16Test, WhatIsTooLargeIsInfinite) {
  EXPECT_EQ(Float16(65519.0F).bits, 0x7bff);
  EXPECT_EQ(Float16(65520.0F).bits, 0x7c00);
  EXPECT_EQ(Float16(-1e30F).bits, 0xfc00);
  EXPECT_TRUE(std::isinf(f32{Half(0x7c00)}));
}

TEST(Bfloat16Test, FloatsAreRoundedToTheNearestEven) {
  const auto rounded = [](u32 bits) {
    return Bfloat16(__builtin_bit_cast(f32, bits)).bits;
  };

  EXPECT_EQ(rounded(0x3f808000), 0x3f80);
  EXPECT_EQ(rounded(0x3f818000), 0x3f82);
  EXPECT_EQ(rounded(0x3f808001), 0x3f81);
  EXPECT_EQ(rounded(0x7f7fffff), 0x7f80);
  EXPECT_TRUE(std::isnan(f32{Bfloat16(NAN)}));
  EXPECT_EQ(f32{Bfloat16(-1.5F)}, -1.5F);
}

TEST(ConvertTest, FloatsBeyondAnIntegerTypeBecomeItsEnds) {
  const f64 infinity = std::numeric_limits<f64>::infinity();

  EXPECT_EQ(Convert<i8>(200.0), 127);
  EXPECT_EQ(Convert<i8>(-200.0), -128);
  EXPECT_EQ(Convert<i8>(-1.9), -1);
  EXPECT_EQ(Convert<u8>(-1.0), 0);
  EXPECT_EQ(Convert<u8>(1e9), 255);
  EXPECT_EQ(Convert<i64>(infinity), std::numeric_limits<i64>::max());
  EXPECT_EQ(Convert<i64>(-infinity), std::numeric_limits<i64>::min());
  EXPECT_EQ(Convert<u64>(1e30), std::numeric_limits<u64>::max());
  EXPECT_EQ(Convert<i32>(f64{NAN}), 0);
}

TEST(ConvertTest, IntegersKeepTheirLowBits) {
  EXPECT_EQ(Convert<u8>(i64{-1}), 255);
  EXPECT_EQ(Convert<i8>(u64{384}), -128);
  EXPECT_EQ(Convert<f32>(u64{1} << 40), 0x1p40F);
}

TEST(ConvertTest, WhatIsNotZeroIsTrue) {
  EXPECT_TRUE(Convert<bool>(0.25));
  EXPECT_TRUE(Convert<bool>(i64{-2}));
  EXPECT_FALSE(Convert<bool>(u64{0}));
  EXPECT_EQ(Convert<f64>(true), 1.0);
}

}  // namespace
}  // namespace skerry::kernels::reference
