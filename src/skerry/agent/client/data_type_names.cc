#include "skerry/agent/client/data_type_names.h"

#include <utility>

namespace skerry::agent {
namespace {

constexpr std::pair<DataType, std::string_view> kNames[] = {
    {DataType::kBool, "BOOL"},     {DataType::kUint8, "UINT8"},
    {DataType::kUint16, "UINT16"}, {DataType::kUint32, "UINT32"},
    {DataType::kUint64, "UINT64"}, {DataType::kInt8, "INT8"},
    {DataType::kInt16, "INT16"},   {DataType::kInt32, "INT32"},
    {DataType::kInt64, "INT64"},   {DataType::kFloat16, "FP16"},
    {DataType::kFloat32, "FP32"},  {DataType::kFloat64, "FP64"},
    {DataType::kBfloat16, "BF16"},
};

}  // namespace

std::string_view ProtocolName(DataType type) {
  for (const auto& [each, name] : kNames) {
    if (each == type) return name;
  }
  return "";
}

std::optional<DataType> FromProtocolName(std::string_view name) {
  for (const auto& [type, each] : kNames) {
    if (each == name) return type;
  }
  return std::nullopt;
}

}  // namespace skerry::agent
