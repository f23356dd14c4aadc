// Operators on quantised numbers: real = (quantised - zero point) * scale.
//
// Real arithmetic is in float, since rounding to integers shows its last bit.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/math.h"
#include "skerry/kernels/reference/convolution.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/index.h"
#include "skerry/kernels/reference/matmul.h"

namespace skerry::kernels::reference {

namespace internal {

/// The element of a scale or zero point for index `i` of its axis; they have
/// one element for all, or one for each. `fallback` if left out.
inline f32 ScaleAt(const View& scale, i64 i) {
  return static_cast<f32>(Get<f64>(scale, scale.count() == 1 ? 0 : i));
}
inline i64 ZeroPointAt(const View& zero, i64 i) {
  if (!zero.present()) return 0;
  return Get<i64>(zero, zero.count() == 1 ? 0 : i);
}

/// `value` rounded, moved by `zero_point`, and bound to the type of `y`.
inline void SetQuantized(const View& y, i64 i, f32 value, i64 zero_point) {
  const f64 moved = math::RoundEven(value) + static_cast<f64>(zero_point);
  Set(y, i, moved);
}

/// Axis parts for scales along the attribute `axis`; one part if there is one
/// scale.
inline Axis ScaleAxis(const Call& call, const View& scale) {
  const View& x = call.inputs[0];
  if (scale.count() == 1) return {1, 1, x.count()};
  return AxisOf(call, x, 1);
}

}  // namespace internal

inline void QuantizeLinear(const Call& call) {
  const View& x = call.inputs[0];
  const View& scale = call.inputs[1];
  const View zero = call.Input(2);
  const Axis axis = internal::ScaleAxis(call, scale);
  for (i64 o = 0; o < axis.outer; ++o) {
    for (i64 i = 0; i < axis.count; ++i) {
      const f32 divisor = internal::ScaleAt(scale, i);
      const i64 zero_point = internal::ZeroPointAt(zero, i);
      for (i64 k = 0; k < axis.inner; ++k) {
        const i64 at = axis.At(o, i, k);
        const auto value = static_cast<f32>(Get<f64>(x, at));
        internal::SetQuantized(call.outputs[0], at, value / divisor,
                               zero_point);
      }
    }
  }
}

inline void DequantizeLinear(const Call& call) {
  const View& x = call.inputs[0];
  const View& scale = call.inputs[1];
  const View zero = call.Input(2);
  const Axis axis = internal::ScaleAxis(call, scale);
  for (i64 o = 0; o < axis.outer; ++o) {
    for (i64 i = 0; i < axis.count; ++i) {
      const f32 factor = internal::ScaleAt(scale, i);
      const i64 zero_point = internal::ZeroPointAt(zero, i);
      for (i64 k = 0; k < axis.inner; ++k) {
        const i64 at = axis.At(o, i, k);
        const auto steps = static_cast<f32>(Get<i64>(x, at) - zero_point);
        Set(call.outputs[0], at, static_cast<f64>(steps * factor));
      }
    }
  }
}

/// Scale and zero point from the range of the data, to uint8.
inline void DynamicQuantizeLinear(const Call& call) {
  const View& x = call.inputs[0];
  f32 low = 0;
  f32 high = 0;
  const i64 count = x.count();
  for (i64 i = 0; i < count; ++i) {
    low = Smaller(low, x.As<f32>()[i]);
    high = Larger(high, x.As<f32>()[i]);
  }
  const f32 scale = high == low ? 1.0f : (high - low) / 255.0f;
  const f64 zero_point = math::RoundEven(0.0f - low / scale);
  call.outputs[1].As<f32>()[0] = scale;
  Set(call.outputs[2], 0, zero_point);
  const i64 zero = Get<i64>(call.outputs[2], 0);
  for (i64 i = 0; i < count; ++i) {
    internal::SetQuantized(call.outputs[0], i, x.As<f32>()[i] / scale, zero);
  }
}

namespace internal {

/// Calls `use` with zeros of the 8-bit types of two operands.
template <class Use>
void WithBytePair(Type a, Type b, Use use) {
  const auto with_b = [&](auto zero) {
    if (b == Type::kInt8) return use(zero, i8{});
    return use(zero, u8{});
  };
  if (a == Type::kInt8) return with_b(i8{});
  return with_b(u8{});
}

/// A convolution of 8-bit operands, less their zero points, in i32.
template <class Finish>
void ConvolveBytes(const Call& call, const View& x, const View& x_zero,
                   const View& w, const View& w_zero, Finish finish) {
  const Convolution conv = ConvolutionOf(call, w);
  const auto zero_point = static_cast<i32>(ZeroPointAt(x_zero, 0));
  const i64 depth = w.dims[1];
  const i64 taps = conv.window.tap_count();
  WithBytePair(x.type, w.type, [&](auto x_type, auto w_type) {
    const auto* x_data = x.As<decltype(x_type)>();
    const auto* w_data = w.As<decltype(w_type)>();
    const auto read = [=](i64 offset) { return x_data[offset] - zero_point; };
    const auto weight = [=](i64 o, i64 i, i64 tap) {
      return w_data[(o * depth + i) * taps + tap] -
             static_cast<i32>(ZeroPointAt(w_zero, o));
    };
    Convolver<i32, decltype(read), decltype(weight), Finish>(conv, read, weight,
                                                             finish)
        .Run();
  });
}

/// A matrix product of 8-bit operands, less their zero points, in i32; zero
/// points are by row of `a` and by column of `b`, or one for all.
template <class Finish>
void MultiplyBytes(const Call& call, const View& a, const View& a_zero,
                   const View& b, const View& b_zero, Finish finish) {
  const Products products = ProductsOf(a, b, call.outputs[0]);
  WithBytePair(a.type, b.type, [&](auto a_type, auto b_type) {
    const auto* a_data = a.As<decltype(a_type)>();
    const auto* b_data = b.As<decltype(b_type)>();
    products.ForEachProduct([&](i64 n, i64 a_offset, i64 b_offset) {
      const auto left = [&](i64 i, i64 k) {
        return a_data[a_offset + i * products.depth + k] -
               static_cast<i32>(ZeroPointAt(a_zero, i));
      };
      const auto right = [&](i64 k, i64 j) {
        return b_data[b_offset + k * products.columns + j] -
               static_cast<i32>(ZeroPointAt(b_zero, j));
      };
      const i64 base = n * products.rows * products.columns;
      Multiply<i32>(products.rows, products.depth, products.columns, left,
                    right, [&](i64 i, i64 j, i32 sum) {
                      finish(base + i * products.columns + j, sum);
                    });
    });
  });
}

}  // namespace internal

inline void ConvInteger(const Call& call) {
  i32* y = call.outputs[0].As<i32>();
  internal::ConvolveBytes(call, call.inputs[0], call.Input(2), call.inputs[1],
                          call.Input(3),
                          [=](i64, i64 offset, i32 sum) { y[offset] = sum; });
}

inline void MatMulInteger(const Call& call) {
  i32* y = call.outputs[0].As<i32>();
  internal::MultiplyBytes(call, call.inputs[0], call.Input(2), call.inputs[1],
                          call.Input(3),
                          [=](i64 offset, i32 sum) { y[offset] = sum; });
}

/// Inputs: x, its scale and zero point; weight, likewise; the result's scale
/// and zero point; bias, whose scale is the product of the first two.
inline void QLinearConv(const Call& call) {
  const View* in = call.inputs;
  const View bias = call.Input(8);
  const View y = call.outputs[0];
  const f32 x_scale = internal::ScaleAt(in[1], 0);
  const f32 y_scale = internal::ScaleAt(in[6], 0);
  const i64 y_zero = internal::ZeroPointAt(in[7], 0);
  internal::ConvolveBytes(
      call, in[0], in[2], in[3], in[5], [=](i64 o, i64 offset, i32 sum) {
        if (bias.present()) sum += bias.As<i32>()[o];
        const f32 factor = x_scale * internal::ScaleAt(in[4], o) / y_scale;
        internal::SetQuantized(y, offset, static_cast<f32>(sum) * factor,
                               y_zero);
      });
}

inline void QLinearMatMul(const Call& call) {
  const View* in = call.inputs;
  const View y = call.outputs[0];
  const f32 factor = internal::ScaleAt(in[1], 0) * internal::ScaleAt(in[4], 0) /
                     internal::ScaleAt(in[6], 0);
  const i64 y_zero = internal::ZeroPointAt(in[7], 0);
  internal::MultiplyBytes(
      call, in[0], in[2], in[3], in[5], [=](i64 offset, i32 sum) {
        internal::SetQuantized(y, offset, static_cast<f32>(sum) * factor,
                               y_zero);
      });
}

}  // namespace skerry::kernels::reference
