// Normalisation by the mean and variance of the input itself, and by the
// neighbouring channels.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/loops.h"
#include "skerry/kernels/vec_math.h"

namespace skerry::kernels {

/// The factor and the summand that make a group's mean 0 and variance 1.
struct Standardizer {
  f32 factor;
  f32 summand;
};

namespace internal {

template <class Map>
SKERRY_INLINE f32 SumOf(const f32* x, i64 count, const Map& map) {
  constexpr int kSums = 4;
  Vec sums[kSums] = {};
  i64 i = 0;
  for (; i + kSums * kLanes <= count; i += kSums * kLanes) {
    Unrolled<kSums>([&](int v) __attribute__((always_inline)) {
      sums[v] += map(Load(x + i + v * kLanes));
    });
  }
  ForVectors(i, count, [&](i64 j, int n) {
    const Vec y = map(LoadPartial(x + j, n));
    sums[0] += n < kLanes ? (Iota() < n ? y : Vec{}) : y;
  });
  return ReduceAdd((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/// Two passes: the variance is of differences from the mean, so that a large
/// mean does not drown it.
SKERRY_INLINE Standardizer StandardizerOf(const f32* x, i64 count,
                                          f32 epsilon) {
  const f32 share = 1.0f / static_cast<f32>(count);
  const f32 mean = SumOf(x, count, [](Vec v) { return v; }) * share;
  const f32 variance =
      share * SumOf(x, count, [=](Vec v) { return (v - mean) * (v - mean); });
  const f32 factor = 1.0f / __builtin_sqrtf(variance + epsilon);
  return {factor, -mean * factor};
}

}  // namespace internal

struct LayerShape {
  i64 outer;
  i64 count;
  f32 epsilon;
  i64 tasks;
};

/// Each row of [outer, count] standardised, times `scale[count]` plus
/// `bias[count]`, which may be null. The input may be the output.
template <auto kShape>
SKERRY_INLINE void NormalizeLayers(i64 task, f32* out, const f32* in,
                                   const f32* scale, const f32* bias) {
  const Range share = Share(kShape.outer, kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const f32* from = in + row * kShape.count;
    f32* to = out + row * kShape.count;
    const Standardizer norm =
        internal::StandardizerOf(from, kShape.count, kShape.epsilon);
    ForVectors(0, kShape.count, [&](i64 i, int n) {
      const Vec x = Fma(LoadPartial(from + i, n), Broadcast(norm.factor),
                        Broadcast(norm.summand));
      const Vec shift = bias != nullptr ? LoadPartial(bias + i, n) : Vec{};
      StorePartial(to + i, Fma(x, LoadPartial(scale + i, n), shift), n);
    });
  }
}

/// Groups of `width` channels of NCHW maps; instances are groups of one.
struct GroupShape {
  i64 groups;  ///< of all images
  i64 width;
  i64 channels;
  i64 positions;  ///< H W
  f32 epsilon;
  i64 tasks;
};

/// Each group standardised, times the channel's scale plus its bias. The
/// input may be the output.
template <auto kShape>
SKERRY_INLINE void NormalizeGroups(i64 task, f32* out, const f32* in,
                                   const f32* scale, const f32* bias) {
  constexpr i64 kCount = kShape.width * kShape.positions;
  const Range share = Share(kShape.groups, kShape.tasks, task);
  for (i64 group = share.begin; group < share.end; ++group) {
    const Standardizer norm =
        internal::StandardizerOf(in + group * kCount, kCount, kShape.epsilon);
    for (i64 i = 0; i < kShape.width; ++i) {
      const i64 map = group * kShape.width + i;
      const i64 channel = map % kShape.channels;
      const f32 factor = norm.factor * scale[channel];
      const f32 summand = norm.summand * scale[channel] + bias[channel];
      const f32* from = in + map * kShape.positions;
      f32* to = out + map * kShape.positions;
      ForVectors(0, kShape.positions, [&](i64 j, int n) {
        StorePartial(to + j,
                     Fma(LoadPartial(from + j, n), Broadcast(factor),
                         Broadcast(summand)),
                     n);
      });
    }
  }
}

/// [batch, positions, channels]: NHWC maps.
struct InstanceShape {
  i64 batch;
  i64 positions;
  i64 channels;
  f32 epsilon;
  i64 tasks;
};

/// Each channel of each image standardised, times its scale plus its bias.
/// The input may be the output.
template <auto kShape>
SKERRY_INLINE void NormalizeInstances(i64 task, f32* out, const f32* in,
                                      const f32* scale, const f32* bias) {
  constexpr i64 kChannels = kShape.channels;
  constexpr i64 kBlock = 64;  // whole cache lines, and the same for any target
  constexpr i64 kBlocks = (kChannels + kBlock - 1) / kBlock;
  const f32 part = 1.0f / static_cast<f32>(kShape.positions);
  const Range share = Share(kShape.batch * kBlocks, kShape.tasks, task);
  for (i64 i = share.begin; i < share.end; ++i) {
    const i64 image = i / kBlocks * kShape.positions * kChannels;
    const i64 begin = i % kBlocks * kBlock;
    const i64 end = begin + kBlock < kChannels ? begin + kBlock : kChannels;
    ForVectors(begin, end, [&](i64 c, int n) {
      const f32* from = in + image + c;
      f32* to = out + image + c;
      Vec sum{};
      for (i64 p = 0; p < kShape.positions; ++p) {
        sum += LoadPartial(from + p * kChannels, n);
      }
      const Vec mean = sum * part;
      Vec squares{};
      for (i64 p = 0; p < kShape.positions; ++p) {
        const Vec x = LoadPartial(from + p * kChannels, n) - mean;
        squares = Fma(x, x, squares);
      }
      const Vec factor =
          LoadPartial(scale + c, n) / Sqrt(squares * part + kShape.epsilon);
      const Vec summand = LoadPartial(bias + c, n) - mean * factor;
      for (i64 p = 0; p < kShape.positions; ++p) {
        const Vec x = LoadPartial(from + p * kChannels, n);
        StorePartial(to + p * kChannels, Fma(x, factor, summand), n);
      }
    });
  }
}

/// Local response normalisation of [outer, channels, inner]: NHWC has an
/// inner of 1.
struct LrnShape {
  i64 outer;
  i64 channels;
  i64 inner;
  i64 size;
  f32 alpha;
  f32 beta;
  f32 bias;
  i64 tasks;
};

namespace internal {

/// x / (bias + alpha / size * squares)^beta
template <auto kShape>
SKERRY_INLINE Vec Respond(Vec x, Vec squares) {
  const f32 factor = kShape.alpha / static_cast<f32>(kShape.size);
  const Vec base = Fma(squares, Broadcast(factor), Broadcast(kShape.bias));
  if constexpr (kShape.beta == 0.5f) return x / Sqrt(base);
  if constexpr (kShape.beta == 0.75f) {
    const Vec root = Sqrt(base);
    return x / (root * Sqrt(root));
  }
  return x * Exp(-kShape.beta * Log(base));
}

/// The channels [begin, end) whose squares channel `c` meets.
template <auto kShape>
constexpr Range Neighbours(i64 c) {
  const i64 first = c - (kShape.size - 1) / 2;
  const i64 end = first + kShape.size;
  return {first < 0 ? 0 : first, end < kShape.channels ? end : kShape.channels};
}

}  // namespace internal

/// NCHW: positions in vectors.
template <auto kShape>
SKERRY_INLINE void LrnMiddle(i64 task, f32* out, const f32* in) {
  constexpr i64 kInner = kShape.inner;
  const Range share = Share(kShape.outer * kShape.channels, kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const i64 channel = row % kShape.channels;
    const f32* image = in + (row - channel) * kInner;
    const Range near = internal::Neighbours<kShape>(channel);
    ForVectors(0, kInner, [&](i64 i, int n) {
      Vec squares{};
      for (i64 c = near.begin; c < near.end; ++c) {
        const Vec x = LoadPartial(image + c * kInner + i, n);
        squares = Fma(x, x, squares);
      }
      const Vec x = LoadPartial(image + channel * kInner + i, n);
      StorePartial(out + row * kInner + i,
                   internal::Respond<kShape>(x, squares), n);
    });
  }
}

/// NHWC: channels in vectors. `scratch` holds channels + size floats: the
/// squares of one pixel between zeros.
template <auto kShape>
SKERRY_INLINE void LrnRows(i64 task, f32* out, const f32* in, f32* scratch) {
  constexpr i64 kBefore = (kShape.size - 1) / 2;
  for (i64 i = 0; i < kShape.channels + kShape.size; ++i) scratch[i] = 0;
  const Range share = Share(kShape.outer, kShape.tasks, task);
  for (i64 row = share.begin; row < share.end; ++row) {
    const f32* from = in + row * kShape.channels;
    ForVectors(0, kShape.channels, [&](i64 c, int n) {
      const Vec x = LoadPartial(from + c, n);
      StorePartial(scratch + kBefore + c, x * x, n);
    });
    ForVectors(0, kShape.channels, [&](i64 c, int n) {
      Vec squares{};
      for (i64 i = 0; i < kShape.size; ++i) {
        squares += LoadPartial(scratch + c + i, n);
      }
      StorePartial(out + row * kShape.channels + c,
                   internal::Respond<kShape>(LoadPartial(from + c, n), squares),
                   n);
    });
  }
}

}  // namespace skerry::kernels
