#include "skerry/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "skerry/platform/thread.h"

namespace skerry::telemetry {
namespace {

TEST(MetricsTest, ARenderedRegistryIsPrometheusText) {
  Registry registry;
  const auto requests =
      registry.AddCounter("skerry_requests_total", "Requests that were served.",
                          {{"model", "detector"}, {"code", "OK"}});
  const auto models = registry.AddGauge("skerry_models", "Loaded models.", {});
  requests->Add(3);
  models->Set(2.5);

  EXPECT_EQ(registry.RenderPrometheus(),
            "# HELP skerry_models Loaded models.\n"
            "# TYPE skerry_models gauge\n"
            "skerry_models 2.5\n"
            "# HELP skerry_requests_total Requests that were served.\n"
            "# TYPE skerry_requests_total counter\n"
            "skerry_requests_total{code=\"OK\",model=\"detector\"} 3\n");
}

TEST(MetricsTest, AHistogramIsCumulativeAndItsBoundsAreInclusive) {
  Registry registry;
  const std::vector<double> bounds = {0.1, 1};
  const auto histogram =
      registry.AddHistogram("h", "Help.", {{"m", "a"}}, bounds);
  for (const double value : {0.05, 0.1, 0.5, 7.0}) histogram->Observe(value);

  EXPECT_EQ(registry.RenderPrometheus(),
            "# HELP h Help.\n"
            "# TYPE h histogram\n"
            "h_bucket{m=\"a\",le=\"0.1\"} 2\n"
            "h_bucket{m=\"a\",le=\"1\"} 3\n"
            "h_bucket{m=\"a\",le=\"+Inf\"} 4\n"
            "h_sum{m=\"a\"} 7.65\n"
            "h_count{m=\"a\"} 4\n");
  EXPECT_EQ(histogram->count(1), 1);
  EXPECT_EQ(histogram->count(), 4);
}

TEST(MetricsTest, WhatIsNoNumberIsNotObserved) {
  Histogram histogram(LatencyBounds());

  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  histogram.Observe(std::numeric_limits<double>::infinity());

  EXPECT_EQ(histogram.count(), 1);
  EXPECT_EQ(histogram.count(LatencyBounds().size()), 1);
}

TEST(MetricsTest, LabelValuesAndHelpAreEscaped) {
  Registry registry;
  const auto counter = registry.AddCounter("c", "a \"b\" \\ \n d",
                                           {{"x", "\"\\\n\xff\xc3\xa9"}});

  EXPECT_EQ(registry.RenderPrometheus(),
            "# HELP c a \"b\" \\\\ \\n d\n"
            "# TYPE c counter\n"
            "c{x=\"\\\"\\\\\\n\xEF\xBF\xBD\xc3\xa9\"} 0\n");
}

TEST(MetricsTest, ExtremeValuesHavePrometheusNames) {
  Registry registry;
  const auto a = registry.AddGauge("g", "H.", {{"i", "a"}});
  const auto b = registry.AddGauge("g", "H.", {{"i", "b"}});
  const auto c = registry.AddGauge("g", "H.", {{"i", "c"}});
  a->Set(std::numeric_limits<double>::infinity());
  b->Set(-std::numeric_limits<double>::infinity());
  c->Set(std::numeric_limits<double>::quiet_NaN());

  EXPECT_EQ(registry.RenderPrometheus(),
            "# HELP g H.\n# TYPE g gauge\n"
            "g{i=\"a\"} +Inf\ng{i=\"b\"} -Inf\ng{i=\"c\"} NaN\n");
}

TEST(MetricsTest, TheSameLabelsInAnyOrderAreOneSeries) {
  Registry registry;

  const auto one = registry.AddCounter("c", "", {{"a", "1"}, {"b", "2"}});
  const auto two = registry.AddCounter("c", "", {{"b", "2"}, {"a", "1"}});

  EXPECT_EQ(one, two);
}

TEST(MetricsTest, ASeriesThatNobodyHoldsIsGone) {
  Registry registry;
  auto kept = registry.AddCounter("c", "H.", {{"model", "kept"}});
  {
    const auto gone = registry.AddCounter("c", "H.", {{"model", "gone"}});
    gone->Add(5);
  }

  EXPECT_EQ(registry.RenderPrometheus(),
            "# HELP c H.\n# TYPE c counter\nc{model=\"kept\"} 0\n");

  const auto again = registry.AddCounter("c", "H.", {{"model", "gone"}});
  EXPECT_EQ(again->value(), 0);

  kept.reset();
  EXPECT_EQ(registry.RenderPrometheus(),
            "# HELP c H.\n# TYPE c counter\nc{model=\"gone\"} 0\n");
}

TEST(MetricsTest, AFamilyWithoutSeriesIsNotRendered) {
  Registry registry;
  (void)registry.AddCounter("c", "H.", {});

  EXPECT_EQ(registry.RenderPrometheus(), "");
}

TEST(MetricsTest, NothingIsLostWhenManyThreadsCountAndAdd) {
  Registry registry;
  constexpr int kThreads = 4;
  constexpr int kRounds = 5000;
  const auto total = registry.AddCounter("total", "", {});
  const auto times = registry.AddHistogram("times", "", {}, LatencyBounds());
  {
    std::vector<platform::Thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      auto thread = platform::Thread::Start("count", [&] {
        for (int round = 0; round < kRounds; ++round) {
          registry.AddCounter("total", "", {})->Add();
          times->Observe(0.5);
          if (round % 1000 == 0) (void)registry.RenderPrometheus();
        }
      });
      ASSERT_TRUE(thread) << thread.error().message();
      threads.push_back(*std::move(thread));
    }
  }

  EXPECT_EQ(total->value(), kThreads * kRounds);
  EXPECT_EQ(times->count(), kThreads * kRounds);
  EXPECT_EQ(times->sum(), kThreads * kRounds * 0.5);
}

}  // namespace
}  // namespace skerry::telemetry
