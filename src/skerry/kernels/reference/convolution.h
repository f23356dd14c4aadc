// Convolutions, forward and transposed, of any spatial rank, grouped and
// dilated, in both layouts.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/functions.h"
#include "skerry/kernels/reference/window.h"

namespace skerry::kernels::reference {

namespace internal {

/// What sums of products of `T` are made in: f64, so that what others are
/// compared with is nearer to the truth than they are; for integers u64, as
/// they wrap.
template <bool integer>
struct AccumulatorOf {
  using Type = f64;
};
template <>
struct AccumulatorOf<true> {
  using Type = u64;
};
template <class T>
using Accumulator = typename AccumulatorOf<kIsInteger<T>>::Type;

struct Convolution {
  FeatureMap x;
  FeatureMap y;
  Window window;
  i64 groups = 1;
};

inline Convolution ConvolutionOf(const Call& call, const View& weight) {
  Convolution conv;
  conv.x = FeatureMapOf(call, call.inputs[0]);
  conv.y = FeatureMapOf(call, call.outputs[0]);
  conv.window = WindowOf(call, conv.x.spatial_rank, weight.dims + 2);
  conv.groups = call.Int("group", 1);
  return conv;
}

/// The sums of one convolution:
///
///   `x(offset)` is an element of the input,
///   `w(o, i, tap)` the weight from channel i of its group to channel o,
///   `finish(o, offset, sum)` takes the sum for the element at `offset`.
///
/// 1. For a tile of positions and of output channels, the sums are on the
///    stack.
/// 2. For each tap, and some input channels at a time, the elements under it
///    are gathered into columns, zero where the tap is over padding.
/// 3. Columns times weights are added to the sums: the loop that takes the
///    time, over positions that are next to each other in memory.
template <class Sum, class X, class W, class Finish>
class Convolver {
 public:
  Convolver(const Convolution& conv, X x, W w, Finish finish)
      : conv_(conv), x_(x), w_(w), finish_(finish) {}

  void Run() {
    const i64 group_outputs = conv_.y.channels / conv_.groups;
    const i64 positions = conv_.y.position_count();
    for (i64 n = 0; n < conv_.y.batch; ++n) {
      for (i64 group = 0; group < conv_.groups; ++group) {
        for (i64 o = 0; o < group_outputs; o += kOutputs) {
          first_output_ = group * group_outputs + o;
          outputs_ = Least(group_outputs - o, kOutputs);
          for (i64 p = 0; p < positions; p += kPositions) {
            positions_ = Least(positions - p, kPositions);
            RunTile(n, group, p);
          }
        }
      }
    }
  }

 private:
  static constexpr i64 kPositions = 32;
  static constexpr i64 kOutputs = 64;
  static constexpr i64 kInputs = 64;

  static i64 Least(i64 a, i64 b) { return a < b ? a : b; }

  void RunTile(i64 n, i64 group, i64 first_position) {
    const i64 depth = conv_.x.channels / conv_.groups;
    const i64 x_base =
        n * conv_.x.batch_stride + group * depth * conv_.x.channel_stride;
    const i64 taps = conv_.window.tap_count();
    for (i64 o = 0; o < outputs_; ++o) {
      for (i64 p = 0; p < kPositions; ++p) sums_[o][p] = 0;
    }
    for (i64 p = 0; p < positions_; ++p) {
      targets_[p] = conv_.y.PositionOffset(first_position + p, at_[p]);
    }
    for (i64 tap = 0; tap < taps; ++tap) {
      for (i64 p = 0; p < kPositions; ++p) {
        sources_[p] =
            p < positions_ ? conv_.window.Source(conv_.x, at_[p], tap) : -1;
      }
      for (i64 i = 0; i < depth; i += kInputs) {
        const i64 inputs = Least(depth - i, kInputs);
        Gather(x_base + i * conv_.x.channel_stride, inputs);
        AddProducts(i, inputs, tap);
      }
    }
    for (i64 o = 0; o < outputs_; ++o) {
      const i64 base = n * conv_.y.batch_stride +
                       (first_output_ + o) * conv_.y.channel_stride;
      for (i64 p = 0; p < positions_; ++p) {
        finish_(first_output_ + o, base + targets_[p], sums_[o][p]);
      }
    }
  }

