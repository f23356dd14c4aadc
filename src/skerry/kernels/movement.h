// Copies that only rearrange: transposition, slices, concatenation, padding,
// rows picked by index. All shapes are constants.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/loops.h"
#include "skerry/kernels/transpose.h"

namespace skerry::kernels {

/// A copy of `dims` elements from one strided tensor to another. Strides and
/// offsets are in elements.
struct CopyShape {
  int rank;  ///< at least 1
  i64 dims[kRankMax];
  i64 in_strides[kRankMax];
  i64 out_strides[kRankMax];
  i64 in_offset;
  i64 out_offset;
  int split_axis;  ///< the axis that tasks share
  i64 tasks;
};

namespace internal {

/// Copies `kBytes` in blocks of a cache line; the last may overlap the one
/// before it.
template <i64 kBytes>
SKERRY_INLINE void CopyBytes(void* out, const void* in) {
  constexpr i64 kBlock = 64;
  auto* to = static_cast<char*>(out);
  const auto* from = static_cast<const char*>(in);
  if constexpr (kBytes < kBlock) {
    __builtin_memcpy_inline(to, from, kBytes);
  } else {
    for (i64 i = 0; i + kBlock <= kBytes; i += kBlock) {
      __builtin_memcpy_inline(to + i, from + i, kBlock);
    }
    if constexpr (kBytes % kBlock != 0) {
      __builtin_memcpy_inline(to + kBytes - kBlock, from + kBytes - kBlock,
                              kBlock);
    }
  }
}

template <auto kShape, int kAxis>
constexpr Range AxisRange(Range share) {
  return kAxis == kShape.split_axis ? share : Range{0, kShape.dims[kAxis]};
}

/// Walks the axes from kAxis to all but the last kLeft, and calls `body` with
/// the pointers there.
template <auto kShape, int kAxis, int kLeft, class T, class Body>
SKERRY_INLINE void WalkAxes(Range share, T* out, const T* in,
                            const Body& body) {
  if constexpr (kAxis + kLeft < kShape.rank) {
    const Range range = AxisRange<kShape, kAxis>(share);
    for (i64 i = range.begin; i < range.end; ++i) {
      WalkAxes<kShape, kAxis + 1, kLeft>(
          share, out + i * kShape.out_strides[kAxis],
          in + i * kShape.in_strides[kAxis], body);
    }
  } else {
    body(out, in);
  }
}

template <auto kShape, int kLeft, class T, class Body>
SKERRY_INLINE void WalkShare(i64 task, T* out, const T* in, i64 grain,
                             const Body& body) {
  const bool inner = kShape.split_axis + kLeft >= kShape.rank;
  const Range share = Share(kShape.dims[kShape.split_axis], kShape.tasks, task,
                            inner ? grain : 1);
  WalkAxes<kShape, 0, kLeft>(
      share, out + kShape.out_offset, in + kShape.in_offset,
      [&](T* to, const T* from)
          __attribute__((always_inline)) { body(share, to, from); });
}

/// One block of at most kLanes by kLanes: `rows` rows of `columns` to
/// `columns` rows of `rows`.
template <i64 kInStride, i64 kOutStride>
SKERRY_INLINE void TransposeBlock(f32* out, const f32* in, int rows,
                                  int columns) {
  Vec block[kLanes];
  Unrolled<kLanes>([&](int i) __attribute__((always_inline)) {
    block[i] = i < rows ? LoadPartial(in + i * kInStride, columns) : Vec{};
  });
  Transpose(block);
  Unrolled<kLanes>([&](int i) __attribute__((always_inline)) {
    if (i < columns) StorePartial(out + i * kOutStride, block[i], rows);
  });
}

template <i64 kInStride, i64 kOutStride, class T>
SKERRY_INLINE void TransposeBlock(T* out, const T* in, int rows, int columns) {
  for (int i = 0; i < columns; ++i) {
    for (int j = 0; j < rows; ++j) {
      out[i * kOutStride + j] = in[j * kInStride + i];
    }
  }
}

}  // namespace internal

/// The copy where the last axis is dense on both sides.
template <auto kShape, class T>
SKERRY_INLINE void CopyRuns(i64 task, T* __restrict out,
                            const T* __restrict in) {
  constexpr i64 kRun = kShape.dims[kShape.rank - 1];
  internal::WalkShare<kShape, 1>(
      task, out, in, 64, [](Range share, T* to, const T* from) {
        if constexpr (kShape.split_axis + 1 < kShape.rank) {
          internal::CopyBytes<kRun* static_cast<i64>(sizeof(T))>(to, from);
        } else {
          for (i64 i = share.begin; i < share.end; ++i) to[i] = from[i];
        }
      });
}

/// The copy of any strides, element by element.
template <auto kShape, class T>
SKERRY_INLINE void CopyElements(i64 task, T* __restrict out,
                                const T* __restrict in) {
  constexpr int kLast = kShape.rank - 1;
  internal::WalkShare<kShape, 1>(
      task, out, in, 64, [](Range share, T* to, const T* from) {
        const Range range = internal::AxisRange<kShape, kLast>(share);
        for (i64 i = range.begin; i < range.end; ++i) {
          to[i * kShape.out_strides[kLast]] =
              from[i * kShape.in_strides[kLast]];
        }
      });
}

/// The copy where the last axis but one is dense in the input and the last in
/// the output, in blocks of a cache line on both sides.
template <auto kShape, class T>
SKERRY_INLINE void CopyTransposed(i64 task, T* __restrict out,
                                  const T* __restrict in) {
  constexpr int kA = kShape.rank - 2;
  constexpr int kB = kShape.rank - 1;
  constexpr i64 kIn = kShape.in_strides[kB];
  constexpr i64 kOut = kShape.out_strides[kA];
  constexpr i64 kTile = 16;
  internal::WalkShare<kShape, 2>(
      task, out, in, kTile, [](Range share, T* to, const T* from) {
        const Range a = internal::AxisRange<kShape, kA>(share);
        const Range b = internal::AxisRange<kShape, kB>(share);
        const auto tile = [&](i64 a_begin, i64 b_begin) {
          const i64 a_end = a_begin + kTile < a.end ? a_begin + kTile : a.end;
          const i64 b_end = b_begin + kTile < b.end ? b_begin + kTile : b.end;
          ForVectors(a_begin, a_end, [&](i64 i, int columns) {
            ForVectors(b_begin, b_end, [&](i64 j, int rows) {
              internal::TransposeBlock<kIn, kOut>(
                  to + i * kOut + j, from + j * kIn + i, rows, columns);
            });
          });
        };
        // The long axis outside: what the short one spans stays in cache.
        if constexpr (kShape.dims[kA] > kShape.dims[kB]) {
          for (i64 i = a.begin; i < a.end; i += kTile) {
            for (i64 j = b.begin; j < b.end; j += kTile) tile(i, j);
          }
        } else {
          for (i64 j = b.begin; j < b.end; j += kTile) {
            for (i64 i = a.begin; i < a.end; i += kTile) tile(i, j);
          }
        }
      });
}

/// `CopyTransposed` where the last axis is short and the output dense over
/// both: rows are put between each other.
template <auto kShape>
SKERRY_INLINE void CopyInterleaved(i64 task, f32* __restrict out,
                                   const f32* __restrict in) {
  constexpr int kRows = static_cast<int>(kShape.dims[kShape.rank - 1]);
  constexpr i64 kStride = kShape.in_strides[kShape.rank - 1];
  internal::WalkShare<kShape, 2>(
      task, out, in, 16, [](Range share, f32* to, const f32* from) {
        const Range range = internal::AxisRange<kShape, kShape.rank - 2>(share);
        ForVectors(range.begin, range.end, [&](i64 i, int n) {
          Vec rows[kRows];
          Vec vectors[kRows];
          Unrolled<kRows>(
              [&](int r) { rows[r] = LoadPartial(from + r * kStride + i, n); });
          Interleave(rows, vectors);
          Unrolled<kRows>([&](int v) {
            const int left = n * kRows - v * kLanes;
            if (left > 0) {
              StorePartial(to + i * kRows + v * kLanes, vectors[v],
                           left < kLanes ? left : kLanes);
            }
          });
        });
      });
}

/// `CopyTransposed` where the last axis but one is short and the input dense
/// over both: every n-th element goes to the same row.
template <auto kShape>
SKERRY_INLINE void CopyDeinterleaved(i64 task, f32* __restrict out,
                                     const f32* __restrict in) {
  constexpr int kRows = static_cast<int>(kShape.dims[kShape.rank - 2]);
  constexpr i64 kStride = kShape.out_strides[kShape.rank - 2];
  internal::WalkShare<kShape, 2>(
      task, out, in, 16, [](Range share, f32* to, const f32* from) {
        const Range range = internal::AxisRange<kShape, kShape.rank - 1>(share);
        ForVectors(range.begin, range.end, [&](i64 i, int n) {
          Vec rows[kRows];
          Vec vectors[kRows];
          Unrolled<kRows>([&](int v) {
            const int left = n * kRows - v * kLanes;
            vectors[v] = left > 0 ? LoadPartial(from + i * kRows + v * kLanes,
                                                left < kLanes ? left : kLanes)
                                  : Vec{};
          });
          Deinterleave(vectors, rows);
          Unrolled<kRows>(
              [&](int r) { StorePartial(to + r * kStride + i, rows[r], n); });
        });
      });
}

/// A border of one value around a dense tensor.
struct PadShape {
  int rank;              ///< at least 1
  i64 dims[kRankMax];    ///< of the input
  i64 before[kRankMax];  ///< border at the low end
  i64 after[kRankMax];   ///< and the high end, both at least 0
  i64 tasks;             ///< that share the outermost axis
};

namespace internal {

template <auto kShape, int kAxis>
constexpr i64 PaddedSize() {
  i64 size = 1;
  for (int i = kAxis; i < kShape.rank; ++i) {
    size *= kShape.before[i] + kShape.dims[i] + kShape.after[i];
  }
  return size;
}

template <class T>
SKERRY_INLINE void Fill(T* out, i64 count, T value) {
  for (i64 i = 0; i < count; ++i) out[i] = value;
}

/// Writes [range) of axis kAxis; `out` and `in` point at its first index.
template <auto kShape, int kAxis, class T>
SKERRY_INLINE void PadAxis(Range range, T* __restrict out,
                           const T* __restrict in, T value) {
  constexpr i64 kSize = PaddedSize<kShape, kAxis + 1>();
  constexpr i64 kInSize = [] {
    i64 size = 1;
    for (int i = kAxis + 1; i < kShape.rank; ++i) size *= kShape.dims[i];
    return size;
  }();
  constexpr i64 kDim = kShape.dims[kAxis];
  constexpr i64 kBefore = kShape.before[kAxis];
  if constexpr (kAxis + 1 < kShape.rank) {
    constexpr Range kAll = {0, kShape.before[kAxis + 1] +
                                   kShape.dims[kAxis + 1] +
                                   kShape.after[kAxis + 1]};
    for (i64 i = range.begin; i < range.end; ++i) {
      if (i < kBefore || i >= kBefore + kDim) {
        Fill(out + i * kSize, kSize, value);
      } else {
        PadAxis<kShape, kAxis + 1>(kAll, out + i * kSize,
                                   in + (i - kBefore) * kInSize, value);
      }
    }
  } else if constexpr (kAxis == 0) {
    for (i64 i = range.begin; i < range.end; ++i) {
      out[i] = i < kBefore || i >= kBefore + kDim ? value : in[i - kBefore];
    }
  } else {
    Fill(out, kBefore, value);
    CopyBytes<kDim* static_cast<i64>(sizeof(T))>(out + kBefore, in);
    Fill(out + kBefore + kDim, kShape.after[kAxis], value);
  }
}

}  // namespace internal

/// `in` with a border of `value`.
template <auto kShape, class T>
SKERRY_INLINE void Pad(i64 task, T* out, const T* in, T value) {
  const Range share = Share(kShape.before[0] + kShape.dims[0] + kShape.after[0],
                            kShape.tasks, task);
  internal::PadAxis<kShape, 0>(share, out, in, value);
}

/// Rows picked from the middle axis of [outer, dim, inner].
struct GatherShape {
  i64 outer;
  i64 dim;
  i64 inner;
  i64 count;  ///< of indices
  i64 tasks;
};

/// out[o, i, :] = in[o, indices[i], :]. Negative indices count from the end.
/// One that is out of range takes the nearest row: nothing else is read.
template <auto kShape, class T, class Index>
SKERRY_INLINE void GatherRows(i64 task, T* __restrict out,
                              const T* __restrict in,
                              const Index* __restrict indices) {
  const Range share = Share(kShape.outer * kShape.count, kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    i64 index = indices[row % kShape.count];
    if (index < 0) index += kShape.dim;
    if (index < 0) index = 0;
    if (index >= kShape.dim) index = kShape.dim - 1;
    internal::CopyBytes<kShape.inner* static_cast<i64>(sizeof(T))>(
        out + row * kShape.inner,
        in + (row / kShape.count * kShape.dim + index) * kShape.inner);
  }
}

}  // namespace skerry::kernels
