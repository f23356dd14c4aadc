#include "skerry/platform/process.h"

#include <gtest/gtest.h>

#include <vector>

namespace skerry::platform {
namespace {

TEST(ProcessTest, PeakIsAtLeastWhatIsResident) {
  const MemoryUse use = ProcessMemory();

  EXPECT_GT(use.resident_bytes, std::size_t{100} << 10);
  EXPECT_GE(use.resident_peak_bytes, use.resident_bytes);
}

TEST(ProcessTest, ThreadCpuTimeGrowsWithWork) {
  const auto before = ThreadCpuTime();
  std::vector<int> numbers(1 << 16);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<int>(i) * numbers[i / 2];
  }

  EXPECT_GT(ThreadCpuTime(), before);
  EXPECT_EQ(numbers[0], 0);
}

}  // namespace
}  // namespace skerry::platform
