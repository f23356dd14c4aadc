// Reductions of one axis, or of several that lie side by side.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/loops.h"

namespace skerry::kernels {

enum class Reduction : int {
  kSum,
  kMean,
  kMax,
  kMin,
  kSumSquare,
  kL1,  ///< sum of magnitudes
  kL2,  ///< square root of the sum of squares
};

/// [outer, count, inner] to [outer, inner].
struct ReduceShape {
  Reduction reduction;
  i64 outer;
  i64 count;
  i64 inner;
  i64 tasks;  ///< that share what is left
};

namespace internal {

template <Reduction kReduction>
SKERRY_INLINE Vec ReduceStart() {
  if (kReduction == Reduction::kMax) return Broadcast(-__builtin_inff());
  if (kReduction == Reduction::kMin) return Broadcast(__builtin_inff());
  return Vec{};
}

/// Takes another element into the result.
template <Reduction kReduction>
SKERRY_INLINE Vec Accumulate(Vec sum, Vec x) {
  switch (kReduction) {
    case Reduction::kMax:
      return Max(sum, x);
    case Reduction::kMin:
      return Min(sum, x);
    case Reduction::kSumSquare:
    case Reduction::kL2:
      return Fma(x, x, sum);
    case Reduction::kL1:
      return sum + Abs(x);
    default:
      return sum + x;
  }
}

/// Puts two results together.
template <Reduction kReduction>
SKERRY_INLINE Vec Combine(Vec a, Vec b) {
  if (kReduction == Reduction::kMax) return Max(a, b);
  if (kReduction == Reduction::kMin) return Min(a, b);
  return a + b;
}

template <auto kShape>
SKERRY_INLINE Vec FinishReduction(Vec sum) {
  if (kShape.reduction == Reduction::kMean) {
    return sum * (1.0f / static_cast<f32>(kShape.count));
  }
  return kShape.reduction == Reduction::kL2 ? Sqrt(sum) : sum;
}

template <Reduction kReduction>
SKERRY_INLINE f32 CombineLanes(Vec v) {
  return Reduce(v, [](Vec a, Vec b) { return Combine<kReduction>(a, b); });
}

/// `n` lanes from memory; what is no element leaves results as they are.
template <Reduction kReduction>
SKERRY_INLINE Vec AccumulatePartial(Vec sum, const f32* p, int n) {
  const Vec next = Accumulate<kReduction>(sum, LoadPartial(p, n));
  return n == kLanes ? next : (Iota() < n ? next : sum);
}

/// A block of `kVectors` vectors of columns, `last` lanes of the last one. Few
/// columns go kRows rows at a time, so that additions do not wait for each
/// other.
template <auto kShape, int kVectors, int kRows>
SKERRY_INLINE void ReduceColumns(f32* out, const f32* in, int last) {
  constexpr Reduction kReduction = kShape.reduction;
  const auto lanes = [&](int v) { return v + 1 < kVectors ? kLanes : last; };
  Vec sums[kRows * kVectors];
  for (Vec& sum : sums) sum = ReduceStart<kReduction>();
  const auto add = [&](i64 i, int row) __attribute__((always_inline)) {
    Unrolled<kVectors>([&](int v) __attribute__((always_inline)) {
      const f32* p = in + (i + row) * kShape.inner + v * kLanes;
      Vec& sum = sums[row * kVectors + v];
      sum = Accumulate<kReduction>(sum, LoadPartial(p, lanes(v)));
    });
  };
  i64 i = 0;
  for (; i + kRows <= kShape.count; i += kRows) {
    Unrolled<kRows>([&](int row)
                        __attribute__((always_inline)) { add(i, row); });
  }
  for (; i < kShape.count; ++i) add(i, 0);
  Unrolled<kVectors>([&](int v) __attribute__((always_inline)) {
    Vec sum = sums[v];
    for (int row = 1; row < kRows; ++row) {
      sum = Combine<kReduction>(sum, sums[row * kVectors + v]);
    }
    StorePartial(out + v * kLanes, FinishReduction<kShape>(sum), lanes(v));
  });
}

}  // namespace internal

/// The reduction where inner > 1: columns side by side in vectors.
template <auto kShape>
SKERRY_INLINE void ReduceMiddle(i64 task, f32* out, const f32* in) {
  constexpr i64 kBlock = 4 * kLanes;
  constexpr i64 kBlocks = (kShape.inner + kBlock - 1) / kBlock;
  constexpr i64 kLast = kShape.inner - (kBlocks - 1) * kBlock;
  constexpr int kVectors = static_cast<int>((kLast + kLanes - 1) / kLanes);
  constexpr int kLanesLast = static_cast<int>(kLast - (kVectors - 1) * kLanes);
  constexpr int kRows = kBlocks > 1 || kVectors > 2 ? 1 : 4 / kVectors;
  const Range share = Share(kShape.outer * kBlocks, kShape.tasks, task);
  for (i64 i = share.begin; i < share.end; ++i) {
    const i64 outer = i / kBlocks;
    const i64 column = i % kBlocks * kBlock;
    f32* to = out + outer * kShape.inner + column;
    const f32* from = in + outer * kShape.count * kShape.inner + column;
    if (column + kBlock < kShape.inner) {
      internal::ReduceColumns<kShape, 4, 1>(to, from, kLanes);
    } else {
      internal::ReduceColumns<kShape, kVectors, kRows>(to, from, kLanesLast);
    }
  }
}

/// The reduction where inner is 1: along rows.
template <auto kShape>
SKERRY_INLINE void ReduceRows(i64 task, f32* out, const f32* in) {
  constexpr Reduction kReduction = kShape.reduction;
  constexpr i64 kBlock = 4 * kLanes;
  const Range share = Share(kShape.outer, kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const f32* from = in + row * kShape.count;
    Vec sums[4];
    for (Vec& sum : sums) sum = internal::ReduceStart<kReduction>();
    i64 i = 0;
    for (; i + kBlock <= kShape.count; i += kBlock) {
      Unrolled<4>([&](int v) __attribute__((always_inline)) {
        sums[v] = internal::Accumulate<kReduction>(sums[v],
                                                   Load(from + i + v * kLanes));
      });
    }
    ForVectors(i, kShape.count, [&](i64 j, int n) {
      sums[0] = internal::AccumulatePartial<kReduction>(sums[0], from + j, n);
    });
    const Vec sum = internal::Combine<kReduction>(
        internal::Combine<kReduction>(sums[0], sums[1]),
        internal::Combine<kReduction>(sums[2], sums[3]));
    const f32 total = internal::CombineLanes<kReduction>(sum);
    out[row] = internal::FinishReduction<kShape>(Broadcast(total))[0];
  }
}

/// [outer, count, inner] to the [outer, inner] indices of the first greatest
/// (or least) of each.
struct ArgShape {
  bool greatest;
  i64 outer;
  i64 count;
  i64 inner;
  i64 tasks;
};

namespace internal {

/// The better of what is left and what is new, and where that is. The first
/// of equals stays.
template <bool kGreatest>
SKERRY_INLINE void KeepBetter(Vec& best, IntVec& where, Vec x, IntVec index) {
  const IntVec better = kGreatest ? x > best : x < best;
  best = better ? x : best;
  where = better ? index : where;
}

SKERRY_INLINE int ReduceMinInt(IntVec v) {
  for (int width = kLanes / 2; width > 0; width /= 2) {
    IntVec high = v;
    for (int i = 0; i < width; ++i) high[i] = v[i + width];
    v = v < high ? v : high;
  }
  return v[0];
}

}  // namespace internal

/// Along rows: inner is 1.
template <auto kShape>
SKERRY_INLINE void ArgRows(i64 task, i64* out, const f32* in) {
  constexpr bool kGreatest = kShape.greatest;
  const Vec worst = Broadcast(kGreatest ? -__builtin_inff() : __builtin_inff());
  const Range share = Share(kShape.outer, kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const f32* from = in + row * kShape.count;
    Vec best = worst;
    IntVec where{};
    ForVectors(0, kShape.count, [&](i64 i, int n) {
      Vec x = LoadPartial(from + i, n);
      if (n < kLanes) x = Iota() < n ? x : worst;
      internal::KeepBetter<kGreatest>(best, where, x,
                                      Iota() + static_cast<int>(i));
    });
    const f32 top = kGreatest ? ReduceMax(best) : ReduceMin(best);
    out[row] = internal::ReduceMinInt(
        best == top ? where : BroadcastInt(static_cast<int>(kShape.count)));
    // Nothing is better than the start: all are as bad.
    if (top == worst[0] || out[row] == kShape.count) out[row] = 0;
  }
}

/// Along columns that lie side by side.
template <auto kShape>
SKERRY_INLINE void ArgMiddle(i64 task, i64* out, const f32* in) {
  const Range share =
      Share(kShape.outer * kShape.inner, kShape.tasks, task, 64);
  i64 at = share.begin;
  while (at < share.end) {
    const i64 outer = at / kShape.inner;
    const i64 row_end = (outer + 1) * kShape.inner;
    const i64 end = row_end < share.end ? row_end : share.end;
    const f32* from = in + outer * kShape.count * kShape.inner;
    ForVectors(at - outer * kShape.inner, end - outer * kShape.inner,
               [&](i64 column, int n) {
                 Vec best = LoadPartial(from + column, n);
                 IntVec where{};
                 for (int i = 1; i < kShape.count; ++i) {
                   internal::KeepBetter<kShape.greatest>(
                       best, where,
                       LoadPartial(from + i * kShape.inner + column, n),
                       BroadcastInt(i));
                 }
                 i64* to = out + outer * kShape.inner + column;
                 for (int i = 0; i < n; ++i) to[i] = where[i];
               });
    at = end;
  }
}

}  // namespace skerry::kernels
