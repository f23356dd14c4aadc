// Feature maps and the windows that slide over them.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"
#include "skerry/kernels/reference/index.h"

namespace skerry::kernels::reference {

inline constexpr i32 kSpatialAxes = kRankMax - 2;

/// A tensor of images, signals or volumes: its extents and strides by what
/// they mean, whichever the attribute `layout` is.
struct FeatureMap {
  i64 batch = 1;
  i64 channels = 1;
  i64 batch_stride = 0;
  i64 channel_stride = 0;
  i32 spatial_rank = 0;
  i64 extents[kSpatialAxes] = {};
  i64 strides[kSpatialAxes] = {};

  constexpr i64 position_count() const {
    i64 count = 1;
    for (i32 i = 0; i < spatial_rank; ++i) count *= extents[i];
    return count;
  }
  /// Offset of the `n`-th position within a channel; `coordinates`, if not
  /// null, receives where that is.
  constexpr i64 PositionOffset(i64 n, i64* coordinates) const {
    i64 offset = 0;
    for (i32 i = spatial_rank - 1; i >= 0; --i) {
      const i64 coordinate = n % extents[i];
      n /= extents[i];
      offset += coordinate * strides[i];
      if (coordinates != nullptr) coordinates[i] = coordinate;
    }
    return offset;
  }
};

inline FeatureMap FeatureMapOf(const Call& call, const View& view) {
  const bool channels_last = call.TextIs("layout", "NHWC", "NCHW");
  const i32 channel = channels_last ? view.rank - 1 : 1;
  const i32 first = channels_last ? 1 : 2;
  const Strides strides = StridesOf(view);
  FeatureMap map;
  map.batch = view.dims[0];
  map.batch_stride = strides.at[0];
  map.channels = view.rank > 1 ? view.dims[channel] : 1;
  map.channel_stride = view.rank > 1 ? strides.at[channel] : 0;
  map.spatial_rank = view.rank > 2 ? view.rank - 2 : 0;
  for (i32 i = 0; i < map.spatial_rank; ++i) {
    map.extents[i] = view.dims[first + i];
    map.strides[i] = strides.at[first + i];
  }
  return map;
}

/// What a window reads: which input element lies under which of its taps.
struct Window {
  i32 rank = 0;
  i64 kernel[kSpatialAxes] = {};
  i64 strides[kSpatialAxes] = {};
  i64 dilations[kSpatialAxes] = {};
  i64 pads_before[kSpatialAxes] = {};
  i64 pads_after[kSpatialAxes] = {};
  bool transposed = false;  ///< the input is what a convolution would make

  constexpr i64 tap_count() const {
    i64 count = 1;
    for (i32 i = 0; i < rank; ++i) count *= kernel[i];
    return count;
  }

  /// Offset into a channel of `x` of what tap `tap` reads for the result at
  /// `position`; -1 if that is padding.
  constexpr i64 Source(const FeatureMap& x, const i64* position,
                       i64 tap) const {
    i64 offset = 0;
    for (i32 i = rank - 1; i >= 0; --i) {
      const i64 reach = tap % kernel[i] * dilations[i];
      tap /= kernel[i];
      i64 at = position[i] * strides[i] - pads_before[i] + reach;
      if (transposed) {
        at = position[i] + pads_before[i] - reach;
        if (at % strides[i] != 0) return -1;
        at /= strides[i];
      }
      if (at < 0 || at >= x.extents[i]) return -1;
      offset += at * x.strides[i];
    }
    return offset;
  }

  /// How many taps lie inside the input or its padding, not beyond.
  constexpr i64 CountPadded(const FeatureMap& x, const i64* position) const {
    i64 count = 1;
    for (i32 i = 0; i < rank; ++i) {
      const i64 first = position[i] * strides[i] - pads_before[i];
      i64 inside = 0;
      for (i64 k = 0; k < kernel[i]; ++k) {
        if (first + k * dilations[i] < x.extents[i] + pads_after[i]) ++inside;
      }
      count *= inside;
    }
    return count;
  }
};

/// The window that the attributes say; `kernel` points to its extents.
inline Window WindowOf(const Call& call, i32 rank, const i64* kernel) {
  Window window;
  window.rank = rank;
  for (i32 i = 0; i < rank; ++i) {
    window.kernel[i] = kernel[i];
    window.strides[i] = call.IntAt("strides", i, 1);
    window.dilations[i] = call.IntAt("dilations", i, 1);
    window.pads_before[i] = call.IntAt("pads", i, 0);
    window.pads_after[i] = call.IntAt("pads", rank + i, 0);
  }
  return window;
}

}  // namespace skerry::kernels::reference
