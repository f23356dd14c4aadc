// The elements of tensors whose type is known at run time only.
//
// Kernels compute in one of three types that hold every value of the elements'
// own: f64 for floats, i64 and u64 for integers (bool counts as unsigned).
// Results of +, -, *, / and the square root that are rounded from f64 are those
// of the elements' own arithmetic.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"

namespace skerry::kernels::reference {

/// IEEE 754's binary16.
struct Float16 {
  u16 bits = 0;

  constexpr Float16() = default;
  // Implicit both ways, so that kernels are written once for all floats.
  constexpr Float16(f32 value) : bits(FromFloat(value)) {}
  constexpr operator f32() const { return ToFloat(bits); }

 private:
  static constexpr f32 ToFloat(u16 half) {
    const u32 sign = static_cast<u32>(half & 0x8000) << 16;
    const u32 rest = half & 0x7fff;
    if (rest >= 0x7c00) {  // infinity and not a number
      return __builtin_bit_cast(f32, sign | 0x7f800000 | rest << 13);
    }
    // The exponent's bias differs by 112; so does that of subnormal numbers.
    const f32 magnitude = __builtin_bit_cast(f32, rest << 13) * 0x1p112f;
    return sign != 0 ? -magnitude : magnitude;
  }

  static constexpr u16 FromFloat(f32 value) {
    const u32 all = __builtin_bit_cast(u32, value);
    const u32 sign = all >> 16 & 0x8000;
    const u32 rest = all & 0x7fffffff;
    if (rest > 0x7f800000) return static_cast<u16>(sign | 0x7e00);
    if (rest >= 0x477ff000) return static_cast<u16>(sign | 0x7c00);
    if (rest < 0x38800000) {
      // Adding 0.5 shifts a subnormal's digits to the end and rounds them.
      const f32 shifted = __builtin_bit_cast(f32, rest) + 0.5f;
      const u32 digits = __builtin_bit_cast(u32, shifted) - 0x3f000000;
      return static_cast<u16>(sign | digits);
    }
    const u32 odd = rest >> 13 & 1;
    return static_cast<u16>(sign | ((rest - 0x38000000 + 0xfff + odd) >> 13));
  }
};

/// The upper half of a float.
struct Bfloat16 {
  u16 bits = 0;

  constexpr Bfloat16() = default;
  constexpr Bfloat16(f32 value) : bits(FromFloat(value)) {}
  constexpr operator f32() const {
    return __builtin_bit_cast(f32, static_cast<u32>(bits) << 16);
  }

