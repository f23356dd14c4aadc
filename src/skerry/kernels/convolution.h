// Convolution as it is written: for each tile of output pixels, the sum over
// the kernel's taps and the input channels. Pointwise convolutions, matrix
// products, strides, dilation, groups and inputs in NCHW are cases of it.
//
// Taps outside the input are left out, not multiplied by zero: rows at run
// time, columns at compile time, as the tiles at the two ends of a row are
// code of their own.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"
#include "skerry/kernels/tile.h"

namespace skerry::kernels {

/// Distances in memory, in floats.
struct Pitch {
  i64 image = 0;
  i64 row = 0;
  i64 pixel = 0;
  i64 channel = 1;
};

struct ConvolutionShape {
  i64 batch = 1;
  int in_h = 1, in_w = 1;
  int in_c = 1;  ///< of one group
  int out_h = 1, out_w = 1;
  int out_c = 1;  ///< of one group
  int groups = 1;
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0;
  Pitch x, y;
  Pitch residual;
  Epilogue epilogue;
  int lanes = kLanes;  ///< what the weights are packed for
  int panel_vectors = 2;
  int task_rows = 1;    ///< output rows of one task
  int task_panels = 1;  ///< panels of one task

  constexpr Panels panels() const { return {out_c, panel_vectors, lanes}; }
  constexpr int row_tasks() const {
    return (out_h + task_rows - 1) / task_rows;
  }
  constexpr int panel_tasks() const {
    return (panels().count() + task_panels - 1) / task_panels;
  }
  constexpr i64 tasks() const {
    return batch * row_tasks() * groups * panel_tasks();
  }
  /// Floats of packed weights for one vector of output channels.
  constexpr i64 vector_weights() const {
    return i64{kernel_h} * kernel_w * in_c * lanes;
  }
  /// Floats of packed bias, and vectors of packed weights, of one group.
  constexpr i64 group_bias() const {
    return i64{panels().vector_count()} * lanes;
  }
};

namespace internal {

/// Where a tile's products come from and where its sums go.
struct ConvolutionRow {
  const float* x;  ///< input of output column 0, tap (0, 0): may be outside
  const float* w;
  const float* bias;
  const float* residual;
  float* y;
  int tap_begin;  ///< rows of the kernel that fall on the input
  int tap_end;
};

/// A tile whose first output column is `kColumn`; -1: one that has all its
/// taps inside the input.
template <ConvolutionShape kShape, int kVectors, int kLanesLast, int kPixels,
          int kColumn>
struct ConvolutionTile {
  static constexpr i64 kPitch = kShape.stride_w * kShape.x.pixel;
  static constexpr i64 kTap = kShape.dilation_w * kShape.x.pixel;
  static constexpr i64 kTapWeights = i64{kShape.in_c} * kVectors * kLanes;

  Tile<kPixels, kVectors> tile;

  template <int kTapX>
  SKERRY_INLINE void AddTaps(const float* x, const float* w) {
    if constexpr (kTapX < kShape.kernel_w) {
      constexpr int kOffset = kColumn * kShape.stride_w - kShape.pad_left +
                              kTapX * kShape.dilation_w;
      constexpr int kBegin =
          kColumn < 0 ? 0
                      : Limit(FirstInside(kOffset, kShape.stride_w), kPixels);
      constexpr int kEnd =
          kColumn < 0
              ? kPixels
              : Limit(FirstInside(kOffset - kShape.in_w, kShape.stride_w),
                      kPixels);
      tile.template Add<kShape.in_c, kPitch, kShape.x.channel, kBegin, kEnd>(
          x + kTapX * kTap, w + kTapX * kTapWeights);
      AddTaps<kTapX + 1>(x, w);
    }
  }

  SKERRY_INLINE void Run(const ConvolutionRow& row, int column) {
    tile.Clear();
    const float* x = row.x + column * kPitch;
    for (int tap = row.tap_begin; tap < row.tap_end; ++tap) {
      const float* tap_x = x + tap * (kShape.dilation_h * kShape.x.row);
      const float* tap_w = row.w + tap * (kShape.kernel_w * kTapWeights);
      if constexpr (kColumn < 0 && kTap == kShape.in_c &&
                    kShape.x.channel == 1) {
        // The taps of a row lie one after the other.
        tile.template Add<i64{kShape.kernel_w} * kShape.in_c, kPitch, 1>(tap_x,
                                                                         tap_w);
      } else {
        AddTaps<0>(tap_x, tap_w);
      }
    }
    tile.AddBias(row.bias);
    tile.template Finish<kShape.epilogue, kLanesLast, kShape.y.pixel,
                         kShape.residual.pixel>(
        row.residual + column * kShape.residual.pixel,
        row.y + column * kShape.y.pixel);
  }
};

/// One row of output pixels for one panel.
template <ConvolutionShape kShape, int kVectors, int kLanesLast>
struct ConvolutionRowTiles {
  static constexpr int kPixels = TilePixels(kShape.out_w, kVectors);
  static constexpr int kTiles = (kShape.out_w + kPixels - 1) / kPixels;

