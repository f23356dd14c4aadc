#include "skerry/agent/oip/data_type_names.h"

#include <string>

namespace skerry::agent {
namespace {

struct Row {
  DataType type;
  std::string_view name;
};

constexpr Row kRows[] = {
    {DataType::kBool, "BOOL"},     {DataType::kUint8, "UINT8"},
    {DataType::kUint16, "UINT16"}, {DataType::kUint32, "UINT32"},
    {DataType::kUint64, "UINT64"}, {DataType::kInt8, "INT8"},
    {DataType::kInt16, "INT16"},   {DataType::kInt32, "INT32"},
    {DataType::kInt64, "INT64"},   {DataType::kFloat16, "FP16"},
    {DataType::kFloat32, "FP32"},  {DataType::kFloat64, "FP64"},
    {DataType::kBfloat16, "BF16"},
};

}  // namespace

std::string_view OipTypeName(DataType type) {
  for (const Row& row : kRows) {
    if (row.type == type) {
      return row.name;
    }
  }
  return "";
}

Result<DataType> ParseOipType(std::string_view name) {
  std::string known;
  for (const Row& row : kRows) {
    if (row.name == name) {
      return row.type;
    }
    known.append(known.empty() ? "" : ", ").append(row.name);
  }
  if (name == "BYTES") {
    return InvalidArgument(
        "BYTES tensors are not supported: models here take numbers only");
  }
  return InvalidArgument("'" + std::string(name) +
                         "' is no data type; there are " + known);
}

}  // namespace skerry::agent
