// Depthwise convolution: each channel has a kernel of its own, so channels are
// the lanes and a tile is a run of output columns. Each input vector is loaded
// once for each row of taps and serves all the columns that it touches.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/activation.h"
#include "skerry/kernels/call.h"
#include "skerry/kernels/tile.h"
#include "skerry/kernels/vec.h"

namespace skerry::kernels {

struct DepthwiseShape {
  i64 batch = 1;
  int channels = 1;
  int in_h = 1, in_w = 1;
  int out_h = 1, out_w = 1;
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0;
  Epilogue epilogue;
  int lanes = kLanes;  ///< what the weights are packed for
  int task_rows = 1;   ///< output rows of one task

  constexpr int row_tasks() const {
    return (out_h + task_rows - 1) / task_rows;
  }
  constexpr i64 tasks() const { return batch * row_tasks(); }
  constexpr int channel_vectors() const {
    return (channels + lanes - 1) / lanes;
  }
};

namespace internal {

struct DepthwiseRow {
  const float* x;  ///< channel block of input column 0, tap row 0
  const float* w;
  const float* bias;
  const float* residual;
  float* y;
  int tap_begin;  ///< rows of the kernel that fall on the input
  int tap_end;
};

/// Most output columns whose sums fit the registers beside a row of weights.
constexpr int DepthwiseColumnsMax(int kernel_w) {
  const int columns = kRegisters - 2 - kernel_w;
  return columns < 4 ? 4 : columns > 16 ? 16 : columns;
}

/// `kLaneCount` channels of a row of `kShape`.
template <DepthwiseShape kShape, int kLaneCount>
struct Depthwise {
  static constexpr int kColumnsMax = DepthwiseColumnsMax(kShape.kernel_w);
  static constexpr int kTiles = (kShape.out_w + kColumnsMax - 1) / kColumnsMax;
  static constexpr int kColumns = (kShape.out_w + kTiles - 1) / kTiles;

  /// Adds input column `kIn`, counted from the tile's first tap, to the sums
  /// of the output columns that have a tap there.
  template <int kIn, int kCount, int kOut = 0>
  SKERRY_INLINE static void Spread(Vec input, const Vec* weight, Vec* sum) {
    if constexpr (kOut < kCount) {
      constexpr int kAway = kIn - kOut * kShape.stride_w;
      if constexpr (kAway >= 0 && kAway % kShape.dilation_w == 0 &&
                    kAway / kShape.dilation_w < kShape.kernel_w) {
        sum[kOut] = Fma(input, weight[kAway / kShape.dilation_w], sum[kOut]);
      }
      Spread<kIn, kCount, kOut + 1>(input, weight, sum);
    }
  }

  /// Whether some output column of `count` has a tap at input column `in`.
  static constexpr bool IsRead(int in, int count) {
    for (int out = 0; out < count; ++out) {
      const int away = in - out * kShape.stride_w;
      if (away >= 0 && away % kShape.dilation_w == 0 &&
          away / kShape.dilation_w < kShape.kernel_w) {
        return true;
      }
    }
    return false;
  }

  template <int kColumn, int kCount, int kIn, int kInEnd>
  SKERRY_INLINE static void AddColumns(const float* x, const Vec* weight,
                                       Vec* sum) {
    if constexpr (kIn < kInEnd) {
      constexpr int kInside = kColumn * kShape.stride_w - kShape.pad_left + kIn;
      if constexpr (IsRead(kIn, kCount) &&
                    (kColumn < 0 || (kInside >= 0 && kInside < kShape.in_w))) {
        const Vec input =
            LoadPartial(x + i64{kIn} * kShape.channels, kLaneCount);
        Spread<kIn, kCount>(input, weight, sum);
      }
      AddColumns<kColumn, kCount, kIn + 1, kInEnd>(x, weight, sum);
    }
  }

