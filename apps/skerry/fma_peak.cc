#include "fma_peak.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "skerry/platform/cpu.h"

namespace skerry::cli {
namespace {

constexpr int kTurns = 12;
constexpr int kSteps = 200'000;
// Latency times throughput is 8 to 10 on every CPU of today; 12 chains keep
// the units busy and fit 16 registers.
constexpr int kChains = 12;

/// `kSteps` multiply-adds on `kChains` vectors; gives how many operations.
using Loop = double (*)();

// The vectors and the loop are written for the compiler's vector extension,
// so that one text serves all widths; `target` says which instructions it may
// use. The asm keeps a value in a register and hides it from the optimiser.
#define SKERRY_FMA_LOOP(name, target_attribute, lanes, constraint)         \
  target_attribute double name() {                                         \
    using Vector = float __attribute__((vector_size(4 * (lanes))));        \
    Vector sums[kChains];                                                  \
    for (int i = 0; i < kChains; ++i) sums[i] = Vector{} + 1.0F;           \
    Vector factor = Vector{} + 0.999F;                                     \
    Vector addend = Vector{} + 0.001F;                                     \
    __asm__ volatile("" : "+" constraint(factor), "+" constraint(addend)); \
    for (int step = 0; step < kSteps; ++step) {                            \
      _Pragma("unroll") for (int i = 0; i < kChains; ++i) {                \
        sums[i] = __builtin_elementwise_fma(sums[i], factor, addend);      \
      }                                                                    \
    }                                                                      \
    for (int i = 0; i < kChains; ++i) {                                    \
      __asm__ volatile("" : : constraint(sums[i]));                        \
    }                                                                      \
    return 2.0 * (lanes) * kChains * kSteps;                               \
  }

#if defined(__x86_64__)
SKERRY_FMA_LOOP(LoopAvx512, __attribute__((target("avx512f,fma"))), 16, "v")
SKERRY_FMA_LOOP(LoopAvx2, __attribute__((target("avx2,fma"))), 8, "x")

/// No fused multiply-add: a multiplication and an addition.
double LoopSse() {
  using Vector = float __attribute__((vector_size(16)));
  Vector sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = Vector{} + 1.0F;
  Vector factor = Vector{} + 0.999F;
  Vector addend = Vector{} + 0.001F;
  __asm__ volatile("" : "+x"(factor), "+x"(addend));
  for (int step = 0; step < kSteps; ++step) {
#pragma unroll
    for (int i = 0; i < kChains; ++i) sums[i] = sums[i] * factor + addend;
  }
  for (int i = 0; i < kChains; ++i) __asm__ volatile("" : : "x"(sums[i]));
  return 2.0 * 4 * kChains * kSteps;
}

Loop ChooseLoop() {
  if (platform::HasCpuFeature("avx512f")) return LoopAvx512;
  if (platform::HasCpuFeature("fma")) return LoopAvx2;
  return LoopSse;
}
#else
SKERRY_FMA_LOOP(LoopNeon, , 4, "w")

Loop ChooseLoop() { return LoopNeon; }
#endif

}  // namespace

double MeasurePeakGflops(int thread_count) {
  using Clock = std::chrono::steady_clock;
  const Loop loop = ChooseLoop();
  std::barrier barrier(thread_count);
  double best_gflops = 0;
  const auto work = [&](int thread) {
    for (int turn = 0; turn < kTurns; ++turn) {
      barrier.arrive_and_wait();
      const Clock::time_point start = Clock::now();
      const double done = loop();
      barrier.arrive_and_wait();
      if (thread != 0) continue;
      const std::chrono::duration<double> passed = Clock::now() - start;
      best_gflops =
          std::max(best_gflops, done * thread_count / passed.count() * 1e-9);
    }
  };
  std::vector<std::jthread> threads;
  for (int thread = 1; thread < thread_count; ++thread) {
    threads.emplace_back(work, thread);
  }
  work(0);
  return best_gflops;
}

}  // namespace skerry::cli
