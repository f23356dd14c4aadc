#include "skerry/agent/shm/sweeper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

namespace skerry::agent {
namespace {

using std::chrono::milliseconds;

TEST(SweeperTest, ItSweepsUntilNothingIsLeftAndAgainWhenItIsWoken) {
  std::atomic<int> count = 0;
  std::atomic<int> left = 3;
  Sweeper sweeper(milliseconds(1), [&] {
    const bool is_left = --left > 0;
    ++count;
    count.notify_all();
    return is_left;
  });

  sweeper.Wake();
  for (int seen = 0; seen < 3; seen = count) count.wait(seen);
  EXPECT_EQ(left, 0);

  sweeper.Wake();
  count.wait(3);
  EXPECT_EQ(count, 4);
}

TEST(SweeperTest, ItEndsAtOnceWhereItWaits) {
  const auto start = std::chrono::steady_clock::now();
  {
    Sweeper never(milliseconds(1), [] { return false; });
    Sweeper sweeper(std::chrono::hours(1), [] { return true; });
    sweeper.Wake();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(1));
}

}  // namespace
}  // namespace skerry::agent
