#include "skerry/kernels/math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace skerry::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kMax = std::numeric_limits<float>::max();
constexpr float kTiny = std::numeric_limits<float>::denorm_min();

/// Floats between `a` and `b`; 0 if they are the same or both not numbers.
std::int64_t UlpsBetween(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isnan(a) && std::isnan(b) ? 0 : 1 << 30;
  }
  const auto ordered = [](float x) -> std::int64_t {
    const auto bits = __builtin_bit_cast(std::int32_t, x);
    return bits < 0
               ? std::int64_t{std::numeric_limits<std::int32_t>::min()} - bits
               : bits;
  };
  return std::abs(ordered(a) - ordered(b));
}

struct Unary {
  std::string name;
  double (*ours)(double);
  double (*libm)(double);
};

const std::vector<Unary>& Functions() {
  static const std::vector<Unary> kFunctions = {
      {"Exp", math::Exp, std::exp},       {"Expm1", math::Expm1, std::expm1},
      {"Log", math::Log, std::log},       {"Log1p", math::Log1p, std::log1p},
      {"Tanh", math::Tanh, std::tanh},    {"Sinh", math::Sinh, std::sinh},
      {"Cosh", math::Cosh, std::cosh},    {"Asinh", math::Asinh, std::asinh},
      {"Acosh", math::Acosh, std::acosh}, {"Atanh", math::Atanh, std::atanh},
      {"Erf", math::Erf, std::erf},       {"Sin", math::Sin, std::sin},
      {"Cos", math::Cos, std::cos},       {"Tan", math::Tan, std::tan},
      {"Atan", math::Atan, std::atan},    {"Asin", math::Asin, std::asin},
      {"Acos", math::Acos, std::acos},    {"Sqrt", math::Sqrt, std::sqrt},
  };
  return kFunctions;
}

/// All magnitudes, and more of those near 1.
std::vector<float> Arguments() {
  std::vector<float> arguments = {0.0f,  -0.0f, 1.0f,   -1.0f,  kInf,
                                  -kInf, kMax,  -kMax,  kTiny,  -kTiny,
                                  NAN,   0.5f,  88.73f, -104.0f};
  std::mt19937 random(7);
  for (int i = 0; i < 200000; ++i) {
    arguments.push_back(
        __builtin_bit_cast(float, static_cast<std::uint32_t>(random())));
  }
  std::uniform_real_distribution<float> small(-10.0f, 10.0f);
  for (int i = 0; i < 200000; ++i) arguments.push_back(small(random));
  return arguments;
}

TEST(MathTest, FloatsAreWithinOneUlpOfTheCLibrary) {
  const std::vector<float> arguments = Arguments();
  for (const Unary& function : Functions()) {
    for (const float x : arguments) {
      const auto ours = static_cast<float>(function.ours(x));
      const auto libm = static_cast<float>(function.libm(x));
      ASSERT_LE(UlpsBetween(ours, libm), 1) << function.name << "(" << x << ")";
    }
  }
}

TEST(MathTest, DoublesAreWithinAFewUlpsOfTheCLibrary) {
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> wide(-700.0, 700.0);
  std::uniform_real_distribution<double> narrow(-1.0, 1.0);
  for (int i = 0; i < 100000; ++i) {
    const double x = i % 2 == 0 ? wide(random) : narrow(random);
    for (const Unary& function : Functions()) {
      const double libm = function.libm(x);
      const double ours = function.ours(x);
      if (std::isnan(libm)) {
        ASSERT_TRUE(std::isnan(ours)) << function.name << "(" << x << ")";
      } else {
        ASSERT_LE(std::abs(ours - libm), 2e-15 * std::abs(libm))
            << function.name << "(" << x << ")";
      }
    }
  }
}

TEST(MathTest, LargeAnglesKeepTheirPrecision) {
  for (const double x : {1e22, 1e300, -3.7e150, 0x1p20, 1048576.5, 6.0e8}) {
    EXPECT_NEAR(math::Sin(x), std::sin(x), 4e-16) << x;
    EXPECT_NEAR(math::Cos(x), std::cos(x), 4e-16) << x;
  }
}

TEST(MathTest, RoundingAgreesWithTheCLibrary) {
  for (float x : Arguments()) {
    EXPECT_EQ(UlpsBetween(static_cast<float>(math::Floor(x)), std::floor(x)), 0)
        << x;
    EXPECT_EQ(UlpsBetween(static_cast<float>(math::Ceil(x)), std::ceil(x)), 0)
        << x;
    EXPECT_EQ(UlpsBetween(static_cast<float>(math::Trunc(x)), std::trunc(x)), 0)
        << x;
    EXPECT_EQ(
        UlpsBetween(static_cast<float>(math::RoundEven(x)), std::nearbyint(x)),
        0)
        << x;
  }
}

TEST(MathTest, RoundingKeepsTheSignOfZero) {
  EXPECT_TRUE(std::signbit(math::Ceil(-0.25)));
  EXPECT_TRUE(std::signbit(math::RoundEven(-0.5)));
  EXPECT_TRUE(std::signbit(math::Floor(-0.0)));
  EXPECT_FALSE(std::signbit(math::Floor(0.75)));
}

TEST(MathTest, PowAgreesWithTheCLibrary) {
  const std::vector<double> special = {0.0,   -0.0,  1.0,   -1.0,   2.0,  -2.0,
                                       0.5,   -0.5,  3.0,   -3.0,   kInf, -kInf,
                                       -65.0, 101.0, 1e300, -1e300, NAN};
  for (const double x : special) {
    for (const double y : special) {
      const auto ours = static_cast<float>(math::Pow(x, y));
      const auto libm = static_cast<float>(std::pow(x, y));
      EXPECT_EQ(UlpsBetween(ours, libm), 0) << x << " ^ " << y;
    }
  }
  std::mt19937 random(9);
  std::uniform_real_distribution<float> bases(0.0f, 20.0f);
  std::uniform_real_distribution<float> exponents(-20.0f, 20.0f);
  for (int i = 0; i < 100000; ++i) {
    const float x = bases(random);
    const float y = exponents(random);
    ASSERT_LE(UlpsBetween(static_cast<float>(math::Pow(x, y)),
                          static_cast<float>(std::pow(double{x}, double{y}))),
              1)
        << x << " ^ " << y;
  }
}

TEST(MathTest, FmodAgreesWithTheCLibrary) {
  const std::vector<float> special = {0.0f, 1.0f,  -1.0f, 0.1f, 1e30f,
                                      kInf, kTiny, -7.5f, NAN};
  for (const float x : special) {
    for (const float y : special) {
      EXPECT_EQ(
          UlpsBetween(static_cast<float>(math::Fmod(x, y)),
                      static_cast<float>(std::fmod(double{x}, double{y}))),
          0)
          << x << " % " << y;
    }
  }
}

}  // namespace
}  // namespace skerry::kernels
