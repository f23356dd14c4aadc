// The inner loop of everything that is a sum of products: a tile of `kPixels`
// times `kVectors` accumulators that stays in registers while the inputs of
// `kPixels` output pixels meet a panel of packed weights.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/activation.h"
#include "skerry/kernels/call.h"
#include "skerry/kernels/vec.h"

namespace skerry::kernels {

/// Most pixels whose accumulators, for panels of `vectors`, fit the registers
/// beside the weights and one input.
constexpr int TilePixelsMax(int vectors, int registers) {
  const int pixels = (registers - vectors - 1) / vectors;
  return pixels > 0 ? pixels : 1;
}

/// Pixels of a tile, for `count` pixels in all: as few tiles as the registers
/// allow, of sizes as even as possible.
constexpr int TilePixels(int count, int vectors, int registers = kRegisters) {
  const int most = TilePixelsMax(vectors, registers);
  const int tiles = (count + most - 1) / most;
  return (count + tiles - 1) / tiles;
}

/// Smallest p >= 0 such that p * stride + offset is not negative.
constexpr int FirstInside(int offset, int stride) {
  return offset >= 0 ? 0 : (-offset + stride - 1) / stride;
}
/// `value`, but at least 0 and at most `most`.
constexpr int Limit(int value, int most) {
  return value < 0 ? 0 : value > most ? most : value;
}

template <int kPixels, int kVectors>
struct Tile {
  Vec sum[kPixels][kVectors];

  SKERRY_INLINE void Clear() {
#pragma clang loop unroll(full)
    for (int p = 0; p < kPixels; ++p) {
#pragma clang loop unroll(full)
      for (int v = 0; v < kVectors; ++v) sum[p][v] = Vec{};
    }
  }

  /// Adds the bias of each channel. Done after the products: a sum that starts
  /// from a large bias rounds each of them to the bias's precision.
  SKERRY_INLINE void AddBias(const float* bias) {
#pragma clang loop unroll(full)
    for (int v = 0; v < kVectors; ++v) {
      const Vec addend = Load(bias + v * kLanes);
#pragma clang loop unroll(full)
      for (int p = 0; p < kPixels; ++p) sum[p][v] += addend;
    }
  }

  /// Adds `kCount` products to each accumulator of the pixels in
  /// [kBegin, kEnd). Pixel `p` reads x[p * kPitch + k * kStep]; the weights of
  /// each k are `kVectors` vectors, `kPitchW` after those of k - 1, the last
  /// of `kLanesLast` lanes.
  template <i64 kCount, i64 kPitch, i64 kStep, int kBegin = 0,
            int kEnd = kPixels, i64 kPitchW = kVectors * kLanes,
            int kLanesLast = kLanes>
  SKERRY_INLINE void Add(const float* x, const float* w) {
    if constexpr (kBegin < kEnd) {
#pragma clang loop unroll(disable)
      for (i64 k = 0; k < kCount; ++k) {
        Vec weight[kVectors];
#pragma clang loop unroll(full)
        for (int v = 0; v < kVectors; ++v) {
          weight[v] = LoadPartial(w + v * kLanes,
                                  v == kVectors - 1 ? kLanesLast : kLanes);
        }
#pragma clang loop unroll(full)
        for (int p = kBegin; p < kEnd; ++p) {
          const Vec input = Broadcast(x[p * kPitch]);
#pragma clang loop unroll(full)
          for (int v = 0; v < kVectors; ++v) {
            sum[p][v] = Fma(input, weight[v], sum[p][v]);
          }
        }
        x += kStep;
        w += kPitchW;
      }
    }
  }

  /// Stores pixel `p` at y[p * kPitchY]; the last vector has `kLanesLast`
  /// lanes.
  template <Epilogue kEpilogue, int kLanesLast, i64 kPitchY, i64 kPitchR>
  SKERRY_INLINE void Finish(const float* residual, float* y) const {
#pragma clang loop unroll(full)
    for (int p = 0; p < kPixels; ++p) {
#pragma clang loop unroll(full)
      for (int v = 0; v < kVectors; ++v) {
        const float* r = kEpilogue.residual == Residual::kNone
                             ? nullptr
                             : residual + p * kPitchR + v * kLanes;
        kernels::Finish<kEpilogue>(sum[p][v], r, y + p * kPitchY + v * kLanes,
                                   v == kVectors - 1 ? kLanesLast : kLanes);
      }
    }
  }
};

/// Output channels cut into panels: all have `vectors` vectors but the last,
/// which takes the rest too, so that no panel is too narrow to be fast.
struct Panels {
  int channels;
  int vectors;
  int lanes = kLanes;

  constexpr int vector_count() const { return (channels + lanes - 1) / lanes; }
  constexpr int count() const {
    return vector_count() > vectors ? vector_count() / vectors : 1;
  }
  constexpr int last_vectors() const {
    return vector_count() - (count() - 1) * vectors;
  }
  /// Channels in the very last vector.
  constexpr int last_lanes() const {
    return channels - (vector_count() - 1) * lanes;
  }
  /// First channel of panel `i`.
  constexpr int begin(int i) const { return i * vectors * lanes; }
};

}  // namespace skerry::kernels
