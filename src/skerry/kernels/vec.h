// The one vector of floats that tuned kernels are written in: as wide as the
// target's registers, so the same source serves AVX-512, AVX2, SSE and NEON.
//
// It is a clang vector, so `+`, `*`, `<`, `mask ? a : b` and casts work on it;
// the functions here are what the language lacks. Pointers need no alignment.
//
// Freestanding: no standard library.
#pragma once

#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace skerry::kernels {

#if defined(__AVX512F__) && defined(__AVX512VL__)
#define SKERRY_AVX512
#elif defined(__AVX2__) && defined(__FMA__)
#define SKERRY_AVX2
#endif

#if defined(SKERRY_AVX512)
inline constexpr int kLanes = 16;
inline constexpr int kRegisters = 32;
#elif defined(SKERRY_AVX2)
inline constexpr int kLanes = 8;
inline constexpr int kRegisters = 16;
#elif defined(__ARM_NEON)
inline constexpr int kLanes = 4;
inline constexpr int kRegisters = 32;
#else
inline constexpr int kLanes = 4;
inline constexpr int kRegisters = 16;
#endif

#define SKERRY_INLINE [[gnu::always_inline]] inline

/// `kLanes` floats, and as many integers of the same width: what comparisons
/// of `Vec` give (0 or -1 each) and what its bits are seen as.
using Vec = float __attribute__((vector_size(kLanes * 4)));
using IntVec = int __attribute__((vector_size(kLanes * 4)));

namespace internal {
struct __attribute__((packed, may_alias)) UnalignedVec {
  Vec v;
};
struct __attribute__((packed, may_alias)) UnalignedIntVec {
  IntVec v;
};
}  // namespace internal

// Subtraction, since adding zero would change -0 and so takes an instruction.
SKERRY_INLINE Vec Broadcast(float x) { return x - Vec{}; }
SKERRY_INLINE IntVec BroadcastInt(int x) { return IntVec{} + x; }

/// 0, 1, 2, ...
SKERRY_INLINE IntVec Iota() {
  IntVec v;
  for (int i = 0; i < kLanes; ++i) v[i] = i;
  return v;
}

SKERRY_INLINE Vec Load(const float* p) {
  return reinterpret_cast<const internal::UnalignedVec*>(p)->v;
}
SKERRY_INLINE void Store(float* p, Vec v) {
  reinterpret_cast<internal::UnalignedVec*>(p)->v = v;
}
SKERRY_INLINE IntVec LoadInt(const int* p) {
  return reinterpret_cast<const internal::UnalignedIntVec*>(p)->v;
}
SKERRY_INLINE void StoreInt(int* p, IntVec v) {
  reinterpret_cast<internal::UnalignedIntVec*>(p)->v = v;
}

/// The first `n` lanes from memory, zero in the others; 0 <= n <= kLanes.
/// Nothing else is read.
SKERRY_INLINE Vec LoadPartial(const float* p, int n) {
  if (n == kLanes) return Load(p);
#if defined(SKERRY_AVX512)
  return __builtin_ia32_loadups512_mask(
      p, Vec{}, static_cast<unsigned short>((1u << n) - 1));
#elif defined(SKERRY_AVX2)
  return __builtin_ia32_maskloadps256(reinterpret_cast<const Vec*>(p),
                                      Iota() < n);
#else
  Vec v{};
  for (int i = 0; i < kLanes; ++i) {
    if (i < n) v[i] = p[i];
  }
  return v;
#endif
}

/// The first `n` lanes to memory; 0 <= n <= kLanes. Nothing else is written.
SKERRY_INLINE void StorePartial(float* p, Vec v, int n) {
  if (n == kLanes) return Store(p, v);
#if defined(SKERRY_AVX512)
  __builtin_ia32_storeups512_mask(p, v,
                                  static_cast<unsigned short>((1u << n) - 1));
#elif defined(SKERRY_AVX2)
  __builtin_ia32_maskstoreps256(reinterpret_cast<Vec*>(p), Iota() < n, v);
#else
  for (int i = 0; i < kLanes; ++i) {
    if (i < n) p[i] = v[i];
  }
#endif
}

/// a * b + c, in one rounding where the target has the instruction.
SKERRY_INLINE Vec Fma(Vec a, Vec b, Vec c) {
#if defined(__FMA__) || defined(__ARM_NEON)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
SKERRY_INLINE float Fma(float a, float b, float c) {
#if defined(__FMA__) || defined(__ARM_NEON)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

/// The greater or smaller one. If `b` is not a number, so is the result: give
/// the limit as `a` and the data as `b`.
SKERRY_INLINE Vec Max(Vec a, Vec b) {
#if defined(__ARM_NEON)
  return vmaxq_f32(a, b);
#else
  return a > b ? a : b;
#endif
}
SKERRY_INLINE Vec Min(Vec a, Vec b) {
#if defined(__ARM_NEON)
  return vminq_f32(a, b);
#else
  return a < b ? a : b;
#endif
}

SKERRY_INLINE Vec Abs(Vec v) { return __builtin_elementwise_abs(v); }
SKERRY_INLINE Vec Sqrt(Vec v) { return __builtin_elementwise_sqrt(v); }
SKERRY_INLINE Vec Floor(Vec v) { return __builtin_elementwise_floor(v); }
SKERRY_INLINE Vec Ceil(Vec v) { return __builtin_elementwise_ceil(v); }
SKERRY_INLINE Vec Trunc(Vec v) { return __builtin_elementwise_trunc(v); }
/// To the nearest integer, ties to even.
SKERRY_INLINE Vec Round(Vec v) { return __builtin_elementwise_roundeven(v); }
/// The magnitude of `v` with the sign of `sign`.
SKERRY_INLINE Vec CopySign(Vec v, Vec sign) {
  return __builtin_elementwise_copysign(v, sign);
}

/// The same bits seen as the other type.
SKERRY_INLINE IntVec BitsOf(Vec v) { return __builtin_bit_cast(IntVec, v); }
SKERRY_INLINE Vec FromBits(IntVec v) { return __builtin_bit_cast(Vec, v); }
/// The same numbers as the other type; to integers by truncation.
SKERRY_INLINE Vec ToFloat(IntVec v) { return __builtin_convertvector(v, Vec); }
SKERRY_INLINE IntVec ToInt(Vec v) { return __builtin_convertvector(v, IntVec); }

namespace internal {
/// Combines the two halves of an array of `n` lanes until one is left. The
/// order is fixed, so results are the same on every run.
template <class Combine>
SKERRY_INLINE float Reduce(Vec v, Combine combine) {
  Vec u = v;
  for (int width = kLanes / 2; width > 0; width /= 2) {
    Vec high = u;
    for (int i = 0; i < width; ++i) high[i] = u[i + width];
    u = combine(u, high);
  }
  return u[0];
}
}  // namespace internal

/// All lanes together, by halves: ((0 + 8) + (4 + 12)) + ...
SKERRY_INLINE float ReduceAdd(Vec v) {
  return internal::Reduce(v, [](Vec a, Vec b) { return a + b; });
}
SKERRY_INLINE float ReduceMax(Vec v) {
  return internal::Reduce(v, [](Vec a, Vec b) { return Max(a, b); });
}
SKERRY_INLINE float ReduceMin(Vec v) {
  return internal::Reduce(v, [](Vec a, Vec b) { return Min(a, b); });
}

/// Asks for the cache line at `p`, which need not be readable.
SKERRY_INLINE void Prefetch(const void* p) { __builtin_prefetch(p, 0, 3); }

}  // namespace skerry::kernels