 private:
  static constexpr u16 FromFloat(f32 value) {
    const u32 all = __builtin_bit_cast(u32, value);
    if (value != value) return static_cast<u16>(all >> 16 | 0x40);
    return static_cast<u16>((all + 0x7fff + (all >> 16 & 1)) >> 16);
  }
};

/// An element that is only copied: `size` bytes of any type.
template <int size>
struct Cell {
  u8 bytes[size];
};

constexpr bool IsFloat(Type type) {
  return type == Type::kFloat32 || type == Type::kFloat64 ||
         type == Type::kFloat16 || type == Type::kBfloat16;
}

constexpr bool IsUnsigned(Type type) {
  return type == Type::kUint8 || type == Type::kUint16 ||
         type == Type::kUint32 || type == Type::kUint64 || type == Type::kBool;
}

constexpr i32 ElementBytes(Type type) {
  switch (type) {
    case Type::kUint8:
    case Type::kInt8:
    case Type::kBool:
      return 1;
    case Type::kUint16:
    case Type::kInt16:
    case Type::kFloat16:
    case Type::kBfloat16:
      return 2;
    case Type::kFloat32:
    case Type::kInt32:
    case Type::kUint32:
      return 4;
    case Type::kFloat64:
    case Type::kInt64:
    case Type::kUint64:
      return 8;
  }
  return 0;
}

/// Calls `use` with a zero of the C++ type of the elements.
template <class Use>
void WithElement(Type type, Use use) {
  switch (type) {
    case Type::kFloat32:
      return use(f32{});
    case Type::kFloat64:
      return use(f64{});
    case Type::kFloat16:
      return use(Float16{});
    case Type::kBfloat16:
      return use(Bfloat16{});
    case Type::kUint8:
      return use(u8{});
    case Type::kInt8:
      return use(i8{});
    case Type::kUint16:
      return use(u16{});
    case Type::kInt16:
      return use(i16{});
    case Type::kUint32:
      return use(u32{});
    case Type::kInt32:
      return use(i32{});
    case Type::kUint64:
      return use(u64{});
    case Type::kInt64:
      return use(i64{});
    case Type::kBool:
      return use(bool{});
  }
}

/// The same for the float types only.
template <class Use>
void WithFloat(Type type, Use use) {
  switch (type) {
    case Type::kFloat32:
      return use(f32{});
    case Type::kFloat64:
      return use(f64{});
    case Type::kFloat16:
      return use(Float16{});
    case Type::kBfloat16:
      return use(Bfloat16{});
    default:
      return;
  }
}

/// Calls `use` with a zero of the type to compute in.
template <class Use>
void WithNumber(Type type, Use use) {
  if (IsFloat(type)) return use(f64{});
  if (IsUnsigned(type)) return use(u64{});
  return use(i64{});
}

/// Calls `use` with a cell of the elements' size.
template <class Use>
void WithCell(Type type, Use use) {
  switch (ElementBytes(type)) {
    case 1:
      return use(Cell<1>{});
    case 2:
      return use(Cell<2>{});
    case 4:
      return use(Cell<4>{});
    default:
      return use(Cell<8>{});
  }
}

namespace internal {

template <class T>
inline constexpr bool kIsInteger = T(3) / T(2) == T(1);
template <>
inline constexpr bool kIsInteger<bool> = false;

template <class T>
inline constexpr bool kIsSigned = T(-1) < T(0);

/// The integer `value` without its fraction, or the nearest that `T` has.
template <class T>
constexpr T Saturate(f64 value) {
  constexpr i32 kBits = sizeof(T) * 8 - (kIsSigned<T> ? 1 : 0);
  constexpr f64 kEnd = kBits == 64 ? 0x1p64 : static_cast<f64>(1ull << kBits);
  constexpr T kTop = static_cast<T>(~0ull >> (64 - kBits));
  constexpr f64 kLow = kIsSigned<T> ? -kEnd : 0;
  if (value != value) return 0;
  if (value >= kEnd) return kTop;
  return value <= kLow ? static_cast<T>(kIsSigned<T> ? -kTop - 1 : 0)
                       : static_cast<T>(value);
}

}  // namespace internal

/// `value` as an element of type `To`: floats beyond an integer type's range
/// become its ends, and integers keep their low bits.
template <class To, class From>
constexpr To Convert(From value) {
  if constexpr (__is_same(To, bool)) {
    return value != From{};
  } else if constexpr (internal::kIsInteger<To> &&
                       !internal::kIsInteger<From> && !__is_same(From, bool)) {
    return internal::Saturate<To>(static_cast<f64>(value));
  } else if constexpr (__is_same(To, Float16) || __is_same(To, Bfloat16)) {
    return To(static_cast<f32>(value));
  } else {
    return static_cast<To>(value);
  }
}

/// Element `i` of `view` in the type to compute in.
template <class Number>
Number Get(const View& view, i64 i) {
  Number number{};
  WithElement(view.type, [&](auto zero) {
    number = Convert<Number>(view.As<decltype(zero)>()[i]);
  });
  return number;
}

/// Makes `number` element `i` of `view`.
template <class Number>
void Set(const View& view, i64 i, Number number) {
  WithElement(view.type, [&](auto zero) {
    using T = decltype(zero);
    view.As<T>()[i] = Convert<T>(number);
  });
}

/// Sums, differences and products; those of integers wrap around.
template <class T>
constexpr T Plus(T x, T y) {
  if constexpr (__is_same(T, i64)) {
    return static_cast<i64>(static_cast<u64>(x) + static_cast<u64>(y));
  } else {
    return x + y;
  }
}
template <class T>
constexpr T Minus(T x, T y) {
  if constexpr (__is_same(T, i64)) {
    return static_cast<i64>(static_cast<u64>(x) - static_cast<u64>(y));
  } else {
    return x - y;
  }
}
template <class T>
constexpr T Times(T x, T y) {
  if constexpr (__is_same(T, i64)) {
    return static_cast<i64>(static_cast<u64>(x) * static_cast<u64>(y));
  } else {
    return x * y;
  }
}

/// The smaller and the larger; not a number if either is none.
template <class T>
constexpr T Smaller(T x, T y) {
  return x < y || x != x ? x : y;
}
template <class T>
constexpr T Larger(T x, T y) {
  return x > y || x != x ? x : y;
}

/// The least and the greatest that a type can hold.
template <class T>
constexpr T Lowest() {
  if constexpr (__is_same(T, f64)) {
    return -__builtin_inf();
  } else {
    return internal::kIsSigned<T> ? static_cast<T>(1ull << 63) : T{};
  }
}
template <class T>
constexpr T Highest() {
  if constexpr (__is_same(T, f64)) {
    return __builtin_inf();
  } else {
    return static_cast<T>(internal::kIsSigned<T> ? ~0ull >> 1 : ~0ull);
  }
}

}  // namespace skerry::kernels::reference
