// Convolution with 3x3 kernels of stride 1 by Winograd's method: tiles of 4x4
// output pixels (or 2x2) are made from 6x6 (4x4) transformed inputs, with 2.25
// (4) multiplications for each output pixel and input channel instead of 9.
//
// 1. For a block of tiles, the inputs are transformed: for each of the 36 (16)
//    positions a matrix with a row for each tile and a column for each input
//    channel.
// 2. For each panel of output channels and each position, that matrix is
//    multiplied by the transformed weights.
// 3. The products are transformed to output pixels.
//
// The points of the larger transform are 0, 1/sqrt(2), -1/sqrt(2), sqrt(2),
// -sqrt(2) and infinity: errors are a third of those with the usual 1 and 2,
// about twice those of the direct sum.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"
#include "skerry/kernels/tile.h"

namespace skerry::kernels {

struct WinogradShape {
  i64 batch = 1;
  int in_h = 1, in_w = 1, in_c = 1;
  int out_h = 1, out_w = 1, out_c = 1;
  int pad_top = 0, pad_left = 0;
  Epilogue epilogue;
  int tile = 4;        ///< output pixels of a tile in each direction: 4 or 2
  int lanes = kLanes;  ///< what the weights are packed for
  int panel_vectors = 2;
  int task_tiles = 1;  ///< tiles of one task
  /// Panels of one task. Each task transforms the inputs of its tiles, so
  /// tasks that share tiles cost more in all.
  int task_panels = 1 << 30;

  constexpr int tile_in() const { return tile + 2; }
  constexpr int positions() const { return tile_in() * tile_in(); }
  constexpr int tiles_x() const { return (out_w + tile - 1) / tile; }
  constexpr int tiles_y() const { return (out_h + tile - 1) / tile; }
  constexpr i64 tiles() const { return batch * tiles_x() * tiles_y(); }
  constexpr i64 tile_tasks() const {
    return (tiles() + task_tiles - 1) / task_tiles;
  }
  constexpr int panel_tasks() const {
    const int count = panels().count();
    return task_panels >= count ? 1 : (count + task_panels - 1) / task_panels;
  }
  constexpr i64 tasks() const { return tile_tasks() * panel_tasks(); }
  constexpr Panels panels() const { return {out_c, panel_vectors, lanes}; }
  /// Floats from one position's inputs to the next: a vector more than there
  /// are, lest all positions fall on the same lines of the cache.
  constexpr i64 input_pitch() const { return i64{task_tiles} * in_c + lanes; }
  constexpr i64 product_pitch(int vectors) const {
    return (i64{task_tiles} * vectors + 1) * lanes;
  }
  constexpr int panel_vectors_max() const {
    return panels().last_vectors() > panel_vectors || panels().count() == 1
               ? panels().last_vectors()
               : panel_vectors;
  }
  constexpr i64 scratch_floats() const {
    return positions() * (input_pitch() + product_pitch(panel_vectors_max()));
  }
};

namespace internal {

/// Transforms of one line of a tile: 4 or 6 inputs, 4 or 6 sums of products.
template <int kTile>
struct WinogradLine;

template <>
struct WinogradLine<2> {
  static constexpr int kIn = 4;
  SKERRY_INLINE static void Input(const Vec (&d)[4], Vec (&t)[4]) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[1] - d[3];
  }
  SKERRY_INLINE static void Output(const Vec (&m)[4], Vec (&y)[2]) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
  }
};

template <>
struct WinogradLine<4> {
  static constexpr int kIn = 6;
  static constexpr float kA = 0.707106781f;  // the points are a, -a, b, -b
  static constexpr float kB = 1.41421356f;

