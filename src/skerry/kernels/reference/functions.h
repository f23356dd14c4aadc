// Functions of one number, by name: one list for the element-wise operators,
// for fused activations, for recurrent networks and for the programs of
// "Elementwise". A name is ONNX's in lower case.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/math.h"

namespace skerry::kernels::reference {

/// X(enumerator, name, parameter count, value), where the value is an
/// expression of x and of the parameters a and b.
#define SKERRY_FUNCTIONS(X)                                                 \
  X(kAbs, "abs", 0, math::Abs(x))                                           \
  X(kAcos, "acos", 0, math::Acos(x))                                        \
  X(kAcosh, "acosh", 0, math::Acosh(x))                                     \
  X(kAffine, "affine", 2, a* x + b)                                         \
  X(kAsin, "asin", 0, math::Asin(x))                                        \
  X(kAsinh, "asinh", 0, math::Asinh(x))                                     \
  X(kAtan, "atan", 0, math::Atan(x))                                        \
  X(kAtanh, "atanh", 0, math::Atanh(x))                                     \
  X(kCeil, "ceil", 0, math::Ceil(x))                                        \
  X(kCelu, "celu", 1, x < 0 ? a * math::Expm1(x / a) : x)                   \
  X(kClip, "clip", 2, x<a ? a : x> b ? b : x)                               \
  X(kCos, "cos", 0, math::Cos(x))                                           \
  X(kCosh, "cosh", 0, math::Cosh(x))                                        \
  X(kElu, "elu", 1, x < 0 ? a * math::Expm1(x) : x)                         \
  X(kErf, "erf", 0, math::Erf(x))                                           \
  X(kExp, "exp", 0, math::Exp(x))                                           \
  X(kFloor, "floor", 0, math::Floor(x))                                     \
  X(kGelu, "gelu", 0, x * 0.5 * (1 + math::Erf(x * 0.70710678118654752)))   \
  X(kGeluTanh, "gelutanh", 0,                                               \
    x * 0.5 *                                                               \
        (1 + math::Tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)))) \
  X(kHardSigmoid, "hardsigmoid", 2, Clamp01(a* x + b))                      \
  X(kHardSwish, "hardswish", 0, x* Clamp01(x / 6 + 0.5))                    \
  X(kIdentity, "identity", 0, x)                                            \
  X(kLeakyRelu, "leakyrelu", 1, x < 0 ? a * x : x)                          \
  X(kLog, "log", 0, math::Log(x))                                           \
  X(kMish, "mish", 0, x* math::Tanh(Softplus(x)))                           \
  X(kNeg, "neg", 0, -x)                                                     \
  X(kReciprocal, "reciprocal", 0, 1 / x)                                    \
  X(kRelu, "relu", 0, x < 0 ? 0 : x)                                        \
  X(kRound, "round", 0, math::RoundEven(x))                                 \
  X(kRsqrt, "rsqrt", 0, 1 / math::Sqrt(x))                                  \
  X(kScaledTanh, "scaledtanh", 2, a* math::Tanh(b* x))                      \
  X(kSelu, "selu", 2, b*(x < 0 ? a * math::Expm1(x) : x))                   \
  X(kShrink, "shrink", 2, x<-b ? x + a : x> b ? x - a : 0)                  \
  X(kSigmoid, "sigmoid", 0, 1 / (1 + math::Exp(-x)))                        \
  X(kSign, "sign", 0, x > 0 ? 1 : x < 0 ? -1 : x)                           \
  X(kSilu, "silu", 0, x / (1 + math::Exp(-x)))                              \
  X(kSin, "sin", 0, math::Sin(x))                                           \
  X(kSinh, "sinh", 0, math::Sinh(x))                                        \
  X(kSoftplus, "softplus", 0, Softplus(x))                                  \
  X(kSoftsign, "softsign", 0, x / (1 + math::Abs(x)))                       \
  X(kSqrt, "sqrt", 0, math::Sqrt(x))                                        \
  X(kTan, "tan", 0, math::Tan(x))                                           \
  X(kTanh, "tanh", 0, math::Tanh(x))                                        \
  X(kThresholdedRelu, "thresholdedrelu", 1, x > a ? x : 0)

/// A function of the list. `kNone` is no function's name.
enum class Function : u8 {
#define SKERRY_FUNCTION_ENUMERATOR(enumerator, name, count, value) enumerator,
  SKERRY_FUNCTIONS(SKERRY_FUNCTION_ENUMERATOR)
#undef SKERRY_FUNCTION_ENUMERATOR
      kNone,
};

struct FunctionInfo {
  const char* name;
  i32 parameter_count;
};

/// Indexed by `Function`.
inline constexpr FunctionInfo kFunctions[] = {
#define SKERRY_FUNCTION_INFO(enumerator, name, count, value) {name, count},
    SKERRY_FUNCTIONS(SKERRY_FUNCTION_INFO)
#undef SKERRY_FUNCTION_INFO
};

inline f64 Clamp01(f64 x) { return x < 0 ? 0 : x > 1 ? 1 : x; }
inline f64 Softplus(f64 x) {
  return math::Log1p(math::Exp(-math::Abs(x))) + (x < 0 ? 0 : x);
}

/// The value of `function` at `x`.
inline f64 Apply(Function function, f64 x, [[maybe_unused]] f64 a,
                 [[maybe_unused]] f64 b) {
  switch (function) {
#define SKERRY_FUNCTION_CASE(enumerator, name, count, value) \
  case Function::enumerator:                                 \
    return value;
    SKERRY_FUNCTIONS(SKERRY_FUNCTION_CASE)
#undef SKERRY_FUNCTION_CASE
    case Function::kNone:
      break;
  }
  return x;
}

/// The function called `name`, of `size` letters of either case.
constexpr Function FindFunction(const char* name, i64 size) {
  for (u8 i = 0; i < static_cast<u8>(Function::kNone); ++i) {
    const char* wanted = kFunctions[i].name;
    i64 at = 0;
    while (at < size && wanted[at] != 0) {
      const bool upper = name[at] >= 'A' && name[at] <= 'Z';
      const char letter = upper ? static_cast<char>(name[at] + 32) : name[at];
      if (letter != wanted[at]) break;
      ++at;
    }
    if (at == size && wanted[at] == 0) return static_cast<Function>(i);
  }
  return Function::kNone;
}

/// The activation that is fused into an operator: the text attribute
/// `activation`, an ONNX operator's name, and its parameters, the float
/// attributes `activation_alpha` and `activation_beta`.
struct Activation {
  Function function = Function::kNone;
  f64 a = 0;
  f64 b = 0;

  f64 operator()(f64 x) const { return Apply(function, x, a, b); }
};

inline Activation ActivationOf(const Call& call) {
  const Attribute* name = call.Find("activation");
  if (name == nullptr || name->text == nullptr) return {};
  return {FindFunction(name->text, name->count),
          call.Float("activation_alpha", 0), call.Float("activation_beta", 0)};
}

}  // namespace skerry::kernels::reference
