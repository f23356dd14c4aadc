#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "skerry/tensor/shape.h"

namespace skerry::compiler {

/// C++ literals for generated code.

/// "3LL": the kernels' i64. Lists are "{1, 2}".
std::string CppInt(std::int64_t value);
std::string CppInts(std::span<const std::int64_t> values);

/// An exact literal: "0x1.8p+1f", and the builtins for infinities and NaN.
std::string CppFloat(float value);
std::string CppFloats(std::span<const float> values);

/// A quoted string with everything unusual escaped.
std::string CppString(std::string_view text);

/// The element type as kernels call it: "f32", "i64"; float16 and bfloat16
/// are their bits, "u16".
std::string_view CppType(DataType type);

/// `text` with everything but letters, digits and plain punctuation replaced,
/// for use in a // comment: model names may hold anything.
std::string CppComment(std::string_view text);

}  // namespace skerry::compiler
