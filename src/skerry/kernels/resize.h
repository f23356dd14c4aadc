// Images at another size, by tables of where each row and column comes from.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/movement.h"

namespace skerry::kernels {

/// [batch, in height, in width, inner] to [batch, out height, out width,
/// inner]: NHWC with the channels as `inner`, NCHW with them in `batch`.
struct ResizeShape {
  i64 batch;
  i64 in[2];
  i64 out[2];
  i64 inner;
  i64 tasks;  ///< that share the output rows
};

/// Each pixel is the one of the input whose row and column are in
/// `rows[out height]` and `columns[out width]`.
template <auto kShape, class T>
SKERRY_INLINE void ResizeNearest(i64 task, T* __restrict out,
                                 const T* __restrict in,
                                 const i32* __restrict rows,
                                 const i32* __restrict columns) {
  constexpr i64 kInRow = kShape.in[1] * kShape.inner;
  constexpr i64 kOutRow = kShape.out[1] * kShape.inner;
  constexpr i64 kPixel = kShape.inner * static_cast<i64>(sizeof(T));
  const Range share = Share(kShape.batch * kShape.out[0], kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const i64 image = row / kShape.out[0];
    const T* from =
        in + (image * kShape.in[0] + rows[row % kShape.out[0]]) * kInRow;
    T* to = out + row * kOutRow;
    for (i64 x = 0; x < kShape.out[1]; ++x) {
      internal::CopyBytes<kPixel>(to + x * kShape.inner,
                                  from + columns[x] * kShape.inner);
    }
  }
}

/// What a linear resize reads along one axis: output i lies at `weights[i]`
/// of the way from input `low[i]` to input `high[i]`.
struct LinearTable {
  const i32* low;
  const i32* high;
  const f32* weights;
};

/// Linear interpolation, rows first: `scratch` holds one row of the input.
template <auto kShape>
SKERRY_INLINE void ResizeLinear(i64 task, f32* out, const f32* in,
                                LinearTable rows, LinearTable columns,
                                f32* scratch) {
  constexpr i64 kInner = kShape.inner;
  constexpr i64 kInRow = kShape.in[1] * kInner;
  constexpr i64 kOutRow = kShape.out[1] * kInner;
  const Range share = Share(kShape.batch * kShape.out[0], kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const i64 y = row % kShape.out[0];
    const f32* image = in + row / kShape.out[0] * kShape.in[0] * kInRow;
    const f32* above = image + rows.low[y] * kInRow;
    const f32* below = image + rows.high[y] * kInRow;
    const Vec down = Broadcast(rows.weights[y]);
    ForVectors(0, kInRow, [&](i64 i, int n) {
      const Vec a = LoadPartial(above + i, n);
      const Vec b = LoadPartial(below + i, n);
      StorePartial(scratch + i, Fma(b - a, down, a), n);
    });
    f32* to = out + row * kOutRow;
    for (i64 x = 0; x < kShape.out[1]; ++x) {
      const f32* left = scratch + columns.low[x] * kInner;
      const f32* right = scratch + columns.high[x] * kInner;
      if constexpr (kInner == 1) {
        to[x] = Fma(*right - *left, columns.weights[x], *left);
      } else {
        const Vec across = Broadcast(columns.weights[x]);
        ForVectors(0, kInner, [&](i64 i, int n) {
          const Vec a = LoadPartial(left + i, n);
          const Vec b = LoadPartial(right + i, n);
          StorePartial(to + x * kInner + i, Fma(b - a, across, a), n);
        });
      }
    }
  }
}

}  // namespace skerry::kernels
