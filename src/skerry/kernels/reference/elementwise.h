// Operators that make each element of the result from the elements at the
// same place, with numpy's broadcasting.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/elementwise_program.h"
#include "skerry/kernels/reference/functions.h"
#include "skerry/kernels/reference/index.h"

namespace skerry::kernels::reference {

namespace internal {

/// Calls `use(read, write)` with functions that read element i of an operand,
/// `read(view, i)`, and write the result's. For float32, what nearly all
/// elements are, they need not look at the type each time.
template <class Number, class Use>
void WithAccess(const Call& call, Use use) {
  const View& y = call.outputs[0];
  if constexpr (__is_same(Number, f64)) {
    bool all_float = y.type == Type::kFloat32;
    for (i32 i = 0; i < call.input_count; ++i) {
      all_float = all_float && call.inputs[i].type == Type::kFloat32;
    }
    if (all_float) {
      return use(
          [](const View& x, i64 i) { return f64{x.As<f32>()[i]}; },
          [&](i64 i, f64 value) { y.As<f32>()[i] = Convert<f32>(value); });
    }
  }
  use([](const View& x, i64 i) { return Get<Number>(x, i); },
      [&](i64 i, auto value) { Set(y, i, value); });
}

/// y = f(x), computed in `Number`.
template <class Number, class F>
void MapAs(const Call& call, F f) {
  const View& x = call.inputs[0];
  const i64 count = call.outputs[0].count();
  WithAccess<Number>(call, [&](auto read, auto write) {
    for (i64 i = 0; i < count; ++i) write(i, f(read(x, i)));
  });
}

/// The same in the number type that the elements ask for.
template <class F>
void Map(const Call& call, F f) {
  WithNumber(call.inputs[0].type,
             [&](auto zero) { MapAs<decltype(zero)>(call, f); });
}

inline void MapFunction(const Call& call, Function function, f64 a = 0,
                        f64 b = 0) {
  MapAs<f64>(call, [=](f64 x) { return Apply(function, x, a, b); });
}

/// y = f(a, b), computed in `Number`.
template <class Number, class F>
void ZipAs(const Call& call, F f) {
  const View& a = call.inputs[0];
  const View& b = call.inputs[1];
  const View& y = call.outputs[0];
  const Strides strides[] = {BroadcastStrides(a, y), BroadcastStrides(b, y)};
  WithAccess<Number>(call, [&](auto read, auto write) {
    ForEach(y.rank, y.dims, strides, [&](i64 n, const i64(&at)[2]) {
      write(n, f(read(a, at[0]), read(b, at[1])));
    });
  });
}

template <class F>
void Zip(const Call& call, F f) {
  WithNumber(call.inputs[0].type,
             [&](auto zero) { ZipAs<decltype(zero)>(call, f); });
}

/// Quotients and rests of integers are 0 where there are none, and wrap.
template <class T>
T Quotient(T x, T y) {
  if constexpr (!kIsInteger<T>) {
    return x / y;
  } else {
    if (y == 0) return 0;
    if (kIsSigned<T> && y == T(-1)) return Minus(T{}, x);
    return x / y;
  }
}

/// The rest with the sign of the divisor, as Python has it; with that of the
/// dividend, as C has it, if `truncated` and for floats.
template <class T>
T Modulo(T x, T y, bool truncated) {
  if constexpr (!kIsInteger<T>) {
    const f64 rest = math::Fmod(x, y);
    return truncated || rest == 0 || (rest < 0) == (y < 0) ? rest : rest + y;
  } else {
    const T rest = Minus(x, Times(Quotient(x, y), y));
    if (y == 0) return 0;
    return truncated || rest == 0 || (rest < 0) == (y < 0) ? rest : rest + y;
  }
}

/// x^y of integers; 0 for negative y, but for bases whose inverse is one.
template <class T>
T IntegerPower(T x, i64 y) {
  if (y < 0) {
    if (x != 1 && x != T(-1)) return 0;
    y = y % 2 != 0 ? 1 : 0;
  }
  T power = 1;
  for (; y > 0; y /= 2) {
    if (y % 2 != 0) power = Times(power, x);
    x = Times(x, x);
  }
  return power;
}

}  // namespace internal

// One input.

inline void Abs(const Call& call) {
  internal::Map(call, [](auto x) {
    return x < 0 ? Minus(decltype(x){}, x) : x + decltype(x){};
  });
}
inline void Neg(const Call& call) {
  internal::Map(call, [](auto x) {
    if constexpr (internal::kIsInteger<decltype(x)>) {
      return Minus(decltype(x){}, x);
    } else {
      return -x;
    }
  });
}
inline void Sign(const Call& call) {
  internal::Map(call, [](auto x) {
    using T = decltype(x);
    return x > 0 ? T(1) : x < 0 ? T(-1) : x;
  });
}
inline void Relu(const Call& call) {
  internal::Map(call, [](auto x) { return x < 0 ? decltype(x){} : x; });
}
inline void Shrink(const Call& call) {
  const f64 lambd = call.Float("lambd", 0.5f);
  const f64 bias = call.Float("bias", 0);
  internal::MapFunction(call, Function::kShrink, bias, lambd);
}
inline void Identity(const Call& call) {
  const View& x = call.inputs[0];
  CopyBytes(x.data, call.outputs[0].data, x.count() * ElementBytes(x.type));
}
inline void Cast(const Call& call) {
  internal::Map(call, [](auto x) { return x; });
}
inline void Not(const Call& call) {
  internal::MapAs<u64>(call, [](u64 x) { return x == 0; });
}
inline void BitwiseNot(const Call& call) {
  internal::Map(call, [](auto x) {
    return static_cast<decltype(x)>(~static_cast<u64>(x));
  });
}
inline void IsNaN(const Call& call) {
  internal::MapAs<f64>(call, [](f64 x) { return math::IsNan(x); });
}
inline void IsInf(const Call& call) {
  const bool negative = call.Int("detect_negative", 1) != 0;
  const bool positive = call.Int("detect_positive", 1) != 0;
  internal::MapAs<f64>(call, [=](f64 x) {
    return math::IsInfinite(x) && (x > 0 ? positive : negative);
  });
}
inline void Clip(const Call& call) {
  const View low = call.Input(1);
  const View high = call.Input(2);
  WithNumber(call.inputs[0].type, [&](auto zero) {
    using T = decltype(zero);
    const T a = low.present() ? Get<T>(low, 0) : Lowest<T>();
    const T b = high.present() ? Get<T>(high, 0) : Highest<T>();
    internal::MapAs<T>(call, [=](T x) {
      const T raised = x < a ? a : x;
      return raised > b ? b : raised;
    });
  });
}
inline void Gelu(const Call& call) {
  const bool tanh = call.TextIs("approximate", "tanh", "none");
  internal::MapFunction(call, tanh ? Function::kGeluTanh : Function::kGelu);
}

#define SKERRY_MAP(name)                            \
  inline void name(const Call& call) {              \
    internal::MapFunction(call, Function::k##name); \
  }
SKERRY_MAP(Acos)
SKERRY_MAP(Acosh)
SKERRY_MAP(Asin)
SKERRY_MAP(Asinh)
SKERRY_MAP(Atan)
SKERRY_MAP(Atanh)
SKERRY_MAP(Ceil)
SKERRY_MAP(Cos)
SKERRY_MAP(Cosh)
SKERRY_MAP(Erf)
SKERRY_MAP(Exp)
SKERRY_MAP(Floor)
SKERRY_MAP(HardSwish)
SKERRY_MAP(Log)
SKERRY_MAP(Mish)
SKERRY_MAP(Reciprocal)
SKERRY_MAP(Round)
SKERRY_MAP(Sigmoid)
SKERRY_MAP(Silu)
SKERRY_MAP(Sin)
SKERRY_MAP(Sinh)
SKERRY_MAP(Softplus)
SKERRY_MAP(Softsign)
SKERRY_MAP(Sqrt)
SKERRY_MAP(Tan)
SKERRY_MAP(Tanh)
#undef SKERRY_MAP

inline void Celu(const Call& call) {
  internal::MapFunction(call, Function::kCelu, call.Float("alpha", 1));
}
inline void Elu(const Call& call) {
  internal::MapFunction(call, Function::kElu, call.Float("alpha", 1));
}
inline void HardSigmoid(const Call& call) {
  internal::MapFunction(call, Function::kHardSigmoid, call.Float("alpha", 0.2f),
                        call.Float("beta", 0.5f));
}
inline void LeakyRelu(const Call& call) {
  internal::MapFunction(call, Function::kLeakyRelu, call.Float("alpha", 0.01f));
}
inline void Selu(const Call& call) {
  internal::MapFunction(call, Function::kSelu,
                        call.Float("alpha", 1.67326319217681884765625f),
                        call.Float("gamma", 1.05070102214813232421875f));
}
inline void ThresholdedRelu(const Call& call) {
  internal::MapFunction(call, Function::kThresholdedRelu,
                        call.Float("alpha", 1));
}

// Several inputs.

#define SKERRY_ZIP(name, value)                                \
  inline void name(const Call& call) {                         \
    internal::Zip(call, [](auto x, auto y) { return value; }); \
  }
SKERRY_ZIP(Add, Plus(x, y))
SKERRY_ZIP(Sub, Minus(x, y))
SKERRY_ZIP(Mul, Times(x, y))
SKERRY_ZIP(Div, internal::Quotient(x, y))
SKERRY_ZIP(Min, Smaller(x, y))
SKERRY_ZIP(Max, Larger(x, y))
SKERRY_ZIP(Equal, x == y)
SKERRY_ZIP(Greater, x > y)
SKERRY_ZIP(GreaterOrEqual, x >= y)
SKERRY_ZIP(Less, x < y)
SKERRY_ZIP(LessOrEqual, x <= y)
SKERRY_ZIP(PRelu, x < 0 ? Times(x, y) : x)
#undef SKERRY_ZIP

#define SKERRY_ZIP_BITS(name, value)                                \
  inline void name(const Call& call) {                              \
    internal::ZipAs<u64>(call, [](u64 x, u64 y) { return value; }); \
  }
SKERRY_ZIP_BITS(And, x& y)
SKERRY_ZIP_BITS(Or, x | y)
SKERRY_ZIP_BITS(Xor, x ^ y)
SKERRY_ZIP_BITS(BitwiseAnd, x& y)
SKERRY_ZIP_BITS(BitwiseOr, x | y)
SKERRY_ZIP_BITS(BitwiseXor, x ^ y)
#undef SKERRY_ZIP_BITS

inline void BitShift(const Call& call) {
  const bool left = call.TextIs("direction", "LEFT", "");
  internal::ZipAs<u64>(call, [=](u64 x, u64 y) {
    if (y >= 64) return u64{0};
    return left ? x << y : x >> y;
  });
}

inline void Mod(const Call& call) {
  const bool truncated = call.Int("fmod", 0) != 0;
  internal::Zip(
      call, [=](auto x, auto y) { return internal::Modulo(x, y, truncated); });
}

inline void Pow(const Call& call) {
  const bool real =
      IsFloat(call.inputs[0].type) || IsFloat(call.inputs[1].type);
  if (real) {
    internal::ZipAs<f64>(call, [](f64 x, f64 y) { return math::Pow(x, y); });
  } else {
    internal::ZipAs<i64>(
        call, [](i64 x, i64 y) { return internal::IntegerPower(x, y); });
  }
}

inline void Where(const Call& call) {
  const View& condition = call.inputs[0];
  const View& x = call.inputs[1];
  const View& y = call.inputs[2];
  const View& result = call.outputs[0];
  const Strides strides[] = {BroadcastStrides(condition, result),
                             BroadcastStrides(x, result),
                             BroadcastStrides(y, result)};
  WithCell(x.type, [&](auto zero) {
    using T = decltype(zero);
    ForEach(result.rank, result.dims, strides, [&](i64 n, const i64(&at)[3]) {
      result.As<T>()[n] =
          condition.As<bool>()[at[0]] ? x.As<T>()[at[1]] : y.As<T>()[at[2]];
    });
  });
}

inline void Elementwise(const Call& call) {
  const View& y = call.outputs[0];
  const Attribute* text = call.Find("program");
  Program program;
  if (!ParseProgram(text->text, text->count, &program)) return;
  Strides strides[kProgramInputsMax];
  const f32* data[kProgramInputsMax] = {};
  for (i32 i = 0; i < program.input_count; ++i) {
    strides[i] = BroadcastStrides(call.inputs[i], y);
    data[i] = call.inputs[i].As<f32>();
  }
  i64 index[kRankMax] = {};
  const i64 count = y.count();
  for (i64 n = 0; n < count; ++n) {
    f32 elements[kProgramInputsMax];
    for (i32 i = 0; i < program.input_count; ++i) {
      i64 offset = 0;
      for (i32 axis = 0; axis < y.rank; ++axis) {
        offset += index[axis] * strides[i].at[axis];
      }
      elements[i] = data[i][offset];
    }
    y.As<f32>()[n] = RunProgram(program, elements);
    Advance(y.rank, y.dims, index);
  }
}

}  // namespace skerry::kernels::reference
