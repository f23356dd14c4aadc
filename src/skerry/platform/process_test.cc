#include "skerry/platform/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

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

TEST(ProcessTest, AHandleTellsWhenItsProcessHasEnded) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const FileDescriptor handle = OpenProcess(child).value();

  EXPECT_FALSE(HasEnded(handle));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(HasEnded(handle));
  const auto gone = OpenProcess(child);
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace skerry::platform
