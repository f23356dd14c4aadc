#include "skerry/runtime/thread_pool.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "skerry/platform/futex.h"

namespace skerry::runtime {
namespace {

using Clock = std::chrono::steady_clock;

// The clock is read once in so many looks: reading it takes about as long.
constexpr int kLooksPerClock = 16;

}  // namespace

Result<std::unique_ptr<ThreadPool>> ThreadPool::Create(
    int thread_count, std::chrono::microseconds spin) {
  if (thread_count < 1 || thread_count > kThreadCountMax) {
    return InvalidArgument("thread count is " + std::to_string(thread_count) +
                           ", want 1 to " + std::to_string(kThreadCountMax));
  }
  std::unique_ptr<ThreadPool> pool(new ThreadPool(spin));
  pool->workers_.reserve(static_cast<std::size_t>(thread_count - 1));
  for (int worker = 1; worker < thread_count; ++worker) {
    SKERRY_ASSIGN_OR_RETURN(
        platform::Thread thread,
        platform::Thread::Start(
            "skerry-" + std::to_string(worker),
            [raw = pool.get(), worker] { raw->WorkerLoop(worker); }));
    pool->workers_.push_back(std::move(thread));
  }
  return pool;
}

ThreadPool::~ThreadPool() {
  stopping_.store(true);
  generation_.fetch_add(1);
  platform::FutexWake(generation_, std::numeric_limits<int>::max());
}

void ThreadPool::ParallelFor(std::int64_t count, SkerryTask task,
                             void* argument) {
  if (workers_.empty() || count <= 1) {
    for (std::int64_t i = 0; i < count; ++i) task(argument, i, 0);
    return;
  }
  constexpr std::int64_t kSliceMax = std::numeric_limits<std::int32_t>::max();
  for (std::int64_t first = 0; first < count; first += kSliceMax) {
    const std::int64_t slice = std::min(count - first, kSliceMax);
    RunSlice(static_cast<std::uint32_t>(slice), first, task, argument);
  }
}

void ThreadPool::RunSlice(std::uint32_t count, std::int64_t first,
                          SkerryTask task, void* argument) {
  task_.store(task, std::memory_order_relaxed);
  argument_.store(argument, std::memory_order_relaxed);
  first_.store(first, std::memory_order_relaxed);
  count_.store(count, std::memory_order_relaxed);
  finished_.store(0, std::memory_order_relaxed);
  const std::uint32_t generation =
      generation_.load(std::memory_order_relaxed) + 1;
  ticket_.store({generation, count}, std::memory_order_release);

  // Either a worker that goes to sleep sees the new generation, or this sees
  // that it sleeps: both sides write first, then read, in one total order.
  generation_.store(generation, std::memory_order_seq_cst);
  const int sleeping = sleeping_count_.load(std::memory_order_seq_cst);
  if (sleeping > 0) {
    platform::FutexWake(generation_,
                        std::min(sleeping, static_cast<int>(count - 1)));
  }
  Work(generation, 0);
  WaitForPieces(count);
}

// Takes pieces of the job `generation` until none is left.
void ThreadPool::Work(std::uint32_t generation, std::int32_t worker) {
  Ticket ticket = ticket_.load(std::memory_order_acquire);
  while (ticket.generation == generation && ticket.left > 0) {
    const SkerryTask task = task_.load(std::memory_order_relaxed);
    void* const argument = argument_.load(std::memory_order_relaxed);
    const std::int64_t first = first_.load(std::memory_order_relaxed);
    const std::uint32_t count = count_.load(std::memory_order_relaxed);
    const Ticket next{generation, ticket.left - 1};
    if (!ticket_.compare_exchange_weak(ticket, next, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      continue;
    }
    task(argument, first + (count - ticket.left), worker);
    const std::uint32_t finished =
        finished_.fetch_add(1, std::memory_order_seq_cst) + 1;
    if (finished == count &&
        caller_sleeps_.load(std::memory_order_seq_cst) != 0) {
      platform::FutexWake(finished_, 1);
    }
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

void ThreadPool::WaitForPieces(std::uint32_t count) {
  const auto all_finished = [this, count] {
    return finished_.load(std::memory_order_seq_cst) == count;
  };
  if (Spin(all_finished)) return;
  caller_sleeps_.store(1, std::memory_order_seq_cst);
  while (!all_finished()) {
    const std::uint32_t finished = finished_.load(std::memory_order_seq_cst);
    if (finished != count) platform::FutexWait(finished_, finished);
  }
  caller_sleeps_.store(0, std::memory_order_relaxed);
}

void ThreadPool::WorkerLoop(std::int32_t worker) {
  std::uint32_t seen = 0;
  while (true) {
    seen = WaitForGeneration(seen);
    if (stopping_.load()) return;
    Work(seen, worker);
  }
}

std::uint32_t ThreadPool::WaitForGeneration(std::uint32_t seen) {
  const auto changed = [this, seen] {
    return generation_.load(std::memory_order_seq_cst) != seen;
  };
  if (!Spin(changed)) {
    sleeping_count_.fetch_add(1, std::memory_order_seq_cst);
    while (!changed()) platform::FutexWait(generation_, seen);
    sleeping_count_.fetch_sub(1, std::memory_order_relaxed);
  }
  return generation_.load(std::memory_order_acquire);
}

template <class Done>
bool ThreadPool::Spin(Done done) const {
  if (done()) return true;
  const Clock::time_point end = Clock::now() + spin_;
  do {
    for (int look = 0; look < kLooksPerClock; ++look) {
      if (done()) return true;
      platform::RelaxCpu();
    }
  } while (Clock::now() < end);
  return false;
}

}  // namespace skerry::runtime
