// Transposition in registers: square blocks, and a few long rows into or out
// of the places between each other.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/loops.h"

namespace skerry::kernels {
namespace internal {

/// Swaps, between two rows that are `kWidth` apart, the blocks of that width
/// that lie off the diagonal.
template <int kWidth, int... I>
SKERRY_INLINE void ExchangeBlocks(Vec& a, Vec& b, Sequence<int, I...>) {
  const Vec low = __builtin_shufflevector(
      a, b, ((I & kWidth) != 0 ? I - kWidth + kLanes : I)...);
  const Vec high = __builtin_shufflevector(
      a, b, ((I & kWidth) != 0 ? I + kLanes : I + kWidth)...);
  a = low;
  b = high;
}

template <int kWidth>
SKERRY_INLINE void TransposeStep(Vec (&rows)[kLanes]) {
  if constexpr (kWidth < kLanes) {
    Unrolled<kLanes>([&](int i) __attribute__((always_inline)) {
      if ((i & kWidth) == 0) {
        ExchangeBlocks<kWidth>(rows[i], rows[i + kWidth], Indices<kLanes>{});
      }
    });
    TransposeStep<2 * kWidth>(rows);
  }
}

template <int kFrom, int kRows, int kVector, int... I>
SKERRY_INLINE Vec Place(Vec sum, Vec row, Sequence<int, I...>) {
  return __builtin_shufflevector(sum, row,
                                 ((kVector * kLanes + I) % kRows == kFrom
                                      ? kLanes + (kVector * kLanes + I) / kRows
                                      : I)...);
}

template <int kFrom, int kRows, int kRow, int... I>
SKERRY_INLINE Vec Pick(Vec sum, Vec vector, Sequence<int, I...>) {
  return __builtin_shufflevector(sum, vector,
                                 ((I * kRows + kRow) / kLanes == kFrom
                                      ? kLanes + (I * kRows + kRow) % kLanes
                                      : I)...);
}

template <int kRows, int kVector, int... R>
SKERRY_INLINE Vec InterleavedVector(const Vec (&rows)[kRows],
                                    Sequence<int, R...>) {
  Vec sum{};
  ((sum = Place<R, kRows, kVector>(sum, rows[R], Indices<kLanes>{})), ...);
  return sum;
}

template <int kRows, int kRow, int... V>
SKERRY_INLINE Vec DeinterleavedRow(const Vec (&vectors)[kRows],
                                   Sequence<int, V...>) {
  Vec sum{};
  ((sum = Pick<V, kRows, kRow>(sum, vectors[V], Indices<kLanes>{})), ...);
  return sum;
}

template <int kRows, int... V>
SKERRY_INLINE void Interleave(const Vec (&rows)[kRows], Vec (&vectors)[kRows],
                              Sequence<int, V...> all) {
  ((vectors[V] = InterleavedVector<kRows, V>(rows, all)), ...);
}

template <int kRows, int... R>
SKERRY_INLINE void Deinterleave(const Vec (&vectors)[kRows], Vec (&rows)[kRows],
                                Sequence<int, R...> all) {
  ((rows[R] = DeinterleavedRow<kRows, R>(vectors, all)), ...);
}

}  // namespace internal

/// rows[i][j] becomes rows[j][i].
SKERRY_INLINE void Transpose(Vec (&rows)[kLanes]) {
  internal::TransposeStep<1>(rows);
}

/// The elements of `rows` in turn: row 0 lane 0, row 1 lane 0, ...
template <int kRows>
SKERRY_INLINE void Interleave(const Vec (&rows)[kRows], Vec (&vectors)[kRows]) {
  internal::Interleave(rows, vectors, Indices<kRows>{});
}

/// The reverse: every `kRows`-th element of `vectors` to the same row.
template <int kRows>
SKERRY_INLINE void Deinterleave(const Vec (&vectors)[kRows],
                                Vec (&rows)[kRows]) {
  internal::Deinterleave(vectors, rows, Indices<kRows>{});
}

}  // namespace skerry::kernels
