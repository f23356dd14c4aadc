#include "skerry/agent/worker/restart_pause.h"

#include <gtest/gtest.h>

#include <vector>

namespace skerry::agent {
namespace {

using std::chrono::milliseconds;

TEST(RestartPauseTest, PausesGrowToTheLongest) {
  RestartPause pause;
  const RestartPause::Clock::time_point now{};
  std::vector<std::int64_t> pauses;
  EXPECT_EQ(pause.Left(now).count(), 0);
  for (int i = 0; i < 10; ++i) {
    pause.Died(now, now);
    pauses.push_back(pause.Left(now).count());
  }
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{0, 50, 100, 200, 400, 800, 1600,
                                               3200, 5000, 5000}));
  EXPECT_EQ(pause.death_count(), 10);
  EXPECT_EQ(pause.Left(now + milliseconds(4999)).count(), 1);
  EXPECT_EQ(pause.Left(now + milliseconds(6000)).count(), 0);
}

TEST(RestartPauseTest, ALongLifeEndsTheSeries) {
  RestartPause pause;
  const RestartPause::Clock::time_point now{};
  for (int i = 0; i < 5; ++i) pause.Died(now, now);

  const auto later = now + RestartPause::kLongLife;
  pause.Died(now, later);

  EXPECT_EQ(pause.death_count(), 1);
  EXPECT_EQ(pause.Left(later).count(), 0);
}

}  // namespace
}  // namespace skerry::agent
