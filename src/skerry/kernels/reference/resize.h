// Resampling on a grid: Resize along any axes, GridSample at given places.
//
// Coordinates are computed in float, as other runtimes do: which element is
// the nearest depends on it.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/math.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/index.h"

namespace skerry::kernels::reference {

namespace internal {

enum class Sampling : u8 { kNearest, kLinear, kCubic };

enum class Coordinates : u8 {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kCropAndResize,
  kHalfPixelForNearest,
};

enum class Nearest : u8 { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };

inline Sampling SamplingOf(const Call& call, const char* fallback) {
  if (call.TextIs("mode", "linear", fallback)) return Sampling::kLinear;
  if (call.TextIs("mode", "cubic", fallback)) return Sampling::kCubic;
  return Sampling::kNearest;
}

inline Coordinates CoordinatesOf(const Call& call) {
  constexpr struct {
    const char* name;
    Coordinates value;
  } kNames[] = {
      {"half_pixel_symmetric", Coordinates::kHalfPixelSymmetric},
      {"pytorch_half_pixel", Coordinates::kPytorchHalfPixel},
      {"align_corners", Coordinates::kAlignCorners},
      {"asymmetric", Coordinates::kAsymmetric},
      {"tf_crop_and_resize", Coordinates::kCropAndResize},
      {"tf_half_pixel_for_nn", Coordinates::kHalfPixelForNearest},
  };
  for (const auto& entry : kNames) {
    if (call.TextIs("coordinate_transformation_mode", entry.name,
                    "half_pixel")) {
      return entry.value;
    }
  }
  return Coordinates::kHalfPixel;
}

inline Nearest NearestOf(const Call& call) {
  constexpr const char* kName = "nearest_mode";
  constexpr const char* kFallback = "round_prefer_floor";
  if (call.TextIs(kName, "round_prefer_ceil", kFallback)) {
    return Nearest::kRoundPreferCeil;
  }
  if (call.TextIs(kName, "floor", kFallback)) return Nearest::kFloor;
  if (call.TextIs(kName, "ceil", kFallback)) return Nearest::kCeil;
  return Nearest::kRoundPreferFloor;
}

inline i64 RoundTo(Nearest mode, f32 x) {
  switch (mode) {
    case Nearest::kRoundPreferFloor:
      return static_cast<i64>(math::Ceil(x - 0.5f));
    case Nearest::kRoundPreferCeil:
      return static_cast<i64>(math::Floor(x + 0.5f));
    case Nearest::kFloor:
      return static_cast<i64>(math::Floor(x));
    case Nearest::kCeil:
      return static_cast<i64>(math::Ceil(x));
  }
  return 0;
}

/// Keys' cubic at distance `x` from an element.
inline f64 CubicWeight(f64 x, f64 a) {
  x = math::Abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}
inline f64 LinearWeight(f64 x) {
  x = math::Abs(x);
  return x < 1 ? 1 - x : 0;
}

/// How one axis is resampled.
struct ResizeAxis {
  i64 from = 1;  ///< extents
  i64 to = 1;
  f32 scale = 1;
  f32 roi_start = 0;
  f32 roi_end = 1;

  /// The same elements: nothing is to be done along this axis.
  bool same() const { return from == to && scale == 1; }
};

struct Resizer {
  const View& x;
  Strides strides;
  ResizeAxis axes[kRankMax];
  Sampling sampling;
  Coordinates coordinates;
  Nearest nearest;
  f64 cubic_a;
  f64 extrapolation;
  bool exclude_outside;
  bool antialias;

  /// Where element `i` of the result lies among those of the input.
  f32 Source(const ResizeAxis& axis, i64 i) const {
    const auto at = static_cast<f32>(i);
    const auto from = static_cast<f32>(axis.from);
    const auto to = static_cast<f32>(axis.to);
    switch (coordinates) {
      case Coordinates::kHalfPixel:
        return (at + 0.5f) / axis.scale - 0.5f;
      case Coordinates::kHalfPixelSymmetric: {
        const f32 adjustment = to / (axis.scale * from);
        const f32 offset = from / 2 * (1 - adjustment);
        return offset + (at + 0.5f) / axis.scale - 0.5f;
      }
      case Coordinates::kPytorchHalfPixel:
        return axis.to > 1 ? (at + 0.5f) / axis.scale - 0.5f : 0;
      case Coordinates::kAlignCorners:
        return axis.to > 1 ? at * (from - 1) / (to - 1) : 0;
      case Coordinates::kAsymmetric:
        return at / axis.scale;
      case Coordinates::kCropAndResize: {
        const f32 span = axis.roi_end - axis.roi_start;
        if (axis.to == 1) return (from - 1) * (axis.roi_start + span / 2);
        return (from - 1) * (axis.roi_start + at * span / (to - 1));
      }
      case Coordinates::kHalfPixelForNearest:
        return (at + 0.5f) / axis.scale;
    }
    return 0;
  }

