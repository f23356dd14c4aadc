#include "skerry/agent/serving/run_time.h"

#include <gtest/gtest.h>

namespace skerry::agent {
namespace {

using std::chrono::microseconds;

TEST(RunTimeTest, IsNotKnownBeforeTheFirstRun) {
  EXPECT_EQ(RunTime().mean(), std::nullopt);
}

TEST(RunTimeTest, BeginsWithTheFirstRun) {
  RunTime time;
  time.Add(microseconds(70));
  EXPECT_EQ(time.mean(), microseconds(70));
}

TEST(RunTimeTest, FollowsWhatRunsTake) {
  RunTime time;
  time.Add(microseconds(80));
  time.Add(microseconds(160));
  EXPECT_EQ(time.mean(), microseconds(90));

  for (int i = 0; i < 100; ++i) time.Add(microseconds(400));
  EXPECT_NEAR(static_cast<double>(time.mean()->count()), 400e3, 1e3);
  for (int i = 0; i < 100; ++i) time.Add(microseconds(5));
  EXPECT_NEAR(static_cast<double>(time.mean()->count()), 5e3, 1e3);
}

TEST(RunTimeTest, ARunThatWasHeldUpCountsAsTheLongest) {
  RunTime time;
  time.Add(microseconds(0));
  time.Add(std::chrono::seconds(10));
  EXPECT_EQ(time.mean(), RunTime::kLongest / 8);
}

}  // namespace
}  // namespace skerry::agent
