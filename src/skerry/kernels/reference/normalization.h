// Normalisations over sets of elements and over channels.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/math.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/functions.h"
#include "skerry/kernels/reference/window.h"

namespace skerry::kernels::reference {

inline void BatchNormalization(const Call& call) {
  const View& x = call.inputs[0];
  const FeatureMap map = FeatureMapOf(call, x);
  const f64 epsilon = call.Float("epsilon", 1e-5f);
  const Activation activation = ActivationOf(call);
  const i64 positions = map.position_count();
  for (i64 c = 0; c < map.channels; ++c) {
    const f64 mean = Get<f64>(call.inputs[3], c);
    const f64 deviation = math::Sqrt(Get<f64>(call.inputs[4], c) + epsilon);
    const f64 scale = Get<f64>(call.inputs[1], c) / deviation;
    const f64 bias = Get<f64>(call.inputs[2], c);
    for (i64 n = 0; n < map.batch; ++n) {
      const i64 base = n * map.batch_stride + c * map.channel_stride;
      for (i64 p = 0; p < positions; ++p) {
        const i64 i = base + map.PositionOffset(p, nullptr);
        Set(call.outputs[0], i,
            activation((Get<f64>(x, i) - mean) * scale + bias));
      }
    }
  }
}

namespace internal {

/// Mean and variance of the elements that `for_each(visit)` visits.
struct Moments {
  f64 mean = 0;
  f64 variance = 0;
};

template <class ForEachElement>
Moments MomentsOf(const View& x, ForEachElement for_each) {
  f64 sum = 0;
  i64 count = 0;
  for_each([&](i64 i) {
    sum += Get<f64>(x, i);
    ++count;
  });
  Moments moments;
  if (count == 0) return moments;
  moments.mean = sum / static_cast<f64>(count);
  f64 squares = 0;
  for_each([&](i64 i) {
    const f64 difference = Get<f64>(x, i) - moments.mean;
    squares += difference * difference;
  });
  moments.variance = squares / static_cast<f64>(count);
  return moments;
}

/// Normalises each group of channels of each image, then scales each channel.
inline void NormalizeGroups(const Call& call, i64 groups) {
  const View& x = call.inputs[0];
  const FeatureMap map = FeatureMapOf(call, x);
  const f64 epsilon = call.Float("epsilon", 1e-5f);
  const i64 channels = map.channels / groups;
  const i64 positions = map.position_count();
  for (i64 n = 0; n < map.batch; ++n) {
    for (i64 group = 0; group < groups; ++group) {
      const i64 base =
          n * map.batch_stride + group * channels * map.channel_stride;
      const auto for_each = [&](auto visit) {
        for (i64 c = 0; c < channels; ++c) {
          for (i64 p = 0; p < positions; ++p) {
            visit(base + c * map.channel_stride +
                  map.PositionOffset(p, nullptr));
          }
        }
      };
      const Moments moments = MomentsOf(x, for_each);
      const f64 inverse = 1 / math::Sqrt(moments.variance + epsilon);
      i64 visited = 0;
      for_each([&](i64 i) {
        const i64 channel = group * channels + visited++ / positions;
        const f64 normal = (Get<f64>(x, i) - moments.mean) * inverse;
        Set(call.outputs[0], i,
            normal * Get<f64>(call.inputs[1], channel) +
                Get<f64>(call.inputs[2], channel));
      });
    }
  }
}

}  // namespace internal

inline void InstanceNormalization(const Call& call) {
  internal::NormalizeGroups(call, FeatureMapOf(call, call.inputs[0]).channels);
}
inline void GroupNormalization(const Call& call) {
  internal::NormalizeGroups(call, call.Int("num_groups", 1));
}

/// Over the axes from `axis` on. Mean and inverse deviation are results too.
inline void LayerNormalization(const Call& call) {
  const View& x = call.inputs[0];
  const View& scale = call.inputs[1];
  const View bias = call.Input(2);
  const f64 epsilon = call.Float("epsilon", 1e-5f);
  const i32 first = NormalAxis(call.Int("axis", -1), x.rank);
  // The normalised axes as a tensor, to which scale and bias are broadcast.
  View normalized = {x.type, x.rank - first};
  for (i32 i = first; i < x.rank; ++i) normalized.dims[i - first] = x.dims[i];
  const Strides strides[] = {
      BroadcastStrides(scale, normalized),
      bias.present() ? BroadcastStrides(bias, normalized) : Strides{}};
  const i64 inner = normalized.count();
  const i64 outer = inner == 0 ? 0 : x.count() / inner;
  for (i64 o = 0; o < outer; ++o) {
    const internal::Moments moments = internal::MomentsOf(x, [&](auto visit) {
      for (i64 i = 0; i < inner; ++i) visit(o * inner + i);
    });
    const f64 inverse = 1 / math::Sqrt(moments.variance + epsilon);
    ForEach(normalized.rank, normalized.dims, strides,
            [&](i64 n, const i64(&at)[2]) {
              const f64 normal =
                  (Get<f64>(x, o * inner + n) - moments.mean) * inverse;
              f64 y = normal * Get<f64>(scale, at[0]);
              if (bias.present()) y += Get<f64>(bias, at[1]);
              Set(call.outputs[0], o * inner + n, y);
            });
    for (i32 k = 1; k < call.output_count; ++k) {
      if (!call.outputs[k].present()) continue;
      Set(call.outputs[k], o, k == 1 ? moments.mean : inverse);
    }
  }
}

inline void MeanVarianceNormalization(const Call& call) {
  const View& x = call.inputs[0];
  const Attribute* list = call.Find("axes");
  u32 axes = 0b1101;
  if (list != nullptr) {
    axes = 0;
    for (i64 i = 0; i < list->count; ++i) {
      axes |= 1u << NormalAxis(list->ints[i], x.rank);
    }
  }
  const Grouping grouping = GroupBy(x, axes);
  grouping.ForEachGroup([&](i64, i64 first) {
    const auto for_each = [&](auto visit) {
      grouping.ForEachMember(first, visit);
    };
    const internal::Moments moments = internal::MomentsOf(x, for_each);
    const f64 deviation = math::Sqrt(moments.variance);
    for_each([&](i64 i) {
      Set(call.outputs[0], i,
          (Get<f64>(x, i) - moments.mean) / (deviation + 1e-9));
    });
  });
}

/// Each element by the squares of its neighbours in the channels next to it.
inline void LRN(const Call& call) {
  const View& x = call.inputs[0];
  const FeatureMap map = FeatureMapOf(call, x);
  const i64 size = call.Int("size", 1);
  const f64 alpha = call.Float("alpha", 0.0001f);
  const f64 beta = call.Float("beta", 0.75f);
  const f64 bias = call.Float("bias", 1);
  const i64 positions = map.position_count();
  for (i64 n = 0; n < map.batch; ++n) {
    for (i64 p = 0; p < positions; ++p) {
      const i64 base = n * map.batch_stride + map.PositionOffset(p, nullptr);
      for (i64 c = 0; c < map.channels; ++c) {
        const i64 first = c - (size - 1) / 2;
        const i64 last = c + size / 2;
        f64 squares = 0;
        for (i64 k = first < 0 ? 0 : first; k <= last && k < map.channels;
             ++k) {
          const f64 value = Get<f64>(x, base + k * map.channel_stride);
          squares += value * value;
        }
        const i64 i = base + c * map.channel_stride;
        const f64 sum = bias + alpha / static_cast<f64>(size) * squares;
        Set(call.outputs[0], i, Get<f64>(x, i) / math::Pow(sum, beta));
      }
    }
  }
}

}  // namespace skerry::kernels::reference