  void Gather(i64 base, i64 inputs) {
    for (i64 i = 0; i < inputs; ++i) {
      for (i64 p = 0; p < kPositions; ++p) {
        columns_[i][p] = sources_[p] < 0 ? Sum{} : x_(base + sources_[p]);
      }
      base += conv_.x.channel_stride;
    }
  }

  void AddProducts(i64 first_input, i64 inputs, i64 tap) {
    for (i64 o = 0; o < outputs_; ++o) {
      Sum sums[kPositions];
      for (i64 p = 0; p < kPositions; ++p) sums[p] = sums_[o][p];
      for (i64 i = 0; i < inputs; ++i) {
        const Sum weight = w_(first_output_ + o, first_input + i, tap);
        for (i64 p = 0; p < kPositions; ++p) {
          sums[p] += weight * columns_[i][p];
        }
      }
      for (i64 p = 0; p < kPositions; ++p) sums_[o][p] = sums[p];
    }
  }

  const Convolution& conv_;
  X x_;
  W w_;
  Finish finish_;
  i64 first_output_ = 0;
  i64 outputs_ = 0;
  i64 positions_ = 0;
  i64 at_[kPositions][kSpatialAxes];
  i64 targets_[kPositions];
  i64 sources_[kPositions];
  Sum sums_[kOutputs][kPositions];
  Sum columns_[kInputs][kPositions];
};

/// Bias, residual and activation behind a sum.
template <class T>
struct Epilogue {
  const T* bias = nullptr;
  const T* residual = nullptr;
  T* y = nullptr;
  Activation activation;
  bool activation_first = false;

  void operator()(i64 channel, i64 offset, Accumulator<T> sum) const {
    if (bias != nullptr) sum += static_cast<Accumulator<T>>(bias[channel]);
    Finish(offset, sum);
  }
  void Finish(i64 offset, Accumulator<T> sum) const {
    f64 value = sum;
    if (activation_first) value = activation(value);
    if (residual != nullptr) value += static_cast<f64>(residual[offset]);
    if (!activation_first) value = activation(value);
    y[offset] = Convert<T>(value);
  }
};

template <class T>
Epilogue<T> EpilogueOf(const Call& call) {
  Epilogue<T> epilogue;
  epilogue.bias = call.Input(2).template As<T>();
  epilogue.residual = call.Input(3).template As<T>();
  epilogue.y = call.outputs[0].template As<T>();
  epilogue.activation = ActivationOf(call);
  epilogue.activation_first = call.Int("activation_before_residual", 0) != 0;
  return epilogue;
}

/// A convolution of floats; `weight_index(o, i)` says which kernel leads from
/// channel i of its group to channel o.
template <class T, class WeightIndex>
void ConvolveFloats(const Call& call, const Convolution& conv,
                    WeightIndex weight_index) {
  using Sum = Accumulator<T>;
  const T* x = call.inputs[0].As<T>();
  const T* w = call.inputs[1].As<T>();
  const i64 taps = conv.window.tap_count();
  const auto read = [=](i64 offset) { return static_cast<Sum>(x[offset]); };
  const auto weight = [=](i64 o, i64 i, i64 tap) {
    return static_cast<Sum>(w[weight_index(o, i) * taps + tap]);
  };
  const Epilogue<T> epilogue = EpilogueOf<T>(call);
  Convolver<Sum, decltype(read), decltype(weight), Epilogue<T>>(
      conv, read, weight, epilogue)
      .Run();
}

}  // namespace internal

inline void Conv(const Call& call) {
  const View& weight = call.inputs[1];
  const internal::Convolution conv = internal::ConvolutionOf(call, weight);
  const i64 depth = weight.dims[1];
  WithFloat(weight.type, [&](auto zero) {
    internal::ConvolveFloats<decltype(zero)>(
        call, conv, [=](i64 o, i64 i) { return o * depth + i; });
  });
}

inline void ConvTranspose(const Call& call) {
  const View& weight = call.inputs[1];
  internal::Convolution conv = internal::ConvolutionOf(call, weight);
  conv.window.transposed = true;
  const i64 depth = weight.dims[0] / conv.groups;
  const i64 outputs = weight.dims[1];
  WithFloat(weight.type, [&](auto zero) {
    internal::ConvolveFloats<decltype(zero)>(call, conv, [=](i64 o, i64 i) {
      return (o / outputs * depth + i) * outputs + o % outputs;
    });
  });
}

}  // namespace skerry::kernels::reference
