#include "skerry/agent/capture/status_table.h"

#include <gtest/gtest.h>

namespace skerry::agent {
namespace {

TEST(StatusTableTest, TheOldestIdIsForgotten) {
  StatusTable table(2);

  EXPECT_TRUE(table.Add("a"));
  EXPECT_FALSE(table.Add("a"));
  EXPECT_TRUE(table.Add("b"));
  table.Set("a", CaptureStatus::kSuccess);
  EXPECT_EQ(table.Get("a"), CaptureStatus::kSuccess);
  EXPECT_TRUE(table.Add("c"));

  EXPECT_EQ(table.Get("a"), CaptureStatus::kNotFound);
  EXPECT_EQ(table.Get("b"), CaptureStatus::kInProgress);
  table.Set("a", CaptureStatus::kFailure);
  EXPECT_FALSE(table.Contains("a"));
  EXPECT_TRUE(table.Add("a"));
}

}  // namespace
}  // namespace skerry::agent
