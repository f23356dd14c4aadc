// Scalar mathematics without a C library, in double so that results rounded
// to float are within one ulp; as doubles they are within a few (Pow: 1e-13
// relative). Special values are those of C99's annex F.
//
// Nothing here calls out: rounding is by hand, as targets before SSE4.1 have
// no instruction for it and clang would call `floor`. Not to be compiled with
// -ffast-math, which undoes that.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"

namespace skerry::kernels::math {

inline constexpr f64 kInfinity = __builtin_inf();
inline constexpr f64 kNan = __builtin_nan("");
inline constexpr f64 kPi = 3.14159265358979323846;
inline constexpr f64 kLn2 = 0.693147180559945309417;

namespace internal {

template <int count>
struct Table {
  f64 at[count];
};

/// Sum of `table.at[i] * x^i`.
template <int count>
constexpr f64 Polynomial(const Table<count>& table, f64 x) {
  f64 sum = table.at[count - 1];
  for (int i = count - 2; i >= 0; --i) sum = sum * x + table.at[i];
  return sum;
}

/// 1 / (first + i * step)!, or with alternating sign.
template <int count>
constexpr Table<count> FactorialReciprocals(int first, int step, f64 sign) {
  Table<count> table{};
  f64 factorial = 1;
  f64 factor = 1;
  for (int n = 1; n <= first; ++n) factorial *= n;
  for (int i = 0; i < count; ++i) {
    table.at[i] = factor / factorial;
    factor *= sign;
    for (int n = 1; n <= step; ++n) factorial *= first + i * step + n;
  }
  return table;
}

/// 1 / (2 i + 1), or with alternating sign.
template <int count>
constexpr Table<count> OddReciprocals(f64 sign) {
  Table<count> table{};
  f64 factor = 1;
  for (int i = 0; i < count; ++i) {
    table.at[i] = factor / (2 * i + 1);
    factor *= sign;
  }
  return table;
}

inline constexpr auto kExp = FactorialReciprocals<14>(0, 1, 1);
inline constexpr auto kExpm1 = FactorialReciprocals<15>(1, 1, 1);
inline constexpr auto kSin = FactorialReciprocals<9>(1, 2, -1);
inline constexpr auto kCos = FactorialReciprocals<10>(0, 2, -1);
inline constexpr auto kAtanh = OddReciprocals<12>(1);
inline constexpr auto kAtan = OddReciprocals<22>(-1);

/// 2^n for -1022 <= n <= 1023.
inline f64 PowerOfTwo(i64 n) {
  return __builtin_bit_cast(f64, static_cast<u64>(n + 1023) << 52);
}

/// log((1 + s) / (1 - s)) for |s| <= 0.1716.
inline f64 LogOfRatio(f64 s) { return 2 * s * Polynomial(kAtanh, s * s); }

}  // namespace internal

inline bool IsNan(f64 x) { return x != x; }
inline f64 Abs(f64 x) { return __builtin_fabs(x); }
inline bool IsInfinite(f64 x) { return Abs(x) == kInfinity; }
inline f64 CopySign(f64 x, f64 sign) { return __builtin_copysign(x, sign); }

// Not __builtin_sqrt: that calls `sqrt` to set errno.
inline f64 Sqrt(f64 x) { return __builtin_elementwise_sqrt(x); }

/// The nearest integer, the even one of two.
inline f64 RoundEven(f64 x) {
  constexpr f64 kNoFraction = 4503599627370496.0;  // 2^52
  const f64 a = Abs(x);
  if (!(a < kNoFraction)) return x;
  return CopySign((a + kNoFraction) - kNoFraction, x);
}
inline f64 Floor(f64 x) {
  const f64 r = RoundEven(x);
  return r > x ? r - 1 : r;
}
inline f64 Ceil(f64 x) {
  const f64 r = RoundEven(x);
  return CopySign(r < x ? r + 1 : r, x);
}
inline f64 Trunc(f64 x) { return CopySign(Floor(Abs(x)), x); }

inline f64 Exp(f64 x) {
  if (IsNan(x)) return x;
  if (x > 709.79) return kInfinity;
  if (x < -745.2) return 0;
  // x = n ln 2 + r; the upper part of ln 2 has 32 bits, so n times it is exact.
  const f64 n = RoundEven(x * 1.442695040888963407);
  const f64 r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  const i64 half = static_cast<i64>(n) / 2;
  return internal::Polynomial(internal::kExp, r) * internal::PowerOfTwo(half) *
         internal::PowerOfTwo(static_cast<i64>(n) - half);
}

/// exp(x) - 1, precise near 0.
inline f64 Expm1(f64 x) {
  if (Abs(x) < 0.35) return x * internal::Polynomial(internal::kExpm1, x);
  return Exp(x) - 1;
}

inline f64 Log(f64 x) {
  if (!(x > 0)) return x == 0 ? -kInfinity : kNan;
  if (x == kInfinity) return x;
  i64 exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  // x = 2^exponent m, with m between the square roots of 1/2 and of 2.
  const u64 bits = __builtin_bit_cast(u64, x);
  exponent += static_cast<i64>(bits >> 52) - 1023;
  f64 m = __builtin_bit_cast(f64, (bits & 0xfffffffffffffu) | 1023ull << 52);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  const f64 n = static_cast<f64>(exponent);
  const f64 log_m = internal::LogOfRatio((m - 1) / (m + 1));
  return n * 0x1.62e42feep-1 + (n * 0x1.a39ef35793c76p-33 + log_m);
}

/// log(1 + x), precise near 0.
inline f64 Log1p(f64 x) {
  if (x > -0.29 && x < 0.41) return internal::LogOfRatio(x / (2 + x));
  return Log(1 + x);
}

inline f64 Tanh(f64 x) {
  const f64 a = Abs(x);
  if (a > 22) return CopySign(1, x);
  const f64 e = Expm1(2 * a);
  return CopySign(e / (e + 2), x);
}

inline f64 Sinh(f64 x) {
  const f64 a = Abs(x);
  const f64 root = Exp(a / 2);  // exp(a) itself may be out of range
  if (a > 22) return CopySign(root / 2 * root, x);
  const f64 e = Expm1(a);
  return CopySign((e + e / (e + 1)) / 2, x);
}

inline f64 Cosh(f64 x) {
  const f64 a = Abs(x);
  const f64 root = Exp(a / 2);
  if (a > 22) return root / 2 * root;
  return (Exp(a) + Exp(-a)) / 2;
}

inline f64 Asinh(f64 x) {
  const f64 a = Abs(x);
  if (a > 1e9) return CopySign(Log(a) + kLn2, x);
  return CopySign(Log1p(a + a * a / (1 + Sqrt(a * a + 1))), x);
}

inline f64 Acosh(f64 x) {
  if (!(x >= 1)) return kNan;
  if (x > 1e9) return Log(x) + kLn2;
  const f64 t = x - 1;
  return Log1p(t + Sqrt(2 * t + t * t));
}

inline f64 Atanh(f64 x) {
  const f64 a = Abs(x);
  return CopySign(Log1p(2 * a / (1 - a)) / 2, x);
}

inline f64 Erf(f64 x) {
  const f64 a = Abs(x);
  if (a < 1) {
    // Taylor's series, which alternates in sign: (-1)^i / (i! (2 i + 1)).
    static constexpr auto kErf = [] {
      auto table = internal::FactorialReciprocals<19>(0, 1, -1);
      for (int i = 0; i < 19; ++i) table.at[i] /= 2 * i + 1;
      return table;
    }();
    constexpr f64 kTwoBySqrtPi = 1.128379167095512573896;
    return x * kTwoBySqrtPi * internal::Polynomial(kErf, x * x);
  }
  if (!(a < 6)) return IsNan(x) ? x : CopySign(1, x);
  // x exp(x^2) erfc(x) on [1, 6], in a variable that maps it to [-1, 1]:
  // a Chebyshev series, written as a polynomial. Error 1e-16.
  static constexpr internal::Table<16> kErfc = {
      {5.27957585692550174e-1, 5.1201426673077005e-2, -3.22585986721616818e-2,
       1.2665370287097328e-2, -3.50407530745971391e-3, 6.71265093841025925e-4,
       -7.4778514347205678e-5, -3.04174631556994038e-8, 1.38038803805113521e-6,
       -1.19950075242172996e-7, -2.25685303121868383e-8, 3.73399766060066835e-9,
       4.73730761284863913e-10, -9.90111603414848739e-11,
       -1.23015208923370809e-11, 2.24810040355603728e-12}};
  const f64 u = 2.4 * (a - 3) / (a + 3) + 0.2;
  const f64 erfc = Exp(-a * a) * internal::Polynomial(kErfc, u) / a;
  return CopySign(1 - erfc, x);
}

namespace internal {

/// x = quarter * pi / 2 + rest, |rest| <= pi / 4, quarter modulo 4.
struct Angle {
  i64 quarter;
  f64 rest;
};

/// `ReduceAngle` of large `x` by Payne and Hanek: x is an integer m times 2^e,
/// and only those bits of 2 / pi matter whose product with it lies below 4.
inline Angle ReduceLargeAngle(f64 x) {
  static constexpr u64 kTwoByPi[] = {0,
                                     0xa2f9836e4e441529,
                                     0xfc2757d1f534ddc0,
                                     0xdb6295993c439041,
                                     0xfe5163abdebbc561,
                                     0xb7246e3a424dd2e0,
                                     0x06492eea09d1921c,
                                     0xfe1deb1cb129a73e,
                                     0xe88235f52ebb4484,
                                     0xe99c7026b45f7e41,
                                     0x3991d639835339f4,
                                     0x9c845f8bbdf9283b,
                                     0x1ff897ffde05980f,
                                     0xef2f118b5a0a6d1f,
                                     0x6d367ecf27cb09b7,
                                     0x4f463f669e5fea2d,
                                     0x7527bac7ebe5f17b,
                                     0x3d0739f78a5292ea,
                                     0x6bfb5fb11f8d5d08,
                                     0x56033046fc7b6bab,
                                     0xf0cfbc209af4361d};
  using u128 = unsigned __int128;
  const u64 bits = __builtin_bit_cast(u64, x);
  const u64 m = (bits & 0xfffffffffffffu) | 1ull << 52;
  const u64 first_bit = (bits >> 52 & 0x7ff) - 1075 + 62;
  u64 part[3];
  for (u64 i = 0; i < 3; ++i) {
    const u64 word = first_bit / 64 + i;
    const u64 shift = first_bit % 64;
    part[i] = kTwoByPi[word] << shift;
    if (shift != 0) part[i] |= kTwoByPi[word + 1] >> (64 - shift);
  }
  const u128 low = static_cast<u128>(m) * part[1] +
                   static_cast<u64>(static_cast<u128>(m) * part[2] >> 64);
  const u64 high = m * part[0] + static_cast<u64>(low >> 64);
  const u64 middle = static_cast<u64>(low);
  // Two bits of quarter; the rest, read as signed, is the fraction of one.
  const u64 fraction = high << 2 | middle >> 62;
  const f64 rest = static_cast<f64>(static_cast<i64>(fraction)) * 0x1p-64 +
                   static_cast<f64>(middle << 2) * 0x1p-128;
  const i64 quarter = static_cast<i64>((high >> 62) + (fraction >> 63));
  return {quarter, rest * (kPi / 2)};
}

inline Angle ReduceAngle(f64 x) {
  const f64 a = Abs(x);
  Angle angle{};
  if (a < 0x1p20) {
    // pi / 2 in three parts, the first two of 33 bits: n times them is exact.
    const f64 n = RoundEven(a * (2 / kPi));
    const f64 rest = (a - n * 0x1.921fb544p+0) - n * 0x1.0b4611a6p-34;
    angle = {static_cast<i64>(n), rest - n * 0x1.3198a2e037073p-69};
  } else {
    angle = ReduceLargeAngle(a);
  }
  if (x < 0) angle = {-angle.quarter, -angle.rest};
  return angle;
}

/// Sine of the angle and `quarters` more.
inline f64 SinOf(Angle angle, i64 quarters) {
  const f64 r = angle.rest;
  const u64 quarter = static_cast<u64>(angle.quarter + quarters);
  const f64 value =
      quarter % 2 == 0 ? r * Polynomial(kSin, r * r) : Polynomial(kCos, r * r);
  return quarter / 2 % 2 == 0 ? value : -value;
}

}  // namespace internal

inline f64 Sin(f64 x) {
  if (!(Abs(x) < kInfinity)) return kNan;
  return internal::SinOf(internal::ReduceAngle(x), 0);
}
inline f64 Cos(f64 x) {
  if (!(Abs(x) < kInfinity)) return kNan;
  return internal::SinOf(internal::ReduceAngle(x), 1);
}
inline f64 Tan(f64 x) { return Sin(x) / Cos(x); }

inline f64 Atan(f64 x) {
  if (IsNan(x)) return x;
  // Two steps bring the argument below tan(pi / 8).
  const f64 a = Abs(x);
  f64 t = a > 1 ? 1 / a : a;
  const bool upper = t > 0.41421356237309503;
  if (upper) t = (t - 1) / (t + 1);
  f64 angle = t * internal::Polynomial(internal::kAtan, t * t);
  if (upper) angle += kPi / 4;
  if (a > 1) angle = kPi / 2 - angle;
  return CopySign(angle, x);
}
inline f64 Asin(f64 x) { return Atan(x / Sqrt((1 - x) * (1 + x))); }
inline f64 Acos(f64 x) { return 2 * Atan(Sqrt((1 - x) / (1 + x))); }

namespace internal {

/// x^n by squaring, 0 <= n <= 64.
inline f64 IntegerPower(f64 x, i64 n) {
  f64 result = 1;
  for (; n > 0; n /= 2) {
    if (n % 2 != 0) result *= x;
    x *= x;
  }
  return result;
}

}  // namespace internal

inline f64 Pow(f64 x, f64 y) {
  if (y == 0 || x == 1) return 1;
  if (IsNan(x) || IsNan(y)) return kNan;
  const bool integer = Floor(y) == y;
  if (integer && Abs(y) <= 64) {
    const f64 power = internal::IntegerPower(x, static_cast<i64>(Abs(y)));
    return y < 0 ? 1 / power : power;
  }
  const f64 a = Abs(x);
  if (IsInfinite(y)) {
    if (a == 1) return 1;
    return (a > 1) == (y > 0) ? kInfinity : 0;
  }
  if (x < 0 && !integer && a < kInfinity) return kNan;
  const f64 power = Exp(y * Log(a));
  const bool odd = integer && Abs(y) < 0x1p53 && Floor(y / 2) * 2 != y;
  return odd && CopySign(1, x) < 0 ? -power : power;
}

/// The rest of x / y truncated, with the sign of `x`; exact.
inline f64 Fmod(f64 x, f64 y) {
  f64 rest = Abs(x);
  const f64 divisor = Abs(y);
  if (!(rest < kInfinity) || !(divisor > 0)) return kNan;
  // Takes off the divisor times falling powers of two; each step is exact.
  while (rest >= divisor) {
    f64 step = divisor;
    while (step <= rest / 2) step *= 2;
    rest -= step;
  }
  return IsNan(y) ? y : CopySign(rest, x);
}

}  // namespace skerry::kernels::math
