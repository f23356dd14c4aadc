#include "statistics.h"

#include <gtest/gtest.h>

#include <vector>

namespace skerry::cli {
namespace {

TEST(StatisticsTest, SummarizesByRankWhateverTheOrder) {
  std::vector<double> values;
  for (int i = 200; i >= 1; --i) values.push_back(i);

  const Summary summary = Summarize(values);

  EXPECT_EQ(summary.best, 1);
  EXPECT_EQ(summary.median, 100.5);
  EXPECT_EQ(summary.p99, 198);
  EXPECT_EQ(summary.mean, 100.5);
}

TEST(StatisticsTest, OneValueIsAllItsFigures) {
  const Summary summary = Summarize({3});

  EXPECT_EQ(summary.best, 3);
  EXPECT_EQ(summary.median, 3);
  EXPECT_EQ(summary.p99, 3);
}

TEST(StatisticsTest, APercentileIsAValueThatWasMeasured) {
  std::vector<double> values;
  for (int i = 1000; i >= 1; --i) values.push_back(i);

  const Percentiles percentiles = ComputePercentiles(values);

  EXPECT_EQ(percentiles.p50, 500);
  EXPECT_EQ(percentiles.p90, 900);
  EXPECT_EQ(percentiles.p99, 990);
  EXPECT_EQ(percentiles.p99_9, 999);
  EXPECT_EQ(percentiles.max, 1000);
  EXPECT_EQ(ComputePercentiles({7}).p50, 7);
}

}  // namespace
}  // namespace skerry::cli
