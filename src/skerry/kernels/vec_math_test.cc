#include "skerry/kernels/vec_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace skerry::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// What `function` makes of one number; all lanes must agree.
template <class Function>
float Apply(Function function, float x) {
  const Vec result = function(Broadcast(x));
  float lanes[kLanes];
  Store(lanes, result);
  for (const float lane : lanes) {
    EXPECT_TRUE(lane == lanes[0] || std::isnan(lane));
  }
  return lanes[0];
}

/// The largest difference from `wanted` over [from, to], relative to the
/// magnitude of the result or to `floor`, whichever is greater.
template <class Function, class Wanted>
double WorstError(Function function, Wanted wanted, double from, double to,
                  double floor) {
  constexpr int kSteps = 20000;
  double worst = 0;
  for (int i = 0; i <= kSteps; ++i) {
    const auto x = static_cast<float>(from + (to - from) * i / kSteps);
    const double want = wanted(static_cast<double>(x));
    const double got = static_cast<double>(Apply(function, x));
    worst =
        std::max(worst, std::abs(got - want) / std::max(std::abs(want), floor));
  }
  return worst;
}

TEST(VecMathTest, ExpIsWithinTwoUlp) {
  const auto exp = [](double x) { return std::exp(x); };

  EXPECT_LT(WorstError([](Vec x) { return Exp(x); }, exp, -87, 88, 0), 2.4e-7);
}

TEST(VecMathTest, ExpEndsInZeroAndInfinity) {
  const auto exp = [](Vec x) { return Exp(x); };

  EXPECT_EQ(Apply(exp, -kInfinity), 0);
  EXPECT_EQ(Apply(exp, -105), 0);
  EXPECT_EQ(Apply(exp, 89), kInfinity);
  EXPECT_EQ(Apply(exp, kInfinity), kInfinity);
  EXPECT_EQ(Apply(exp, 0), 1);
  EXPECT_TRUE(std::isnan(Apply(exp, kNan)));
}

TEST(VecMathTest, LogIsWithinTwoUlp) {
  const auto log = [](double x) { return std::log(x); };
  const auto ours = [](Vec x) { return Log(x); };

  EXPECT_LT(WorstError(ours, log, 1e-30, 1e-3, 1), 2.4e-7);
  EXPECT_LT(WorstError(ours, log, 0.01, 4, 0.01), 2.4e-7);
  EXPECT_LT(WorstError(ours, log, 4, 3e38, 1), 2.4e-7);
  EXPECT_LT(WorstError(ours, log, 1e-44, 1e-38, 1), 2.4e-7);
}

TEST(VecMathTest, LogOfWhatHasNoneIsAsInC) {
  const auto log = [](Vec x) { return Log(x); };

  EXPECT_EQ(Apply(log, 0), -kInfinity);
  EXPECT_EQ(Apply(log, kInfinity), kInfinity);
  EXPECT_EQ(Apply(log, 1), 0);
  EXPECT_TRUE(std::isnan(Apply(log, -1)));
  EXPECT_TRUE(std::isnan(Apply(log, kNan)));
}

TEST(VecMathTest, SigmoidTanhAndErfAreClose) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto tanh = [](double x) { return std::tanh(x); };
  const auto erf = [](double x) { return std::erf(x); };

  EXPECT_LT(
      WorstError([](Vec x) { return Sigmoid(x); }, sigmoid, -20, 20, 1e-5),
      4e-7);
  EXPECT_LT(WorstError([](Vec x) { return Tanh(x); }, tanh, -12, 12, 1e-4),
            3e-7);
  EXPECT_LT(WorstError([](Vec x) { return Erf(x); }, erf, -6, 6, 1e-4), 3e-7);
}

TEST(VecMathTest, SigmoidTanhAndErfSaturate) {
  EXPECT_NEAR(Apply([](Vec x) { return Sigmoid(x); }, -kInfinity), 0, 1e-37);
  EXPECT_EQ(Apply([](Vec x) { return Sigmoid(x); }, kInfinity), 1);
  EXPECT_EQ(Apply([](Vec x) { return Tanh(x); }, kInfinity), 1);
  EXPECT_EQ(Apply([](Vec x) { return Tanh(x); }, -kInfinity), -1);
  EXPECT_EQ(Apply([](Vec x) { return Erf(x); }, kInfinity), 1);
  EXPECT_EQ(Apply([](Vec x) { return Erf(x); }, -kInfinity), -1);
  EXPECT_TRUE(std::isnan(Apply([](Vec x) { return Erf(x); }, kNan)));
  EXPECT_TRUE(std::isnan(Apply([](Vec x) { return Sigmoid(x); }, kNan)));
  EXPECT_TRUE(std::isnan(Apply([](Vec x) { return Tanh(x); }, kNan)));
}

TEST(VecTest, PartialAccessStaysInside) {
  for (int n = 0; n <= kLanes; ++n) {
    // On the heap and of the exact size, so that sanitizers see a step out.
    std::vector<float> from(static_cast<std::size_t>(n), 3.0f);
    std::vector<float> to(static_cast<std::size_t>(n), 0.0f);

    const Vec v = LoadPartial(from.data(), n);
    StorePartial(to.data(), v, n);

    EXPECT_EQ(to, from);
    EXPECT_EQ(ReduceAdd(v), 3.0f * static_cast<float>(n));
  }
}

TEST(VecTest, ReductionsSeeEveryLane) {
  for (int lane = 0; lane < kLanes; ++lane) {
    const Vec v = ToFloat(IntVec(Iota() == lane)) * -7.0f;

    EXPECT_EQ(ReduceAdd(v), 7);
    EXPECT_EQ(ReduceMax(v), 7);
    EXPECT_EQ(ReduceMin(-v), -7);
  }
}

TEST(VecTest, LimitsPassOnNotANumber) {
  EXPECT_TRUE(std::isnan(Apply([](Vec x) { return Max(Vec{}, x); }, kNan)));
  EXPECT_TRUE(std::isnan(Apply([](Vec x) { return Min(Vec{}, x); }, kNan)));
}

}  // namespace
}  // namespace skerry::kernels
