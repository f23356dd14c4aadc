#include "memory_peak.h"

#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace skerry::cli {
namespace {

constexpr int kReadTurns = 6;
constexpr std::size_t kReadBytesMin = std::size_t{128} << 20;
constexpr std::size_t kReadBytesMax = std::size_t{512} << 20;

/// Several times the last cache, but no more than a part of a small device.
std::size_t BytesToRead() {
  std::size_t bytes = kReadBytesMin;
#ifdef _SC_LEVEL3_CACHE_SIZE
  const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  if (cache > 0) bytes = std::max(bytes, 4 * static_cast<std::size_t>(cache));
#endif
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0) {
    bytes = std::min(bytes, static_cast<std::size_t>(pages) / 8 *
                                static_cast<std::size_t>(page_bytes));
  }
  return std::min(bytes, kReadBytesMax);
}

/// Reads all of `words` by vectors whose sums do not wait for each other.
void ReadAll(const std::vector<std::uint64_t>& words) {
  using Vector = std::uint64_t __attribute__((vector_size(16), aligned(8)));
  constexpr std::size_t kWordsPerVector = 2;
  constexpr std::size_t kStep = 8 * kWordsPerVector;
  Vector a{};
  Vector b{};
  Vector c{};
  Vector d{};
  for (std::size_t i = 0; i + kStep <= words.size(); i += kStep) {
    const auto* at = reinterpret_cast<const Vector*>(words.data() + i);
    a += at[0] + at[4];
    b += at[1] + at[5];
    c += at[2] + at[6];
    d += at[3] + at[7];
  }
  a += b + c + d;
  // The optimiser must believe that somebody wants the sum.
  __asm__ volatile("" : : "m"(a));
}

}  // namespace

double MeasureMemoryGbps(int thread_count) {
  using Clock = std::chrono::steady_clock;
  const std::size_t word_count = BytesToRead() / sizeof(std::uint64_t) /
                                 static_cast<std::size_t>(thread_count);
  std::barrier barrier(thread_count);
  double best_gbps = 0;
  const auto work = [&](int thread) {
    // Written by the thread that reads it, so that it lies near.
    const std::vector<std::uint64_t> words(word_count, 1);
    for (int turn = 0; turn < kReadTurns; ++turn) {
      barrier.arrive_and_wait();
      const Clock::time_point start = Clock::now();
      ReadAll(words);
      barrier.arrive_and_wait();
      if (thread != 0) continue;
      const std::chrono::duration<double> passed = Clock::now() - start;
      const double bytes =
          static_cast<double>(word_count * sizeof(std::uint64_t)) *
          thread_count;
      best_gbps = std::max(best_gbps, bytes / passed.count() * 1e-9);
    }
  };
  std::vector<std::jthread> threads;
  for (int thread = 1; thread < thread_count; ++thread) {
    threads.emplace_back(work, thread);
  }
  work(0);
  return best_gbps;
}

}  // namespace skerry::cli