  /// Whether the result at `index` lies outside the region of interest and has
  /// the extrapolation value.
  bool Outside(i32 rank, const i64* index) const {
    if (coordinates != Coordinates::kCropAndResize) return false;
    for (i32 i = 0; i < rank; ++i) {
      if (axes[i].same()) continue;
      const f32 at = Source(axes[i], index[i]);
      if (at < 0 || at > static_cast<f32>(axes[i].from - 1)) return true;
    }
    return false;
  }

  static i64 Clamp(i64 i, i64 extent) {
    return i < 0 ? 0 : i >= extent ? extent - 1 : i;
  }

  /// The value at `index` of what begins at `offset` and has the axes from
  /// `axis` on: a weighted sum of values of what has one axis less.
  f64 Value(i32 axis, i64 offset, const i64* index) const {
    if (axis == x.rank) return Get<f64>(x, offset);
    const ResizeAxis& along = axes[axis];
    const i64 stride = strides.at[axis];
    if (along.same()) {
      return Value(axis + 1, offset + index[axis] * stride, index);
    }
    const f32 source = Source(along, index[axis]);
    if (sampling == Sampling::kNearest) {
      const i64 at = Clamp(RoundTo(nearest, source), along.from);
      return Value(axis + 1, offset + at * stride, index);
    }
    return WeightedValue(axis, offset, index, source);
  }

  f64 WeightedValue(i32 axis, i64 offset, const i64* index, f32 source) const {
    const ResizeAxis& along = axes[axis];
    const bool cubic = sampling == Sampling::kCubic;
    // A smaller result takes in more elements, if antialiasing.
    const f64 shrink = antialias && along.scale < 1 ? along.scale : 1;
    const f64 support = (cubic ? 2 : 1) / shrink;
    const auto first = static_cast<i64>(math::Floor(source - support)) + 1;
    const auto last = static_cast<i64>(math::Ceil(source + support)) - 1;
    f64 total = 0;
    f64 sum = 0;
    for (i64 i = first; i <= last; ++i) {
      const bool outside = i < 0 || i >= along.from;
      if (outside && exclude_outside) continue;
      const f64 distance = (static_cast<f64>(i) - source) * shrink;
      const f64 weight =
          cubic ? CubicWeight(distance, cubic_a) : LinearWeight(distance);
      if (weight == 0) continue;
      const i64 at = Clamp(i, along.from);
      total += weight;
      sum += weight * Value(axis + 1, offset + at * stride(axis), index);
    }
    return total == 0 ? 0 : sum / total;
  }

  i64 stride(i32 axis) const { return strides.at[axis]; }
};

inline Resizer ResizerOf(const Call& call) {
  const View& x = call.inputs[0];
  const View roi = call.Input(1);
  const View scales = call.Input(2);
  Resizer resizer = {
      .x = x,
      .strides = StridesOf(x),
      .axes = {},
      .sampling = SamplingOf(call, "nearest"),
      .coordinates = CoordinatesOf(call),
      .nearest = NearestOf(call),
      .cubic_a = call.Float("cubic_coeff_a", -0.75f),
      .extrapolation = call.Float("extrapolation_value", 0),
      .exclude_outside = call.Int("exclude_outside", 0) != 0,
      .antialias = call.Int("antialias", 0) != 0,
  };
  const bool has_scales = scales.present() && scales.count() == x.rank;
  const bool has_roi = roi.present() && roi.count() == 2 * x.rank;
  for (i32 i = 0; i < x.rank; ++i) {
    ResizeAxis& axis = resizer.axes[i];
    axis.from = x.dims[i];
    axis.to = call.outputs[0].dims[i];
    axis.scale = has_scales
                     ? scales.As<f32>()[i]
                     : static_cast<f32>(axis.to) / static_cast<f32>(axis.from);
    if (!has_roi) continue;
    axis.roi_start = static_cast<f32>(Get<f64>(roi, i));
    axis.roi_end = static_cast<f32>(Get<f64>(roi, x.rank + i));
  }
  return resizer;
}

}  // namespace internal

inline void Resize(const Call& call) {
  const View& y = call.outputs[0];
  const internal::Resizer resizer = internal::ResizerOf(call);
  i64 index[kRankMax] = {};
  const i64 count = y.count();
  for (i64 n = 0; n < count; ++n) {
    const bool outside = resizer.Outside(y.rank, index);
    Set(y, n, outside ? resizer.extrapolation : resizer.Value(0, 0, index));
    Advance(y.rank, y.dims, index);
  }
}

namespace internal {

enum class GridPadding : u8 { kZeros, kBorder, kReflection };

/// One spatial axis of GridSample.
struct GridAxis {
  i64 extent;
  bool align_corners;

