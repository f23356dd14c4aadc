#include "skerry/agent/capture/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace skerry::agent {
namespace {

using Ms = std::chrono::milliseconds;

TEST(BackoffTest, WaitsGrowToTheLongestAndStartAgain) {
  Backoff backoff(Ms(100), Ms(1000), 7);

  for (const auto bound :
       {Ms(100), Ms(200), Ms(400), Ms(800), Ms(1000), Ms(1000)}) {
    const auto wait = backoff.Next();
    EXPECT_GE(wait, Ms(0));
    EXPECT_LE(wait, bound);
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), Ms(100));
}

TEST(BackoffTest, WaitsAreSpreadOverTheWholeRange) {
  Backoff backoff(Ms(1000), Ms(1000), 7);
  auto least = Ms(1000);
  auto most = Ms(0);

  for (int i = 0; i < 1000; ++i) {
    const auto wait = backoff.Next();
    least = std::min(least, wait);
    most = std::max(most, wait);
  }

  EXPECT_LT(least, Ms(20));
  EXPECT_GT(most, Ms(980));
}

}  // namespace
}  // namespace skerry::agent
