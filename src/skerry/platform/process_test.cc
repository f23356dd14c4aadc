#include "skerry/platform/process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <vector>

#include "skerry/platform/thread.h"

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

TEST(ProcessTest, ThreadWaitCountGrowsWhenTheThreadWaits) {
  const std::uint64_t before = ThreadWaitCount();

  poll(nullptr, 0, 1);

  EXPECT_GT(ThreadWaitCount(), before);
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

TEST(ProcessTest, AThreadIsPinnedToCoresThatExist) {
  const std::array<int, 1> none = {-1};
  const std::array<int, 1> far = {1023};
  const std::array<int, 1> first = {0};

  auto thread = Thread::Start("pinned", [&] {
    EXPECT_TRUE(PinThisThread({}));
    EXPECT_FALSE(PinThisThread(none));
    EXPECT_FALSE(PinThisThread(far));
    EXPECT_TRUE(PinThisThread(first));
    EXPECT_EQ(sched_getcpu(), 0);
  });
  EXPECT_TRUE(thread.has_value());
}

TEST(ProcessTest, AConfinedProcessGainsNothingAndOutlivesRequestsToEnd) {
  const pid_t child = fork();
  if (child == 0) {
    ConfineThisProcess();
    raise(SIGTERM);
    raise(SIGINT);
    _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 42 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

}  // namespace
}  // namespace skerry::platform