  /// From the grid's [-1, 1] to elements.
  f64 Element(f64 at) const {
    const auto n = static_cast<f64>(extent);
    return align_corners ? (at + 1) / 2 * (n - 1) : ((at + 1) * n - 1) / 2;
  }

  /// `at` mirrored at the ends until it lies between them.
  f64 Reflect(f64 at) const {
    const f64 low = align_corners ? 0 : -0.5;
    const f64 span = static_cast<f64>(extent) - (align_corners ? 1 : 0);
    if (span <= 0) return 0;
    const f64 distance = math::Abs(at - low);
    const f64 rest = distance - math::Floor(distance / span) * span;
    const f64 turns = math::Floor(distance / span);
    const bool back = turns - 2 * math::Floor(turns / 2) == 1;
    return low + (back ? span - rest : rest);
  }
};

struct GridSampler {
  const View& x;
  GridAxis rows;
  GridAxis columns;
  Sampling sampling;
  GridPadding padding;

  /// The element at whole coordinates, or what the padding has there.
  f64 Pixel(i64 first, f64 row, f64 column) const {
    if (padding == GridPadding::kReflection) {
      row = Bound(rows.Reflect(row), rows);
      column = Bound(columns.Reflect(column), columns);
    } else if (padding == GridPadding::kBorder) {
      row = Bound(row, rows);
      column = Bound(column, columns);
    }
    // Not a number fails both.
    const bool inside = row >= 0 && row < static_cast<f64>(rows.extent) &&
                        column >= 0 &&
                        column < static_cast<f64>(columns.extent);
    if (!inside) return 0;
    return Get<f64>(x, first + static_cast<i64>(row) * columns.extent +
                           static_cast<i64>(column));
  }

  static f64 Bound(f64 at, const GridAxis& axis) {
    const auto last = static_cast<f64>(axis.extent - 1);
    return at < 0 ? 0 : at > last ? last : at;
  }

  /// Places outside are moved in before, so that weights are those of where
  /// they end up; for cubic sampling, pixels are moved one by one.
  f64 Place(f64 at, const GridAxis& axis) const {
    if (sampling == Sampling::kCubic) return at;
    if (padding == GridPadding::kBorder) return Bound(at, axis);
    if (padding == GridPadding::kReflection) {
      return Bound(axis.Reflect(at), axis);
    }
    return at;
  }

  f64 Value(i64 first, f64 row, f64 column) const {
    row = Place(rows.Element(row), rows);
    column = Place(columns.Element(column), columns);
    if (sampling == Sampling::kNearest) {
      return Pixel(first, math::RoundEven(row), math::RoundEven(column));
    }
    const bool cubic = sampling == Sampling::kCubic;
    const f64 top = math::Floor(row) - (cubic ? 1 : 0);
    const f64 left = math::Floor(column) - (cubic ? 1 : 0);
    const i32 taps = cubic ? 4 : 2;
    f64 sum = 0;
    for (i32 i = 0; i < taps; ++i) {
      for (i32 j = 0; j < taps; ++j) {
        const f64 weight = Weight(top + i - row) * Weight(left + j - column);
        sum += weight * Pixel(first, top + i, left + j);
      }
    }
    return sum;
  }

  f64 Weight(f64 distance) const {
    return sampling == Sampling::kCubic ? CubicWeight(distance, -0.75)
                                        : LinearWeight(distance);
  }
};

}  // namespace internal

inline void GridSample(const Call& call) {
  const View& x = call.inputs[0];
  const View& grid = call.inputs[1];
  const View& y = call.outputs[0];
  const bool align = call.Int("align_corners", 0) != 0;
  internal::GridPadding padding = internal::GridPadding::kZeros;
  if (call.TextIs("padding_mode", "border", "zeros")) {
    padding = internal::GridPadding::kBorder;
  } else if (call.TextIs("padding_mode", "reflection", "zeros")) {
    padding = internal::GridPadding::kReflection;
  }
  const internal::GridSampler sampler = {x,
                                         {x.dims[2], align},
                                         {x.dims[3], align},
                                         internal::SamplingOf(call, "linear"),
                                         padding};
  const i64 places = y.dims[2] * y.dims[3];
  const i64 count = y.count();
  for (i64 n = 0; n < count; ++n) {
    const i64 channel = n / places;  // of all images
    const i64 image = channel / x.dims[1];
    const i64 at = (image * places + n % places) * 2;
    const f64 row = Get<f64>(grid, at + 1);
    Set(y, n,
        sampler.Value(channel * x.dims[2] * x.dims[3], row,
                      Get<f64>(grid, at)));
  }
}

}  // namespace skerry::kernels::reference
