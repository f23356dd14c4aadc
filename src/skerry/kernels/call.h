// How a reference kernel is called: tensors of run-time type and shape, and
// named attributes. One form serves three users: the compiler folds constants
// and checks itself with it, tests compare tuned kernels against it, and
// compiled models contain it for operators that have no tuned kernel (there
// all fields are constants that clang sees through).
//
// Freestanding: no standard library.
#pragma once

namespace skerry::kernels {

using i8 = signed char;
using u8 = unsigned char;
using i16 = short;
using u16 = unsigned short;
using i32 = int;
using u32 = unsigned int;
using i64 = long long;
using u64 = unsigned long long;
using f32 = float;
using f64 = double;
using usize = __SIZE_TYPE__;

inline constexpr int kRankMax = 8;

/// ONNX's `TensorProto.DataType`.
enum class Type : i32 {
  kFloat32 = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kFloat64 = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
};

/// One tensor, dense and row-major. An operand that is left out has null
/// `data` and rank -1. Inputs are not written through `data`.
struct View {
  Type type = Type::kFloat32;
  i32 rank = -1;
  i64 dims[kRankMax] = {};
  void* data = nullptr;

  template <class T>
  constexpr T* As() const {
    return static_cast<T*>(data);
  }
  constexpr bool present() const { return rank >= 0; }
  constexpr i64 count() const {
    i64 n = 1;
    for (i32 i = 0; i < rank; ++i) n *= dims[i];
    return n;
  }
};

/// One attribute: exactly one of the three lists is not null.
struct Attribute {
  const char* name;
  const i64* ints = nullptr;
  const f32* floats = nullptr;
  const char* text = nullptr;
  i64 count = 0;  ///< elements of `ints` or `floats`; characters of `text`
};

/// Operands and attributes of one call.
struct Call {
  const View* inputs = nullptr;
  i32 input_count = 0;
  const View* outputs = nullptr;
  i32 output_count = 0;
  const Attribute* attributes = nullptr;
  i32 attribute_count = 0;

  /// The `i`-th input, or an absent one.
  constexpr View Input(i32 i) const {
    return i < input_count ? inputs[i] : View{};
  }
  constexpr const Attribute* Find(const char* name) const {
    for (i32 i = 0; i < attribute_count; ++i) {
      const char* a = attributes[i].name;
      const char* b = name;
      while (*a != 0 && *a == *b) {
        ++a;
        ++b;
      }
      if (*a == *b) return &attributes[i];
    }
    return nullptr;
  }
  constexpr i64 Int(const char* name, i64 fallback) const {
    const Attribute* found = Find(name);
    return found != nullptr && found->ints != nullptr && found->count == 1
               ? found->ints[0]
               : fallback;
  }
  /// The `i`-th of a list, or `fallback` if the list is shorter or absent.
  constexpr i64 IntAt(const char* name, i64 i, i64 fallback) const {
    const Attribute* found = Find(name);
    return found != nullptr && found->ints != nullptr && i < found->count
               ? found->ints[i]
               : fallback;
  }
  constexpr f32 Float(const char* name, f32 fallback) const {
    const Attribute* found = Find(name);
    return found != nullptr && found->floats != nullptr && found->count == 1
               ? found->floats[0]
               : fallback;
  }
  constexpr f32 FloatAt(const char* name, i64 i, f32 fallback) const {
    const Attribute* found = Find(name);
    return found != nullptr && found->floats != nullptr && i < found->count
               ? found->floats[i]
               : fallback;
  }
  /// Whether the text attribute `name` (or `fallback`, if absent) is `wanted`.
  constexpr bool TextIs(const char* name, const char* wanted,
                        const char* fallback) const {
    const Attribute* found = Find(name);
    const char* a =
        found != nullptr && found->text != nullptr ? found->text : fallback;
    while (*a != 0 && *a == *wanted) {
      ++a;
      ++wanted;
    }
    return *a == *wanted;
  }
};

/// A reference kernel. The compiler has checked types, shapes and attributes;
/// kernels trust them.
using Reference = void (*)(const Call& call);

}  // namespace skerry::kernels