  SKERRY_INLINE static void Input(const Vec (&d)[6], Vec (&t)[6]) {
    const Vec middle = Broadcast(-2.5f);  // -(a^2 + b^2), and a b = 1
    t[0] = Fma(middle, d[2], d[0] + d[4]);
    t[5] = Fma(middle, d[3], d[1] + d[5]);
    const Vec even_a = Fma(Broadcast(-2), d[2], d[4]);
    const Vec odd_a = Fma(Broadcast(-2), d[1], d[3]);
    t[1] = Fma(Broadcast(kA), odd_a, even_a);
    t[2] = Fma(Broadcast(-kA), odd_a, even_a);
    const Vec even_b = Fma(Broadcast(-0.5f), d[2], d[4]);
    const Vec odd_b = Fma(Broadcast(-0.5f), d[1], d[3]);
    t[3] = Fma(Broadcast(kB), odd_b, even_b);
    t[4] = Fma(Broadcast(-kB), odd_b, even_b);
  }
  SKERRY_INLINE static void Output(const Vec (&m)[6], Vec (&y)[4]) {
    const Vec sum_a = m[1] + m[2];
    const Vec difference_a = (m[1] - m[2]) * kA;
    const Vec sum_b = m[3] + m[4];
    const Vec difference_b = (m[3] - m[4]) * kB;
    y[0] = m[0] + sum_a + sum_b;
    y[1] = difference_a + difference_b;
    y[2] = Fma(sum_a, Broadcast(0.5f), sum_b + sum_b);
    y[3] = Fma(difference_a, Broadcast(0.5f),
               Fma(difference_b, Broadcast(2), m[5]));
  }
};

