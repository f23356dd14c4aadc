// Windows over feature maps whose elements are not weighted.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/math.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/window.h"

namespace skerry::kernels::reference {

namespace internal {

/// One output element of a pool.
struct PoolAt {
  i64 target = 0;           ///< its offset
  i64 channel = 0;          ///< offset of the channel's first input element
  const i64* at = nullptr;  ///< its position
};

struct Pool {
  FeatureMap x;
  FeatureMap y;
  Window window;

  template <class Visit>
  void ForEachElement(Visit visit) const {
    const i64 positions = y.position_count();
    for (i64 n = 0; n < y.batch; ++n) {
      for (i64 c = 0; c < y.channels; ++c) {
        const i64 base = n * y.batch_stride + c * y.channel_stride;
        const i64 channel = n * x.batch_stride + c * x.channel_stride;
        for (i64 p = 0; p < positions; ++p) {
          i64 at[kSpatialAxes] = {};
          const i64 offset = y.PositionOffset(p, at);
          visit(PoolAt{base + offset, channel, at});
        }
      }
    }
  }
  /// Calls `visit(offset)` for each input element under the window.
  template <class Visit>
  void ForEachSource(const PoolAt& element, Visit visit) const {
    const i64 taps = window.tap_count();
    for (i64 tap = 0; tap < taps; ++tap) {
      const i64 source = window.Source(x, element.at, tap);
      if (source >= 0) visit(element.channel + source);
    }
  }
};

inline Pool PoolOf(const Call& call) {
  Pool pool;
  pool.x = FeatureMapOf(call, call.inputs[0]);
  pool.y = FeatureMapOf(call, call.outputs[0]);
  const Attribute* kernel = call.Find("kernel_shape");
  pool.window = WindowOf(call, pool.x.spatial_rank, kernel->ints);
  return pool;
}

/// A pool over all of the input.
inline Pool GlobalPoolOf(const Call& call) {
  Pool pool;
  pool.x = FeatureMapOf(call, call.inputs[0]);
  pool.y = FeatureMapOf(call, call.outputs[0]);
  pool.window.rank = pool.x.spatial_rank;
  for (i32 i = 0; i < pool.window.rank; ++i) {
    pool.window.kernel[i] = pool.x.extents[i];
    pool.window.strides[i] = 1;
    pool.window.dilations[i] = 1;
  }
  return pool;
}

/// The largest element under each window, and where it is.
inline void PoolMaximum(const Call& call, const Pool& pool) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  const bool indices = call.output_count > 1 && call.outputs[1].present();
  WithNumber(x.type, [&](auto zero) {
    using T = decltype(zero);
    pool.ForEachElement([&](const PoolAt& element) {
      T largest = Lowest<T>();
      i64 where = -1;
      pool.ForEachSource(element, [&](i64 i) {
        const T value = Get<T>(x, i);
        if (where >= 0 && !(value > largest) && value == value) return;
        largest = value;
        where = i;
      });
      Set(y, element.target, largest);
      if (indices) call.outputs[1].As<i64>()[element.target] = where;
    });
  });
}

/// The mean under each window: of `divisor(element, count)` elements, where
/// `count` is how many there are.
template <class Divisor>
void PoolMean(const Call& call, const Pool& pool, Divisor divisor) {
  const View& x = call.inputs[0];
  pool.ForEachElement([&](const PoolAt& element) {
    f64 sum = 0;
    i64 count = 0;
    pool.ForEachSource(element, [&](i64 i) {
      sum += Get<f64>(x, i);
      ++count;
    });
    const i64 parts = divisor(element, count);
    Set(call.outputs[0], element.target, sum / static_cast<f64>(parts));
  });
}

/// The p-norm of each window.
inline void PoolNorm(const Call& call, const Pool& pool) {
  const View& x = call.inputs[0];
  const auto p = static_cast<f64>(call.Int("p", 2));
  pool.ForEachElement([&](const PoolAt& element) {
    f64 sum = 0;
    pool.ForEachSource(element, [&](i64 i) {
      sum += math::Pow(math::Abs(Get<f64>(x, i)), p);
    });
    const f64 norm = p == 2 ? math::Sqrt(sum) : math::Pow(sum, 1 / p);
    Set(call.outputs[0], element.target, norm);
  });
}

}  // namespace internal

inline void MaxPool(const Call& call) {
  internal::PoolMaximum(call, internal::PoolOf(call));
}
inline void GlobalMaxPool(const Call& call) {
  internal::PoolMaximum(call, internal::GlobalPoolOf(call));
}

inline void AveragePool(const Call& call) {
  const internal::Pool pool = internal::PoolOf(call);
  const bool padded = call.Int("count_include_pad", 0) != 0;
  internal::PoolMean(
      call, pool, [&](const internal::PoolAt& element, i64 count) {
        return padded ? pool.window.CountPadded(pool.x, element.at) : count;
      });
}
inline void GlobalAveragePool(const Call& call) {
  internal::PoolMean(call, internal::GlobalPoolOf(call),
                     [](const internal::PoolAt&, i64 count) { return count; });
}

inline void LpPool(const Call& call) {
  internal::PoolNorm(call, internal::PoolOf(call));
}
inline void GlobalLpPool(const Call& call) {
  internal::PoolNorm(call, internal::GlobalPoolOf(call));
}

}  // namespace skerry::kernels::reference
