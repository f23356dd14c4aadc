// Matrix products whose factors are both known at run time only, as in
// attention. (A constant right factor is packed, and `Convolve` takes it.)
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"
#include "skerry/kernels/tile.h"

namespace skerry::kernels {

/// y[batch] = a[batch] b[batch], all dense and row-major.
struct MatMulShape {
  i64 batch = 1;
  i64 pitch_a = 0;  ///< floats from one batch's `a` to the next; 0: all share
  i64 pitch_b = 0;
  int rows = 1;     ///< of a and y
  int inner = 1;    ///< columns of a, rows of b
  int columns = 1;  ///< of b and y
  Epilogue epilogue;
  int panel_vectors = 2;
  int task_rows = 1;  ///< rows of one task

  constexpr int row_tasks() const { return (rows + task_rows - 1) / task_rows; }
  constexpr i64 tasks() const { return batch * row_tasks(); }
};

namespace internal {

/// `kRows` rows of y for one panel of columns.
template <MatMulShape kShape, int kVectors, int kLanesLast, int kRows>
SKERRY_INLINE void MultiplyTile(const float* a, const float* b,
                                const float* bias, const float* residual,
                                float* y) {
  Tile<kRows, kVectors> tile;
  tile.Clear();
  tile.template Add<kShape.inner, kShape.inner, 1, 0, kRows, kShape.columns,
                    kLanesLast>(a, b);
  tile.AddBias(bias);
  tile.template Finish<kShape.epilogue, kLanesLast, kShape.columns,
                       kShape.columns>(residual, y);
}

/// `kRows` rows, from the tallest tiles down to what is left.
template <MatMulShape kShape, int kVectors, int kLanesLast, int kRows>
SKERRY_INLINE void MultiplyRows(const float* a, const float* b,
                                const float* bias, const float* residual,
                                float* y) {
  constexpr int kTile = TilePixels(kRows, kVectors);
  int row = 0;
  for (; row + kTile <= kRows; row += kTile) {
    MultiplyTile<kShape, kVectors, kLanesLast, kTile>(a, b, bias, residual, y);
    a += i64{kTile} * kShape.inner;
    residual += i64{kTile} * kShape.columns;
    y += i64{kTile} * kShape.columns;
  }
  if constexpr (kRows % kTile != 0) {
    MultiplyTile<kShape, kVectors, kLanesLast, kRows % kTile>(a, b, bias,
                                                              residual, y);
  }
}

/// The rows of one task for one panel.
template <MatMulShape kShape, int kVectors, int kLanesLast>
[[gnu::noinline]] void MultiplyPanel(const float* a, const float* b,
                                     const float* bias, const float* residual,
                                     float* y, bool last_task) {
  constexpr int kRest =
      kShape.rows - (kShape.row_tasks() - 1) * kShape.task_rows;
  if (kRest == kShape.task_rows || !last_task) {
    MultiplyRows<kShape, kVectors, kLanesLast, kShape.task_rows>(a, b, bias,
                                                                 residual, y);
  } else {
    MultiplyRows<kShape, kVectors, kLanesLast, kRest>(a, b, bias, residual, y);
  }
}

}  // namespace internal

/// Task `task` of `kShape.tasks()`. `bias` has an element for each column and
/// is padded to whole vectors.
template <MatMulShape kShape>
void MultiplyMatrices(const float* a, const float* b, const float* bias,
                      const float* residual, float* y, i64 task) {
  constexpr Panels kPanels = {kShape.columns, kShape.panel_vectors};
  const i64 batch = task / kShape.row_tasks();
  const i64 row_task = task % kShape.row_tasks();
  const i64 row = row_task * kShape.task_rows;
  const bool last_task = row_task == kShape.row_tasks() - 1;
  if constexpr (kShape.epilogue.residual == Residual::kNone) residual = y;
  a += batch * kShape.pitch_a + row * kShape.inner;
  b += batch * kShape.pitch_b;
  residual += (batch * kShape.rows + row) * kShape.columns;
  y += (batch * kShape.rows + row) * kShape.columns;
  for (int panel = 0; panel < kPanels.count(); ++panel) {
    const int at = kPanels.begin(panel);
    if (panel == kPanels.count() - 1) {
      internal::MultiplyPanel<kShape, kPanels.last_vectors(),
                              kPanels.last_lanes()>(
          a, b + at, bias + at, residual + at, y + at, last_task);
    } else if constexpr (kPanels.count() > 1) {
      internal::MultiplyPanel<kShape, kPanels.vectors, kLanes>(
          a, b + at, bias + at, residual + at, y + at, last_task);
    }
  }
}

}  // namespace skerry::kernels
