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

}  // namespace
}  // namespace skerry::cli
