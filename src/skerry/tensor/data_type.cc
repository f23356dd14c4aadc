#include "skerry/tensor/data_type.h"

#include <array>

#include "skerry/base/check.h"

namespace skerry {
namespace {

struct TypeRow {
  DataType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<TypeRow, 13> kTypes = {{
    {DataType::kFloat32, "float32", 4},
    {DataType::kUint8, "uint8", 1},
    {DataType::kInt8, "int8", 1},
    {DataType::kUint16, "uint16", 2},
    {DataType::kInt16, "int16", 2},
    {DataType::kInt32, "int32", 4},
    {DataType::kInt64, "int64", 8},
    {DataType::kBool, "bool", 1},
    {DataType::kFloat16, "float16", 2},
    {DataType::kFloat64, "float64", 8},
    {DataType::kUint32, "uint32", 4},
    {DataType::kUint64, "uint64", 8},
    {DataType::kBfloat16, "bfloat16", 2},
}};

const TypeRow& RowOf(DataType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row;
  }
  SKERRY_CHECK(false);
}

}  // namespace

std::size_t ElementBytes(DataType type) { return RowOf(type).bytes; }

std::string_view DataTypeName(DataType type) { return RowOf(type).name; }

std::optional<DataType> ParseDataType(std::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

std::optional<DataType> DataTypeFromNumber(std::int32_t value) {
  for (const TypeRow& row : kTypes) {
    if (static_cast<std::int32_t>(row.type) == value) return row.type;
  }
  return std::nullopt;
}

}  // namespace skerry
