// Holds `Run` to what it promises: no allocation, no lock. This program has
// its own malloc and pthread_mutex_lock, which count; so it is not built with
// sanitizers, which have their own too.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "skerry/runtime/model_test_support.h"
#include "skerry/runtime/session.h"
#include "skerry/runtime/skerry.h"

namespace {

std::atomic<long> allocation_count = 0;
std::atomic<long> lock_count = 0;

}  // namespace

extern "C" {

// glibc's own, behind the names that programs may replace.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  allocation_count.fetch_add(1);
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  allocation_count.fetch_add(1);
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  allocation_count.fetch_add(1);
  return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  allocation_count.fetch_add(1);
  return __libc_memalign(alignment, size);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  using Function = int (*)(pthread_mutex_t*);
  static const auto kNext =
      reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  lock_count.fetch_add(1);
  return kNext(mutex);
}

}  // extern "C"

namespace skerry::runtime {
namespace {

constexpr int kRuns = 1000;

// What was counted while `body` ran.
template <class Body>
std::pair<long, long> Count(Body body) {
  const long allocations = allocation_count.load();
  const long locks = lock_count.load();
  body();
  return {allocation_count.load() - allocations, lock_count.load() - locks};
}

TEST(AllocationTest, TheCountersCount) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  void* volatile memory = nullptr;

  const auto counts = Count([&] {
    memory = ::operator new(10);
    pthread_mutex_lock(&mutex);
  });
  pthread_mutex_unlock(&mutex);
  ::operator delete(memory);

  EXPECT_EQ(counts, std::pair(1L, 1L));
}

class AllocationTest : public ::testing::TestWithParam<int> {};

TEST_P(AllocationTest, RunAllocatesNothingAndTakesNoLock) {
  const auto model = Model::LoadBytes(TestModelFile());
  ASSERT_TRUE(model) << model.error().message();
  SessionOptions options;
  options.thread_count = GetParam();
  auto session = Session::Create(*model, options);
  ASSERT_TRUE(session) << session.error().message();
  const std::vector<float> x = TestInput();
  const float bias = 1;
  const std::array inputs = {std::as_bytes(std::span(x)),
                             std::as_bytes(std::span(&bias, 1))};
  int failed = 0;

  const auto counts = Count([&] {
    for (int run = 0; run < kRuns; ++run) {
      if (!session->Run(inputs)) ++failed;
    }
  });

  EXPECT_EQ(counts, std::pair(0L, 0L));
  EXPECT_EQ(failed, 0);
}

TEST_P(AllocationTest, NorDoesTheCApi) {
  const std::vector<std::byte> file = TestModelFile();
  SkerryModel* model = nullptr;
  SkerrySession* session = nullptr;
  SkerrySessionOptions options{};
  options.struct_bytes = sizeof options;
  options.thread_count = GetParam();
  ASSERT_EQ(skerry_model_load_bytes(file.data(), file.size(), &model),
            SKERRY_OK);
  ASSERT_EQ(skerry_session_create(model, &options, &session), SKERRY_OK);
  const std::vector<float> x = TestInput();
  const float bias = 1;
  const SkerryInput inputs[] = {{x.data(), x.size() * sizeof(float)},
                                {&bias, sizeof bias}};
  int failed = 0;

  const auto counts = Count([&] {
    for (int run = 0; run < kRuns; ++run) {
      failed += skerry_session_run(session, inputs, 2, nullptr, 0) != SKERRY_OK;
    }
  });
  skerry_session_destroy(session);
  skerry_model_destroy(model);

  EXPECT_EQ(counts, std::pair(0L, 0L));
  EXPECT_EQ(failed, 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, AllocationTest, ::testing::Values(1, 2, 4));

}  // namespace
}  // namespace skerry::runtime
