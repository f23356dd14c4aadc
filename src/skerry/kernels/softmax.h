// Softmax and its logarithm along one axis.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/transpose.h"
#include "skerry/kernels/vec_math.h"

namespace skerry::kernels {

/// Along the middle of [outer, count, inner]. The input may be the output.
struct SoftmaxShape {
  bool logarithm;
  i64 outer;
  i64 count;
  i64 inner;
  i64 tasks;
};

namespace internal {

/// What the logarithm subtracts beside the maximum, or the quotient divides
/// by as a factor.
template <auto kShape>
SKERRY_INLINE Vec SoftmaxNorm(Vec sum) {
  return kShape.logarithm ? Log(sum) : 1 / sum;
}
template <auto kShape>
SKERRY_INLINE Vec SoftmaxFinish(Vec x, Vec norm) {
  return kShape.logarithm ? x - norm : x * norm;
}

}  // namespace internal

/// Along rows: inner is 1.
template <auto kShape>
SKERRY_INLINE void SoftmaxRows(i64 task, f32* out, const f32* in) {
  constexpr i64 kCount = kShape.count;
  const Vec least = Broadcast(-__builtin_inff());
  const Range share = Share(kShape.outer, kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const f32* from = in + row * kCount;
    f32* to = out + row * kCount;
    Vec top = least;
    ForVectors(0, kCount, [&](i64 i, int n) {
      const Vec x = LoadPartial(from + i, n);
      top = Max(top, n < kLanes ? (Iota() < n ? x : least) : x);
    });
    top = Broadcast(ReduceMax(top));
    Vec sum{};
    ForVectors(0, kCount, [&](i64 i, int n) {
      const Vec x = LoadPartial(from + i, n) - top;
      const Vec e = Exp(x);
      sum += n < kLanes ? (Iota() < n ? e : Vec{}) : e;
      StorePartial(to + i, kShape.logarithm ? x : e, n);
    });
    const Vec norm = internal::SoftmaxNorm<kShape>(Broadcast(ReduceAdd(sum)));
    ForVectors(0, kCount, [&](i64 i, int n) {
      const Vec x = LoadPartial(to + i, n);
      StorePartial(to + i, internal::SoftmaxFinish<kShape>(x, norm), n);
    });
  }
}

/// Along rows of at most four: as many rows at a time as there are lanes.
template <auto kShape>
SKERRY_INLINE void SoftmaxShortRows(i64 task, f32* out, const f32* in) {
  constexpr int kCount = static_cast<int>(kShape.count);
  const Range share = Share(kShape.outer, kShape.tasks, task, 16);
  ForVectors(share.begin, share.end, [&](i64 row, int n) {
    const auto lanes = [&](int v) {
      const int left = n * kCount - v * kLanes;
      return left < 0 ? 0 : left < kLanes ? left : kLanes;
    };
    Vec vectors[kCount];
    Vec x[kCount];
    Unrolled<kCount>([&](int v) {
      vectors[v] = LoadPartial(in + row * kCount + v * kLanes, lanes(v));
    });
    Deinterleave(vectors, x);
    Vec top = x[0];
    for (int i = 1; i < kCount; ++i) top = Max(top, x[i]);
    Vec sum{};
    Unrolled<kCount>([&](int i) {
      x[i] -= top;
      const Vec e = Exp(x[i]);
      sum += e;
      if (!kShape.logarithm) x[i] = e;
    });
    const Vec norm = internal::SoftmaxNorm<kShape>(sum);
    Unrolled<kCount>(
        [&](int i) { x[i] = internal::SoftmaxFinish<kShape>(x[i], norm); });
    Interleave(x, vectors);
    Unrolled<kCount>([&](int v) {
      StorePartial(out + row * kCount + v * kLanes, vectors[v], lanes(v));
    });
  });
}

/// Along columns that lie side by side.
template <auto kShape>
SKERRY_INLINE void SoftmaxMiddle(i64 task, f32* out, const f32* in) {
  constexpr i64 kInner = kShape.inner;
  const Range share = Share(kShape.outer * kInner, kShape.tasks, task, 64);
  for (i64 at = share.begin; at < share.end;) {
    const i64 outer = at / kInner;
    const i64 row_end = (outer + 1) * kInner;
    const i64 end = row_end < share.end ? row_end : share.end;
    const f32* from = in + outer * kShape.count * kInner;
    f32* to = out + outer * kShape.count * kInner;
    ForVectors(at - outer * kInner, end - outer * kInner, [&](i64 j, int n) {
      Vec top = LoadPartial(from + j, n);
      for (i64 i = 1; i < kShape.count; ++i) {
        top = Max(top, LoadPartial(from + i * kInner + j, n));
      }
      Vec sum{};
      for (i64 i = 0; i < kShape.count; ++i) {
        const Vec x = LoadPartial(from + i * kInner + j, n) - top;
        const Vec e = Exp(x);
        sum += e;
        StorePartial(to + i * kInner + j, kShape.logarithm ? x : e, n);
      }
      const Vec norm = internal::SoftmaxNorm<kShape>(sum);
      for (i64 i = 0; i < kShape.count; ++i) {
        f32* p = to + i * kInner + j;
        StorePartial(
            p, internal::SoftmaxFinish<kShape>(LoadPartial(p, n), norm), n);
      }
    });
    at = end;
  }
}

}  // namespace skerry::kernels
