#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace skerry {

/// The type of one tensor element. The values are ONNX's
/// `TensorProto.DataType`, and those of `skerry/kernels/call.h` and
/// `skerry.h`; a test compares the lists.
enum class DataType : std::int32_t {
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

/// Bytes that one element takes in memory.
std::size_t ElementBytes(DataType type);

/// The name that we print and parse, such as "float32".
std::string_view DataTypeName(DataType type);

/// The type that `DataTypeName` calls `name`, if there is one.
std::optional<DataType> ParseDataType(std::string_view name);

/// The type whose number is `value`, if there is one.
std::optional<DataType> DataTypeFromNumber(std::int32_t value);

}  // namespace skerry