/// The channels [c, c + kLanesUsed) of one tile. `x` is the tile's first input
/// element; (`top`, `left`) its place in the image, which may be outside.
template <WinogradShape kShape, int kLanesUsed, bool kInside>
SKERRY_INLINE void TransformInput(const float* x, int top, int left,
                                  float* out) {
  using Line = WinogradLine<kShape.tile>;
  constexpr int kIn = Line::kIn;
  constexpr i64 kRow = i64{kShape.in_w} * kShape.in_c;
  Vec columns[kIn][kIn];
#pragma clang loop unroll(full)
  for (int j = 0; j < kIn; ++j) {
    Vec d[kIn];
#pragma clang loop unroll(full)
    for (int i = 0; i < kIn; ++i) {
      const bool read = kInside || (top + i >= 0 && top + i < kShape.in_h &&
                                    left + j >= 0 && left + j < kShape.in_w);
      const float* at = x + i * kRow + j * kShape.in_c;
      d[i] = read ? LoadPartial(at, kLanesUsed) : Vec{};
      // What the tile on the right will need. Its rows are too short and too
      // far apart for the hardware to foresee.
      if (j >= kIn - kShape.tile) Prefetch(at + kShape.tile * kShape.in_c);
    }
    Vec t[kIn];
    Line::Input(d, t);
#pragma clang loop unroll(full)
    for (int i = 0; i < kIn; ++i) columns[i][j] = t[i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < kIn; ++i) {
    Vec t[kIn];
    Line::Input(columns[i], t);
#pragma clang loop unroll(full)
    for (int j = 0; j < kIn; ++j) {
      StorePartial(out + (i * kIn + j) * kShape.input_pitch(), t[j],
                   kLanesUsed);
    }
  }
}

template <WinogradShape kShape, bool kInside>
[[gnu::noinline]] void TransformInputTile(const float* image, int top, int left,
                                          float* out) {
  constexpr int kWhole = kShape.in_c / kLanes * kLanes;
  const float* x = image + (i64{top} * kShape.in_w + left) * kShape.in_c;
  for (int c = 0; c < kWhole; c += kLanes) {
    TransformInput<kShape, kLanes, kInside>(x + c, top, left, out + c);
  }
  if constexpr (kWhole < kShape.in_c) {
    TransformInput<kShape, kShape.in_c - kWhole, kInside>(x + kWhole, top, left,
                                                          out + kWhole);
  }
}

/// `kCount` rows of the products of one position for one panel.
template <WinogradShape kShape, int kVectors, int kCount>
SKERRY_INLINE void MultiplyTiles(const float* x, const float* w, float* y) {
  constexpr Epilogue kNothing = {};
  Tile<kCount, kVectors> tile;
  tile.Clear();
  tile.template Add<kShape.in_c, kShape.in_c, 1>(x, w);
  tile.template Finish<kNothing, kLanes, kVectors * kLanes, 0>(nullptr, y);
}

/// All `kTiles` rows.
template <WinogradShape kShape, int kVectors, int kTiles>
SKERRY_INLINE void MultiplyPosition(const float* x, const float* w, float* y) {
  constexpr int kPixels = TilePixels(kTiles, kVectors);
  constexpr int kRest = kTiles % kPixels;
  for (int i = 0; i < kTiles / kPixels; ++i) {
    MultiplyTiles<kShape, kVectors, kPixels>(x, w, y);
    x += i64{kPixels} * kShape.in_c;
    y += i64{kPixels} * kVectors * kLanes;
  }
  if constexpr (kRest > 0) MultiplyTiles<kShape, kVectors, kRest>(x, w, y);
}

/// Output pixels of one tile for one vector of channels. `m` is the tile's
/// first product, `y` its first output pixel, of which there are `rows` by
/// `columns` in the image.
template <WinogradShape kShape, int kVectors, int kLanesUsed>
SKERRY_INLINE void TransformOutput(const float* m, Vec bias,
                                   const float* residual, float* y, int rows,
                                   int columns) {
  using Line = WinogradLine<kShape.tile>;
  constexpr int kIn = Line::kIn;
  constexpr i64 kPitch = kShape.product_pitch(kVectors);
  Vec lines[kShape.tile][kIn];
#pragma clang loop unroll(full)
  for (int j = 0; j < kIn; ++j) {
    Vec products[kIn];
#pragma clang loop unroll(full)
    for (int i = 0; i < kIn; ++i) {
      products[i] = Load(m + (i * kIn + j) * kPitch);
    }
    Vec sums[kShape.tile];
    Line::Output(products, sums);
#pragma clang loop unroll(full)
    for (int i = 0; i < kShape.tile; ++i) lines[i][j] = sums[i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < kShape.tile; ++i) {
    if (i >= rows) continue;
    Vec pixels[kShape.tile];
    Line::Output(lines[i], pixels);
#pragma clang loop unroll(full)
    for (int j = 0; j < kShape.tile; ++j) {
      if (j >= columns) continue;
      const i64 at = (i64{i} * kShape.out_w + j) * kShape.out_c;
      Finish<kShape.epilogue>(pixels[j] + bias, residual + at, y + at,
                              kLanesUsed);
    }
  }
}

/// Where a tile lies.
struct WinogradPlace {
  i64 image;
  int y;  ///< first output row
  int x;
};
template <WinogradShape kShape>
constexpr WinogradPlace PlaceOf(i64 tile) {
  constexpr i64 kImage = i64{kShape.tiles_x()} * kShape.tiles_y();
  const int at = static_cast<int>(tile % kImage);
  return {tile / kImage, at / kShape.tiles_x() * kShape.tile,
          at % kShape.tiles_x() * kShape.tile};
}

/// Steps 2 and 3 for one panel.
template <WinogradShape kShape, int kVectors, int kLanesLast, int kTiles>
[[gnu::noinline]] void MultiplyPanel(i64 first, const float* inputs,
                                     const float* w, const float* bias,
                                     const float* residual, float* y,
                                     float* products) {
  for (int i = 0; i < kShape.positions(); ++i) {
    MultiplyPosition<kShape, kVectors, kTiles>(
        inputs + i * kShape.input_pitch(), w,
        products + i * kShape.product_pitch(kVectors));
    w += i64{kShape.in_c} * kVectors * kLanes;
  }
  for (int i = 0; i < kTiles; ++i) {
    const WinogradPlace at = PlaceOf<kShape>(first + i);
    const i64 offset =
        ((at.image * kShape.out_h + at.y) * kShape.out_w + at.x) * kShape.out_c;
    const int rows = Limit(kShape.out_h - at.y, kShape.tile);
    const int columns = Limit(kShape.out_w - at.x, kShape.tile);
    const float* m = products + i64{i} * kVectors * kLanes;
    for (int v = 0; v < kVectors - 1; ++v) {
      const i64 channel = i64{v} * kLanes;
      TransformOutput<kShape, kVectors, kLanes>(
          m + channel, Load(bias + channel), residual + offset + channel,
          y + offset + channel, rows, columns);
    }
    constexpr i64 kLast = i64{kVectors - 1} * kLanes;
    TransformOutput<kShape, kVectors, kLanesLast>(
        m + kLast, Load(bias + kLast), residual + offset + kLast,
        y + offset + kLast, rows, columns);
  }
}

template <WinogradShape kShape, int kTiles>
SKERRY_INLINE void WinogradBlock(i64 first, int panel_begin, int panel_end,
                                 const float* x, const float* w,
                                 const float* bias, const float* residual,
                                 float* y, float* scratch) {
  constexpr Panels kPanels = kShape.panels();
  for (int i = 0; i < kTiles; ++i) {
    const WinogradPlace at = PlaceOf<kShape>(first + i);
    const float* image = x + at.image * kShape.in_h * kShape.in_w * kShape.in_c;
    const int top = at.y - kShape.pad_top;
    const int left = at.x - kShape.pad_left;
    float* out = scratch + i64{i} * kShape.in_c;
    if (top >= 0 && left >= 0 && top + kShape.tile_in() <= kShape.in_h &&
        left + kShape.tile_in() <= kShape.in_w) {
      TransformInputTile<kShape, true>(image, top, left, out);
    } else {
      TransformInputTile<kShape, false>(image, top, left, out);
    }
  }
  float* products = scratch + kShape.positions() * kShape.input_pitch();
  constexpr i64 kVectorWeights = i64{kShape.positions()} * kShape.in_c * kLanes;
  for (int panel = panel_begin; panel < panel_end; ++panel) {
    const int channel = kPanels.begin(panel);
    const float* panel_w = w + channel / kLanes * kVectorWeights;
    if (panel == kPanels.count() - 1) {
      MultiplyPanel<kShape, kPanels.last_vectors(), kPanels.last_lanes(),
                    kTiles>(first, scratch, panel_w, bias + channel,
                            residual + channel, y + channel, products);
    } else if constexpr (kPanels.count() > 1) {
      MultiplyPanel<kShape, kPanels.vectors, kLanes, kTiles>(
          first, scratch, panel_w, bias + channel, residual + channel,
          y + channel, products);
    }
  }
}

}  // namespace internal

/// Task `task` of `kShape.tasks()`. `w` is packed as [panel][position][input
/// channel][lane], `bias` padded to whole vectors; `scratch` holds
/// `kShape.scratch_floats()`.
template <WinogradShape kShape>
void ConvolveWinograd(const float* x, const float* w, const float* bias,
                      const float* residual, float* y, float* scratch,
                      i64 task) {
  static_assert(kShape.lanes == kLanes);
  constexpr int kTiles = kShape.task_tiles;
  constexpr int kRest =
      static_cast<int>(kShape.tiles() - (kShape.tile_tasks() - 1) * kTiles);
  constexpr int kPanels = kShape.panels().count();
  const int panel_begin = static_cast<int>(task % kShape.panel_tasks()) *
                          Limit(kShape.task_panels, kPanels);
  const int panel_end =
      Limit(panel_begin + Limit(kShape.task_panels, kPanels), kPanels);
  const i64 tile_task = task / kShape.panel_tasks();
  if constexpr (kShape.epilogue.residual == Residual::kNone) residual = y;
  if (kRest == kTiles || tile_task < kShape.tile_tasks() - 1) {
    internal::WinogradBlock<kShape, kTiles>(tile_task * kTiles, panel_begin,
                                            panel_end, x, w, bias, residual, y,
                                            scratch);
  } else {
    internal::WinogradBlock<kShape, kRest>(tile_task * kTiles, panel_begin,
                                           panel_end, x, w, bias, residual, y,
                                           scratch);
  }
}

}  // namespace skerry::kernels