  /// `kCount` output columns. `kColumn` is the first one's number, or -1 if
  /// all taps are known to be inside the input.
  template <int kColumn, int kCount>
  SKERRY_INLINE static void RunTile(const DepthwiseRow& row, int column) {
    constexpr int kSpan = (kCount - 1) * kShape.stride_w +
                          (kShape.kernel_w - 1) * kShape.dilation_w + 1;
    Vec sum[kCount];
#pragma clang loop unroll(full)
    for (int i = 0; i < kCount; ++i) sum[i] = Vec{};
    const float* x = row.x + i64{column * kShape.stride_w - kShape.pad_left} *
                                 kShape.channels;
    for (int tap = row.tap_begin; tap < row.tap_end; ++tap) {
      const float* w = row.w + tap * kShape.kernel_w * kLanes;
      Vec weight[kShape.kernel_w];
#pragma clang loop unroll(full)
      for (int i = 0; i < kShape.kernel_w; ++i) {
        weight[i] = Load(w + i * kLanes);
      }
      AddColumns<kColumn, kCount, 0, kSpan>(
          x + i64{tap} * kShape.dilation_h * kShape.in_w * kShape.channels,
          weight, sum);
    }
    const Vec bias = Load(row.bias);
#pragma clang loop unroll(full)
    for (int i = 0; i < kCount; ++i) {
      const i64 at = i64{column + i} * kShape.channels;
      Finish<kShape.epilogue>(sum[i] + bias, row.residual + at, row.y + at,
                              kLaneCount);
    }
  }

  static constexpr bool IsInner(int tile) {
    const int first = tile * kColumns * kShape.stride_w - kShape.pad_left;
    const int last = first + (kColumns - 1) * kShape.stride_w +
                     (kShape.kernel_w - 1) * kShape.dilation_w;
    return first >= 0 && last < kShape.in_w &&
           (tile + 1) * kColumns <= kShape.out_w;
  }
  static constexpr int InnerBegin() {
    int tile = 0;
    while (tile < kTiles && !IsInner(tile)) ++tile;
    return tile;
  }
  static constexpr int InnerEnd() {
    int tile = InnerBegin();
    while (tile < kTiles && IsInner(tile)) ++tile;
    return tile;
  }

  template <int kBegin, int kEnd>
  SKERRY_INLINE static void RunOuter(const DepthwiseRow& row) {
    if constexpr (kBegin < kEnd) {
      constexpr int kColumn = kBegin * kColumns;
      constexpr int kRest = kShape.out_w - kColumn;
      RunTile<kColumn, (kRest < kColumns ? kRest : kColumns)>(row, kColumn);
      RunOuter<kBegin + 1, kEnd>(row);
    }
  }

  [[gnu::noinline]] static void Run(const DepthwiseRow& row) {
    RunOuter<0, InnerBegin()>(row);
    for (int i = InnerBegin(); i < InnerEnd(); ++i) {
      RunTile<-1, kColumns>(row, i * kColumns);
    }
    RunOuter<InnerEnd(), kTiles>(row);
  }
};

}  // namespace internal

/// Task `task` of `kShape.tasks()`. `w` is packed as [vector of channels]
/// [tap row][tap column][lane], `bias` padded to whole vectors.
template <DepthwiseShape kShape>
void ConvolveDepthwise(const float* x, const float* w, const float* bias,
                       const float* residual, float* y, i64 task) {
  static_assert(kShape.lanes == kLanes);
  constexpr i64 kRowX = i64{kShape.in_w} * kShape.channels;
  constexpr i64 kRowY = i64{kShape.out_w} * kShape.channels;
  constexpr int kVectors = kShape.channel_vectors();
  constexpr int kLanesLast = kShape.channels - (kVectors - 1) * kLanes;
  constexpr int kTaps = kShape.kernel_h * kShape.kernel_w;
  const i64 image = task / kShape.row_tasks();
  const int row_begin =
      static_cast<int>(task % kShape.row_tasks()) * kShape.task_rows;
  const int row_end = Limit(row_begin + kShape.task_rows, kShape.out_h);
  if constexpr (kShape.epilogue.residual == Residual::kNone) residual = y;
  x += image * kShape.in_h * kRowX;
  y += image * kShape.out_h * kRowY;
  residual += image * kShape.out_h * kRowY;
  for (int i = row_begin; i < row_end; ++i) {
    const int top = i * kShape.stride_h - kShape.pad_top;
    internal::DepthwiseRow row = {
        x + top * kRowX,
        w,
        bias,
        residual + i * kRowY,
        y + i * kRowY,
        Limit(FirstInside(top, kShape.dilation_h), kShape.kernel_h),
        Limit(FirstInside(top - kShape.in_h, kShape.dilation_h),
              kShape.kernel_h)};
    for (int v = 0; v < kVectors; ++v) {
      if (v == kVectors - 1) {
        internal::Depthwise<kShape, kLanesLast>::Run(row);
      } else if constexpr (kVectors > 1) {
        internal::Depthwise<kShape, kLanes>::Run(row);
      }
      row.x += kLanes;
      row.w += kTaps * kLanes;
      row.bias += kLanes;
      row.residual += kLanes;
      row.y += kLanes;
    }
  }
}

}  // namespace skerry::kernels
