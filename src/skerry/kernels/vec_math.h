// Elementary functions on vectors of floats, to about 2 ulp (Tanh and Erf:
// 2e-7 of the largest result). Not-a-number, infinities and signs of zero
// come out as C's functions have them; subnormal results may be zero.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/vec.h"

namespace skerry::kernels {

namespace internal {

/// c[0] x^(n-1) + c[1] x^(n-2) + ... + c[n-1]
template <int kCount>
SKERRY_INLINE Vec Polynomial(Vec x, const float (&c)[kCount]) {
  Vec sum = Broadcast(c[0]);
#pragma clang loop unroll(full)
  for (int i = 1; i < kCount; ++i) sum = Fma(sum, x, Broadcast(c[i]));
  return sum;
}

/// 2^n for integers n in [-126, 127].
SKERRY_INLINE Vec PowerOfTwo(IntVec n) { return FromBits((n + 127) << 23); }

}  // namespace internal

namespace internal {
/// e^x = 2^n `fraction`, with n in the low bits of `whole`.
struct Power {
  Vec fraction;
  IntVec whole;
};
SKERRY_INLINE Power SplitPower(Vec x) {
  // |r| <= ln(2) / 2. Adding `shift` rounds n to an integer, which the low
  // bits then show.
  const Vec shift = Broadcast(12582912);  // 1.5 * 2^23
  const Vec shifted = Fma(x, Broadcast(1.44269504f), shift);
  const Vec n = shifted - shift;
  Vec r = Fma(n, Broadcast(-0.693359375f), x);
  r = Fma(n, Broadcast(2.12194440e-4f), r);
  return {Polynomial(r, {8.312501325e-03f, 4.189033163e-02f, 1.666711539e-01f,
                         4.999923031e-01f, 1, 1}),
          BitsOf(shifted) - BitsOf(shift)};
}

/// e^x, where x beyond 87 counts as 87, and likewise below -87: no result is
/// subnormal or infinite, and neither is the reciprocal of one plus it.
SKERRY_INLINE Vec ExpOfLimited(Vec x) {
  const Power power = SplitPower(Min(Broadcast(87), Max(Broadcast(-87), x)));
  return FromBits(BitsOf(power.fraction) + (power.whole << 23));
}
}  // namespace internal

/// e^x. 0 below -104, infinite above 88.73.
SKERRY_INLINE Vec Exp(Vec x) {
  // Beyond the limits the result is 0 or infinite all the same, and n stays
  // small enough for two factors of 2^n.
  const internal::Power power =
      internal::SplitPower(Min(Broadcast(90), Max(Broadcast(-105), x)));
  const IntVec half = power.whole >> 1;
  return power.fraction * internal::PowerOfTwo(half) *
         internal::PowerOfTwo(power.whole - half);
}

/// The natural logarithm.
SKERRY_INLINE Vec Log(Vec x) {
  // x = 2^n m with m in [sqrt(1/2), sqrt(2)). Subnormals are scaled first.
  const IntVec tiny = x < 1.17549435e-38f;
  const IntVec bits = BitsOf(tiny ? x * 8388608 : x);
  const IntVec shifted = bits - 0x3f3504f3;
  const Vec n = ToFloat((shifted >> 23) + (tiny & -23));
  const Vec m = FromBits((shifted & 0x7fffff) + 0x3f3504f3) - 1;
  Vec p = internal::Polynomial(
      m, {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f,
          -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
          2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f});
  const Vec m2 = m * m;
  p = Fma(n, Broadcast(-2.12194440e-4f), p * m2 * m);
  p = Fma(m2, Broadcast(-0.5f), p) + m;
  p = Fma(n, Broadcast(0.693359375f), p);
  const Vec infinity = Broadcast(__builtin_inff());
  p = x == infinity ? infinity : p;
  p = x == 0 ? -infinity : p;
  return x >= 0 ? p : Broadcast(__builtin_nanf(""));
}

/// 1 / (1 + e^-x), but at least e^-87.
SKERRY_INLINE Vec Sigmoid(Vec x) {
  return 1 / (1 + internal::ExpOfLimited(-x));
}
/// x Sigmoid(x)
SKERRY_INLINE Vec Silu(Vec x) { return x / (1 + internal::ExpOfLimited(-x)); }

SKERRY_INLINE Vec Tanh(Vec x) {
  const Vec magnitude = Abs(x);
  const Vec far = 1 - 2 / (internal::ExpOfLimited(magnitude + magnitude) + 1);
  const Vec square = x * x;
  const Vec p = internal::Polynomial(
      square, {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
               1.33314422036e-1f, -3.33332819422e-1f});
  const Vec near = Fma(p * square, x, x);
  return magnitude < 0.625f ? near : CopySign(far, x);
}

/// The error function. Both branches after Juffa.
SKERRY_INLINE Vec Erf(Vec x) {
  const Vec magnitude = Abs(x);
  const Vec square = x * x;
  // Beyond 4 the result is 1, and the polynomial might turn back.
  const Vec t = Min(Broadcast(4), magnitude);
  const Vec log_rest = internal::Polynomial(
      t, {-1.72853470e-5f, 3.83197126e-4f, -3.88396438e-3f, 2.42546219e-2f,
          -1.06777877e-1f, -6.34846687e-1f, -1.28717512e-1f});
  const Vec far = 1 - internal::ExpOfLimited(Fma(log_rest, t, -t));
  const Vec p = internal::Polynomial(
      square, {-5.96761703e-4f, 4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f,
               -3.76125336e-1f, 1.28379166e-1f});
  const Vec near = Fma(p, x, x);
  return magnitude < 0.927734375f ? near : CopySign(far, x);
}

}  // namespace skerry::kernels
