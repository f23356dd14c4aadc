// Maximum and average over sliding windows of NHWC maps.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/loops.h"

namespace skerry::kernels {

enum class Pool : int { kMax, kAverage };

/// Two-element arrays are height and width.
struct PoolShape {
  Pool pool;
  i64 batch;
  i64 in[2];
  i64 out[2];
  i64 channels;
  i64 kernel[2];
  i64 strides[2];
  i64 dilations[2];
  i64 before[2];        ///< padding above and to the left
  i64 after[2];         ///< padding below and to the right
  bool counts_padding;  ///< the average does
  i64 tasks;            ///< that share the output rows
};

namespace internal {

/// The taps of the window at `position` that lie in [0, limit).
template <auto kShape, int kAxis>
constexpr Range Taps(i64 position, i64 low, i64 limit) {
  const i64 first = position * kShape.strides[kAxis] - kShape.before[kAxis];
  constexpr i64 kStep = kShape.dilations[kAxis];
  Range taps = {0, kShape.kernel[kAxis]};
  if (first < low) taps.begin = (low - first + kStep - 1) / kStep;
  const i64 end = (limit - first + kStep - 1) / kStep;
  if (end < taps.end) taps.end = end;
  return taps;
}

template <auto kShape, int kAxis>
constexpr Range ValidTaps(i64 position) {
  return Taps<kShape, kAxis>(position, 0, kShape.in[kAxis]);
}

/// What the average divides by along one axis.
template <auto kShape, int kAxis>
constexpr i64 TapCount(i64 position, Range valid) {
  if (!kShape.counts_padding) return valid.end - valid.begin;
  return Taps<kShape, kAxis>(position, -kShape.before[kAxis],
                             kShape.in[kAxis] + kShape.after[kAxis])
      .end;
}

template <Pool kPool>
SKERRY_INLINE Vec PoolStart() {
  return Broadcast(kPool == Pool::kMax ? -__builtin_inff() : 0);
}
template <Pool kPool>
SKERRY_INLINE Vec PoolAdd(Vec sum, Vec x) {
  return kPool == Pool::kMax ? Max(sum, x) : sum + x;
}

/// The windows of rows [ys) and columns [xs) of all channels of one pixel.
/// `in` is the window's first tap.
template <auto kShape>
SKERRY_INLINE void PoolPixel(f32* out, const f32* in, Range ys, Range xs,
                             f32 scale) {
  constexpr i64 kColumn = kShape.dilations[1] * kShape.channels;
  constexpr i64 kRow = kShape.dilations[0] * kShape.in[1] * kShape.channels;
  ForVectors(0, kShape.channels, [&](i64 c, int n) {
    Vec sum = PoolStart<kShape.pool>();
    for (i64 y = ys.begin; y < ys.end; ++y) {
      for (i64 x = xs.begin; x < xs.end; ++x) {
        const f32* tap = in + y * kRow + x * kColumn + c;
        sum = PoolAdd<kShape.pool>(sum, LoadPartial(tap, n));
      }
    }
    if (kShape.pool == Pool::kAverage) sum *= scale;
    StorePartial(out + c, sum, n);
  });
}

/// One row of results, whose windows begin in row `in` and cover the rows
/// [ys) of it that exist.
template <auto kShape>
SKERRY_INLINE void PoolRow(f32* out, const f32* in, Range ys, i64 y_count) {
  constexpr Range kAllRows = {0, kShape.kernel[0]};
  constexpr Range kAllColumns = {0, kShape.kernel[1]};
  const bool whole = ys.begin == 0 && ys.end == kAllRows.end;
  for (i64 x = 0; x < kShape.out[1]; ++x) {
    const i64 first = x * kShape.strides[1] - kShape.before[1];
    const f32* window = in + first * kShape.channels;
    f32* pixel = out + x * kShape.channels;
    const Range xs = ValidTaps<kShape, 1>(x);
    const i64 count = y_count * TapCount<kShape, 1>(x, xs);
    const f32 scale = 1.0f / static_cast<f32>(count);
    if (whole && xs.begin == 0 && xs.end == kAllColumns.end) {
      PoolPixel<kShape>(pixel, window, kAllRows, kAllColumns, scale);
    } else {
      PoolPixel<kShape>(pixel, window, ys, xs, scale);
    }
  }
}

/// The rows [ys) of a window as one row.
template <auto kShape>
SKERRY_INLINE void PoolColumns(f32* out, const f32* in, Range ys) {
  constexpr i64 kRow = kShape.in[1] * kShape.channels;
  ForVectors(0, kRow, [&](i64 i, int n) {
    Vec sum = PoolStart<kShape.pool>();
    for (i64 y = ys.begin; y < ys.end; ++y) {
      const f32* tap = in + y * kShape.dilations[0] * kRow + i;
      sum = PoolAdd<kShape.pool>(sum, LoadPartial(tap, n));
    }
    StorePartial(out + i, sum, n);
  });
}

template <auto kShape>
constexpr auto OneRow() {
  auto shape = kShape;
  shape.kernel[0] = 1;
  return shape;
}

/// Calls `body(out_row, first_input_row, valid rows, divisor)`.
template <auto kShape, class Body>
SKERRY_INLINE void ForPoolRows(i64 task, f32* out, const f32* in,
                               const Body& body) {
  constexpr i64 kRow = kShape.in[1] * kShape.channels;
  const Range rows = Share(kShape.batch * kShape.out[0], kShape.tasks, task);
  for (i64 row = rows.begin; row < rows.end; ++row) {
    const i64 y = row % kShape.out[0];
    const i64 first = y * kShape.strides[0] - kShape.before[0];
    const Range ys = ValidTaps<kShape, 0>(y);
    body(out + row * kShape.out[1] * kShape.channels,
         in + (row / kShape.out[0] * kShape.in[0] + first) * kRow, ys,
         TapCount<kShape, 0>(y, ys));
  }
}

}  // namespace internal

/// Pools [N, H, W, C] to [N, H', W', C], window by window.
template <auto kShape>
SKERRY_INLINE void PoolWindows(i64 task, f32* out, const f32* in) {
  internal::ForPoolRows<kShape>(
      task, out, in, [](f32* to, const f32* from, Range ys, i64 count) {
        internal::PoolRow<kShape>(to, from, ys, count);
      });
}

/// The same with the height first and then the width, for large windows: a
/// sum instead of a product of operations. `scratch` holds one input row.
template <auto kShape>
SKERRY_INLINE void PoolSeparated(i64 task, f32* out, const f32* in,
                                 f32* scratch) {
  internal::ForPoolRows<kShape>(
      task, out, in, [=](f32* to, const f32* from, Range ys, i64 count) {
        internal::PoolColumns<kShape>(scratch, from, ys);
        internal::PoolRow<internal::OneRow<kShape>()>(to, scratch, {0, 1},
                                                      count);
      });
}

}  // namespace skerry::kernels
