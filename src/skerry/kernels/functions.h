// The functions of one value that networks put between their layers, beyond
// those of vec_math.h. Names and meanings are ONNX's. Where a limit meets
// not-a-number, the result is not-a-number.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/vec_math.h"

namespace skerry::kernels {

SKERRY_INLINE Vec Relu(Vec x) { return Max(Vec{}, x); }
SKERRY_INLINE Vec Clip(Vec x, float low, float high) {
  return Min(Broadcast(high), Max(Broadcast(low), x));
}
SKERRY_INLINE Vec LeakyRelu(Vec x, float alpha) {
  return x < 0 ? x * alpha : x;
}
SKERRY_INLINE Vec PRelu(Vec x, Vec slope) { return x < 0 ? x * slope : x; }
SKERRY_INLINE Vec ThresholdedRelu(Vec x, float alpha) {
  return x > alpha ? x : Vec{};
}
SKERRY_INLINE Vec Shrink(Vec x, float bias, float lambd) {
  const Vec above = x > lambd ? x - bias : Vec{};
  return x < -lambd ? x + bias : above;
}
SKERRY_INLINE Vec HardSigmoid(Vec x, float alpha, float beta) {
  return Clip(Fma(x, Broadcast(alpha), Broadcast(beta)), 0, 1);
}
SKERRY_INLINE Vec HardSwish(Vec x) {
  return x * HardSigmoid(x, 1.0f / 6, 0.5f);
}
SKERRY_INLINE Vec Elu(Vec x, float alpha) {
  return x < 0 ? alpha * (Exp(x) - 1) : x;
}
SKERRY_INLINE Vec Celu(Vec x, float alpha) {
  return x < 0 ? alpha * (Exp(x / alpha) - 1) : x;
}
SKERRY_INLINE Vec Selu(Vec x, float alpha, float gamma) {
  return gamma * Elu(x, alpha);
}
SKERRY_INLINE Vec Softsign(Vec x) { return x / (1 + Abs(x)); }
/// ln(1 + e^x), without the overflow.
SKERRY_INLINE Vec Softplus(Vec x) {
  return Max(Vec{}, x) + Log(1 + Exp(-Abs(x)));
}
/// x tanh(softplus(x)): with w = e^x (e^x + 2), the tanh is w / (w + 2). It
/// is 1 long before w overflows.
SKERRY_INLINE Vec Mish(Vec x) {
  const Vec e = Exp(Min(Broadcast(20), x));
  const Vec w = e * (e + 2);
  return x * (w / (w + 2));
}
SKERRY_INLINE Vec Gelu(Vec x) { return 0.5f * x * (1 + Erf(x * 0.707106781f)); }
/// Gelu with the tanh approximation.
SKERRY_INLINE Vec GeluTanh(Vec x) {
  const Vec inner = 0.797884561f * Fma(x * x * x, Broadcast(0.044715f), x);
  return 0.5f * x * (1 + Tanh(inner));
}
SKERRY_INLINE Vec Sign(Vec x) {
  const Vec one = CopySign(Broadcast(1), x);
  return x == 0 ? Vec{} : (x == x ? one : x);
}
/// x^y as C's powf, to about 1e-5 relative where the result is far from 1.
SKERRY_INLINE Vec Pow(Vec x, Vec y) {
  const Vec magnitude = Exp(y * Log(Abs(x)));
  const Vec half = y * 0.5f;
  const IntVec whole = Trunc(y) == y;
  const IntVec odd = whole & (Trunc(half) != half);
  const Vec nan = Broadcast(__builtin_nanf(""));
  const Vec signed_power = odd ? -magnitude : (whole ? magnitude : nan);
  const Vec power = x < 0 ? signed_power : magnitude;
  return ((y == 0) | (x == 1)) ? Broadcast(1) : power;
}

}  // namespace skerry::kernels
