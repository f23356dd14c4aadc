#include "skerry/compiler/lower/cpp_text.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "skerry/base/check.h"

namespace skerry::compiler {
namespace {

template <class T>
std::string List(std::span<const T> values, std::string (*print)(T)) {
  std::string text = "{";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ", ";
    text += print(values[i]);
  }
  return text + "}";
}

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

std::string CppInt(std::int64_t value) {
  // The least value has no literal of its own.
  if (value == std::numeric_limits<std::int64_t>::min()) {
    return "(-9223372036854775807LL - 1)";
  }
  return std::to_string(value);
}

std::string CppInts(std::span<const std::int64_t> values) {
  return List<std::int64_t>(values, CppInt);
}

std::string CppFloat(float value) {
  if (std::isnan(value)) return "__builtin_nanf(\"\")";
  if (std::isinf(value)) {
    return value > 0 ? "__builtin_inff()" : "-__builtin_inff()";
  }
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.9g", static_cast<double>(value));
  std::string literal = text.data();
  if (literal.find_first_of(".e") == std::string::npos) literal += ".0";
  return literal + "f";
}

std::string CppFloats(std::span<const float> values) {
  return List<float>(values, CppFloat);
}

std::string CppString(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (IsPlain(c) && c != '"' && c != '\\' && c != '?') {
      quoted += c;
      continue;
    }
    // Octal escapes end after three digits, whatever follows.
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\%03o",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    quoted += escape.data();
  }
  return quoted + "\"";
}

std::string_view CppType(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return "f32";
    case DataType::kFloat64:
      return "f64";
    case DataType::kUint8:
    case DataType::kBool:
      return "u8";
    case DataType::kInt8:
      return "i8";
    case DataType::kUint16:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return "u16";
    case DataType::kInt16:
      return "i16";
    case DataType::kUint32:
      return "u32";
    case DataType::kInt32:
      return "i32";
    case DataType::kUint64:
      return "u64";
    case DataType::kInt64:
      return "i64";
  }
  SKERRY_CHECK(false);
}

std::string CppComment(std::string_view text) {
  std::string plain;
  // A backslash at the end of a line would continue the comment.
  for (const char c : text) plain += IsPlain(c) && c != '\\' ? c : '?';
  return plain;
}

}  // namespace skerry::compiler
