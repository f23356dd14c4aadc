#include "skerry/runtime/thread_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace skerry::runtime {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

constexpr std::chrono::microseconds kSpin(20);

std::unique_ptr<ThreadPool> MakePool(int thread_count,
                                     std::chrono::microseconds spin = kSpin) {
  auto pool = ThreadPool::Create(thread_count, spin);
  EXPECT_TRUE(pool) << pool.error().message();
  return *std::move(pool);
}

// Counts, for each piece, how often it ran; and which workers came. Plain
// integers, so that ThreadSanitizer sees whether the pool orders accesses.
struct Counts {
  std::vector<int> pieces;
  std::array<std::atomic<int>, kThreadCountMax> workers{};

  static void Task(void* argument, std::int64_t index, std::int32_t worker) {
    auto* const counts = static_cast<Counts*>(argument);
    ++counts->pieces[static_cast<std::size_t>(index)];
    counts->workers[static_cast<std::size_t>(worker)].fetch_add(1);
  }
};

class ThreadPoolTest : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEachPieceOnce) {
  const auto pool = MakePool(GetParam());

  for (const std::int64_t count : {0, 1, 2, 3, 7, 64, 1000}) {
    Counts counts{std::vector<int>(static_cast<std::size_t>(count)), {}};
    pool->ParallelFor(count, &Counts::Task, &counts);
    EXPECT_THAT(counts.pieces, Each(1)) << count;
    for (int worker = pool->thread_count(); worker < kThreadCountMax;
         ++worker) {
      EXPECT_EQ(counts.workers[static_cast<std::size_t>(worker)].load(), 0);
    }
  }
}

TEST_P(ThreadPoolTest, KeepsWhatEarlierCallsWrote) {
  const auto pool = MakePool(GetParam());
  constexpr int kCalls = 20000;
  Counts counts{std::vector<int>(5), {}};

  for (int call = 0; call < kCalls; ++call) {
    pool->ParallelFor(5, &Counts::Task, &counts);
  }

  EXPECT_THAT(counts.pieces, Each(kCalls));
}

TEST_P(ThreadPoolTest, WakesWorkersThatSleep) {
  const auto pool = MakePool(GetParam(), std::chrono::microseconds(0));
  Counts counts{std::vector<int>(3), {}};

  for (int call = 0; call < 300; ++call) {
    pool->ParallelFor(3, &Counts::Task, &counts);
    usleep(10);
  }

  EXPECT_THAT(counts.pieces, Each(300));
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest,
                         ::testing::Values(1, 2, 3, 8));

TEST(ThreadPoolOneTest, OneThreadStartsNone) {
  const auto pool = MakePool(1);
  const pthread_t caller = pthread_self();

  pool->ParallelFor(
      4,
      [](void* argument, std::int64_t, std::int32_t worker) {
        EXPECT_TRUE(
            pthread_equal(pthread_self(), *static_cast<pthread_t*>(argument)));
        EXPECT_EQ(worker, 0);
      },
      const_cast<pthread_t*>(&caller));

  EXPECT_EQ(pool->thread_count(), 1);
}

TEST(ThreadPoolOneTest, OthersTakePart) {
  const auto pool = MakePool(2);
  std::atomic<int> met = 0;

  // Each piece waits for the other, so one thread alone would never end.
  pool->ParallelFor(
      2,
      [](void* argument, std::int64_t, std::int32_t) {
        auto* const count = static_cast<std::atomic<int>*>(argument);
        count->fetch_add(1);
        while (count->load() < 2) usleep(10);
      },
      &met);

  EXPECT_EQ(met.load(), 2);
}

TEST(ThreadPoolOneTest, PoolsSideBySideDoNotDisturbEachOther) {
  const auto outer = MakePool(4);
  std::array<Counts, 4> counts;
  for (Counts& one : counts) one.pieces.resize(9);

  outer->ParallelFor(
      4,
      [](void* argument, std::int64_t index, std::int32_t) {
        const auto pool = MakePool(3);
        Counts& own = static_cast<Counts*>(argument)[index];
        for (int call = 0; call < 500; ++call) {
          pool->ParallelFor(9, &Counts::Task, &own);
        }
      },
      counts.data());

  for (const Counts& one : counts) EXPECT_THAT(one.pieces, Each(500));
}

TEST(ThreadPoolOneTest, RefusesImpossibleCounts) {
  EXPECT_FALSE(ThreadPool::Create(0, kSpin));
  EXPECT_FALSE(ThreadPool::Create(-3, kSpin));
  const auto pool = ThreadPool::Create(kThreadCountMax + 1, kSpin);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().message(), "thread count is 257, want 1 to 256");
}

TEST(ThreadPoolOneTest, NamesTheThreadThatTheSystemRefuses) {
  // No address space has room for a stack of 128 TiB.
  pthread_attr_t attributes;
  pthread_attr_t small;
  pthread_getattr_default_np(&small);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{1} << 47);
  pthread_setattr_default_np(&attributes);

  const auto pool = ThreadPool::Create(2, kSpin);
  pthread_setattr_default_np(&small);
  pthread_attr_destroy(&attributes);
  pthread_attr_destroy(&small);

  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(pool.error().message(), HasSubstr("cannot start thread"));
}

}  // namespace
}  // namespace skerry::runtime
