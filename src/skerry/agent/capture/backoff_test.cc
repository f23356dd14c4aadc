#include "skerry/agent/capture/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace skerry::agent {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, WaitsGrowToTheLongestAndStartAgain) {
  Backoff backoff(100ms, 1000ms, 7);

  for (const auto bound : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const auto wait = backoff.Next();
    EXPECT_GE(wait, 0ms);
    EXPECT_LE(wait, bound);
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), 100ms);
}

TEST(BackoffTest, WaitsAreSpreadOverTheWholeRange) {
  Backoff backoff(1000ms, 1000ms, 7);
  auto least = 1000ms;
  auto most = 0ms;

  for (int i = 0; i < 1000; ++i) {
    const auto wait = backoff.Next();
    least = std::min(least, wait);
    most = std::max(most, wait);
  }

  EXPECT_LT(least, 20ms);
  EXPECT_GT(most, 980ms);
}

}  // namespace
}  // namespace skerry::agent