  /// Whether tile `i` is whole and has all its taps inside the input.
  static constexpr bool IsInner(int i) {
    const int first = i * kPixels * kShape.stride_w - kShape.pad_left;
    const int last = first + (kPixels - 1) * kShape.stride_w +
                     (kShape.kernel_w - 1) * kShape.dilation_w;
    return first >= 0 && last < kShape.in_w &&
           (i + 1) * kPixels <= kShape.out_w;
  }
  static constexpr int InnerBegin() {
    int i = 0;
    while (i < kTiles && !IsInner(i)) ++i;
    return i;
  }
  static constexpr int InnerEnd() {
    int i = InnerBegin();
    while (i < kTiles && IsInner(i)) ++i;
    return i;
  }

  /// The tiles [kBegin, kEnd), each as its own code.
  template <int kBegin, int kEnd>
  SKERRY_INLINE static void RunOuter(const ConvolutionRow& row) {
    if constexpr (kBegin < kEnd) {
      constexpr int kColumn = kBegin * kPixels;
      constexpr int kRest = kShape.out_w - kColumn;
      ConvolutionTile<kShape, kVectors, kLanesLast,
                      (kRest < kPixels ? kRest : kPixels), kColumn>
          tile;
      tile.Run(row, kColumn);
      RunOuter<kBegin + 1, kEnd>(row);
    }
  }

  [[gnu::noinline]] static void Run(const ConvolutionRow& row) {
    RunOuter<0, InnerBegin()>(row);
    for (int i = InnerBegin(); i < InnerEnd(); ++i) {
      ConvolutionTile<kShape, kVectors, kLanesLast, kPixels, -1> tile;
      tile.Run(row, i * kPixels);
    }
    RunOuter<InnerEnd(), kTiles>(row);
  }
};

/// The rows [row_begin, row_end) of one image for one panel.
template <ConvolutionShape kShape, int kVectors, int kLanesLast>
SKERRY_INLINE void ConvolvePanel(ConvolutionRow row, int row_begin,
                                 int row_end) {
  const float* x = row.x - kShape.pad_left * kShape.x.pixel;
  const float* residual = row.residual;
  float* y = row.y;
  for (int i = row_begin; i < row_end; ++i) {
    const int top = i * kShape.stride_h - kShape.pad_top;
    row.tap_begin = Limit(FirstInside(top, kShape.dilation_h), kShape.kernel_h);
    row.tap_end = Limit(FirstInside(top - kShape.in_h, kShape.dilation_h),
                        kShape.kernel_h);
    row.x = x + top * kShape.x.row;
    row.residual = residual + i * kShape.residual.row;
    row.y = y + i * kShape.y.row;
    ConvolutionRowTiles<kShape, kVectors, kLanesLast>::Run(row);
  }
}

}  // namespace internal

/// Task `task` of `kShape.tasks()`.
///
/// `w` is packed as [group][panel][tap row][tap column][input channel][lane of
/// the panel], `bias` as [group][lane], both with zeros in the lanes beyond
/// `out_c`. `residual` is not read unless the epilogue has one.
template <ConvolutionShape kShape>
void Convolve(const float* x, const float* w, const float* bias,
              const float* residual, float* y, i64 task) {
  static_assert(kShape.lanes == kLanes);
  constexpr Panels kPanels = kShape.panels();
  const i64 panel_task = task % kShape.panel_tasks();
  task /= kShape.panel_tasks();
  const i64 group = task % kShape.groups;
  task /= kShape.groups;
  const i64 row_task = task % kShape.row_tasks();
  const i64 image = task / kShape.row_tasks();

  const int row_begin = static_cast<int>(row_task) * kShape.task_rows;
  const int row_end = Limit(row_begin + kShape.task_rows, kShape.out_h);
  const int panel_begin = static_cast<int>(panel_task) * kShape.task_panels;
  const int panel_end =
      Limit(panel_begin + kShape.task_panels, kPanels.count());

  if constexpr (kShape.epilogue.residual == Residual::kNone) residual = y;
  x += image * kShape.x.image + group * kShape.in_c * kShape.x.channel;
  y += image * kShape.y.image + group * kShape.out_c;
  residual += image * kShape.residual.image + group * kShape.out_c;
  w += group * kPanels.vector_count() * kShape.vector_weights();
  bias += group * kShape.group_bias();
  for (int panel = panel_begin; panel < panel_end; ++panel) {
    const int channel = kPanels.begin(panel);
    const internal::ConvolutionRow row = {
        x,
        w + i64{panel} * kPanels.vectors * kShape.vector_weights(),
        bias + channel,
        residual + channel,
        y + channel,
        0,
        0};
    if (panel == kPanels.count() - 1) {
      internal::ConvolvePanel<kShape, kPanels.last_vectors(),
                              kPanels.last_lanes()>(row, row_begin, row_end);
    } else if constexpr (kPanels.count() > 1) {
      internal::ConvolvePanel<kShape, kPanels.vectors, kLanes>(row, row_begin,
                                                               row_end);
    }
  }
}

}  // namespace skerry::kernels
