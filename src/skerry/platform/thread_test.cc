#include "skerry/platform/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string_view>

#include "skerry/platform/futex.h"

namespace skerry::platform {
namespace {

TEST(ThreadTest, RunsItsBodyAndIsJoined) {
  int value = 0;
  {
    const Result<Thread> thread = Thread::Start("a", [&value] { value = 7; });
    ASSERT_TRUE(thread) << thread.error().message();
  }

  EXPECT_EQ(value, 7);
}

TEST(ThreadTest, HasAShortenedNameAndTakesNoSignals) {
  std::array<char, 16> name{};
  bool blocked = false;
  {
    const Result<Thread> thread =
        Thread::Start("skerry-worker-with-a-long-name", [&] {
          // The name is set by the parent, perhaps after this began.
          do {
            pthread_getname_np(pthread_self(), name.data(), name.size());
          } while (std::string_view(name.data()).substr(0, 6) != "skerry");
          sigset_t mask;
          pthread_sigmask(SIG_BLOCK, nullptr, &mask);
          blocked = sigismember(&mask, SIGINT) == 1;
        });
    ASSERT_TRUE(thread) << thread.error().message();
  }

  EXPECT_STREQ(name.data(), "skerry-worker-w");
  EXPECT_TRUE(blocked);
}

TEST(FutexTest, WakesASleeper) {
  std::atomic<std::uint32_t> word = 0;
  const Result<Thread> thread = Thread::Start("a", [&word] {
    while (word.load() == 0) FutexWait(word, 0);
  });
  ASSERT_TRUE(thread) << thread.error().message();

  word.store(1);
  FutexWake(word, 1);
}

TEST(FutexTest, DoesNotSleepOnAnotherValue) {
  const std::atomic<std::uint32_t> word = 1;

  FutexWait(word, 0);
}

}  // namespace
}  // namespace skerry::platform
