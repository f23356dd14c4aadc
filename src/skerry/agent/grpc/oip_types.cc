#include "skerry/agent/grpc/oip_types.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "skerry/agent/oip/data_type_names.h"

namespace skerry::agent {
namespace {

using inference::InferTensorContents;

struct TypeNumber {
  DataType type;
  inference::ModelDataType number;
};

constexpr auto kTypes = std::to_array<TypeNumber>({
    {DataType::kBool, inference::TYPE_BOOL},
    {DataType::kUint8, inference::TYPE_UINT8},
    {DataType::kUint16, inference::TYPE_UINT16},
    {DataType::kUint32, inference::TYPE_UINT32},
    {DataType::kUint64, inference::TYPE_UINT64},
    {DataType::kInt8, inference::TYPE_INT8},
    {DataType::kInt16, inference::TYPE_INT16},
    {DataType::kInt32, inference::TYPE_INT32},
    {DataType::kInt64, inference::TYPE_INT64},
    {DataType::kFloat16, inference::TYPE_FP16},
    {DataType::kFloat32, inference::TYPE_FP32},
    {DataType::kFloat64, inference::TYPE_FP64},
    {DataType::kBfloat16, inference::TYPE_BF16},
});

template <class Element>
Result<std::string> Pack(const auto& values) {
  std::string bytes(static_cast<std::size_t>(values.size()) * sizeof(Element),
                    '\0');
  char* to = bytes.data();
  for (const auto value : values) {
    if (value < std::numeric_limits<Element>::lowest() ||
        value > std::numeric_limits<Element>::max()) {
      return InvalidArgument("contents hold " + std::to_string(value) +
                             ", which its data type cannot");
    }
    const auto element = static_cast<Element>(value);
    std::memcpy(to, &element, sizeof(Element));
    to += sizeof(Element);
  }
  return bytes;
}

// Fields that hold something.
int FieldCount(const InferTensorContents& contents) {
  const std::array<int, 8> sizes = {
      contents.bool_contents_size(),   contents.int_contents_size(),
      contents.int64_contents_size(),  contents.uint_contents_size(),
      contents.uint64_contents_size(), contents.fp32_contents_size(),
      contents.fp64_contents_size(),   contents.bytes_contents_size()};
  int count = 0;
  for (const int size : sizes) count += size > 0 ? 1 : 0;
  return count;
}

Result<std::string> PackField(const InferTensorContents& contents,
                              DataType type) {
  switch (type) {
    case DataType::kBool: {
      return Pack<std::uint8_t>(contents.bool_contents());
    }
    case DataType::kInt8:
      return Pack<std::int8_t>(contents.int_contents());
    case DataType::kInt16:
      return Pack<std::int16_t>(contents.int_contents());
    case DataType::kInt32:
      return Pack<std::int32_t>(contents.int_contents());
    case DataType::kInt64:
      return Pack<std::int64_t>(contents.int64_contents());
    case DataType::kUint8:
      return Pack<std::uint8_t>(contents.uint_contents());
    case DataType::kUint16:
      return Pack<std::uint16_t>(contents.uint_contents());
    case DataType::kUint32:
      return Pack<std::uint32_t>(contents.uint_contents());
    case DataType::kUint64:
      return Pack<std::uint64_t>(contents.uint64_contents());
    case DataType::kFloat32:
    case DataType::kFloat64:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      break;
  }
  return InvalidArgument(std::string(OipTypeName(type)) +
                         " has no typed contents; send it raw");
}

// Infinities and not-a-numbers are values too, so no comparison of ranges.
std::string PackAsTheyAre(const auto& values) {
  const auto* const data = values.data();
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(values.size()) * sizeof(*data)};
}

}  // namespace

inference::ModelDataType ModelConfigType(DataType type) {
  for (const TypeNumber& entry : kTypes) {
    if (entry.type == type) return entry.number;
  }
  return inference::TYPE_INVALID;
}

Result<std::string> PackContents(const InferTensorContents& contents,
                                 DataType type) {
  std::string bytes;
  if (type == DataType::kFloat32) {
    bytes = PackAsTheyAre(contents.fp32_contents());
  } else if (type == DataType::kFloat64) {
    bytes = PackAsTheyAre(contents.fp64_contents());
  } else {
    SKERRY_ASSIGN_OR_RETURN(bytes, PackField(contents, type));
  }
  const int field_count = FieldCount(contents);
  if (field_count > (bytes.empty() ? 0 : 1)) {
    return InvalidArgument("contents are not in the one field that " +
                           std::string(OipTypeName(type)) + " uses");
  }
  return bytes;
}

}  // namespace skerry::agent
