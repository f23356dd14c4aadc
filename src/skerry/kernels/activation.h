// What is done to each result of a convolution or matrix product before it is
// stored: activation functions as compile-time values.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/functions.h"
#include "skerry/kernels/vec.h"
#include "skerry/kernels/vec_math.h"

namespace skerry::kernels {

enum class Function : int {
  kNone,
  kRelu,
  kClip,       ///< to [alpha, beta]; either may be infinite
  kLeakyRelu,  ///< alpha x below 0
  kSigmoid,
  kHardSigmoid,  ///< alpha x + beta, clipped to [0, 1]
  kHardSwish,
  kSilu,
  kTanh,
  kGelu,  ///< by the error function
  kElu,   ///< alpha (e^x - 1) below 0
  kSelu,  ///< beta times the same
  kSoftplus,
  kMish,
  kSqrt,
};

struct Activation {
  Function function = Function::kNone;
  float alpha = 0;
  float beta = 0;
};

template <Activation kActivation>
SKERRY_INLINE Vec Activate(Vec x) {
  [[maybe_unused]] const float alpha = kActivation.alpha;
  [[maybe_unused]] const float beta = kActivation.beta;
  switch (kActivation.function) {
    case Function::kNone:
      return x;
    case Function::kRelu:
      return Relu(x);
    case Function::kClip:
      return Clip(x, alpha, beta);
    case Function::kLeakyRelu:
      return LeakyRelu(x, alpha);
    case Function::kSigmoid:
      return Sigmoid(x);
    case Function::kHardSigmoid:
      return HardSigmoid(x, alpha, beta);
    case Function::kHardSwish:
      return HardSwish(x);
    case Function::kSilu:
      return Silu(x);
    case Function::kTanh:
      return Tanh(x);
    case Function::kGelu:
      return Gelu(x);
    case Function::kElu:
      return Elu(x, alpha);
    case Function::kSelu:
      return Selu(x, alpha, beta);
    case Function::kSoftplus:
      return Softplus(x);
    case Function::kMish:
      return Mish(x);
    case Function::kSqrt:
      return Sqrt(x);
  }
}

/// A second operand that is added to each result, such as the shortcut of a
/// residual block.
enum class Residual : int {
  kNone,
  kBefore,  ///< activation(result + residual)
  kAfter,   ///< activation(result) + residual
};

/// The results of one register tile on their way to memory.
struct Epilogue {
  Activation activation;
  Residual residual = Residual::kNone;
};

/// Finishes `n` lanes (all, if `n` is kLanes) and stores them.
template <Epilogue kEpilogue>
SKERRY_INLINE void Finish(Vec v, const float* residual, float* y, int n) {
  if constexpr (kEpilogue.residual == Residual::kBefore) {
    v += LoadPartial(residual, n);
  }
  v = Activate<kEpilogue.activation>(v);
  if constexpr (kEpilogue.residual == Residual::kAfter) {
    v += LoadPartial(residual, n);
  }
  StorePartial(y, v, n);
}

}  // namespace skerry::kernels
