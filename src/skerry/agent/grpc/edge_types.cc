#include "skerry/agent/grpc/edge_types.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace skerry::agent {

namespace edge = AWS::SageMaker::Edge;

edge::DataType EdgeType(DataType type) {
  switch (type) {
    case DataType::kUint8:
    case DataType::kInt8:
    case DataType::kBool:
      return edge::UINT8;
    case DataType::kInt16:
    case DataType::kUint16:
      return edge::INT16;
    case DataType::kInt32:
    case DataType::kUint32:
      return edge::INT32;
    case DataType::kInt64:
    case DataType::kUint64:
      return edge::INT64;
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return edge::FLOAT16;
    case DataType::kFloat32:
      return edge::FLOAT32;
    case DataType::kFloat64:
      break;
  }
  return edge::FLOAT64;
}

std::optional<DataType> FromEdgeType(edge::DataType number) {
  switch (number) {
    case edge::UINT8:
      return DataType::kUint8;
    case edge::INT16:
      return DataType::kInt16;
    case edge::INT32:
      return DataType::kInt32;
    case edge::INT64:
      return DataType::kInt64;
    case edge::FLOAT16:
      return DataType::kFloat16;
    case edge::FLOAT32:
      return DataType::kFloat32;
    case edge::FLOAT64:
      return DataType::kFloat64;
    default:
      return std::nullopt;
  }
}

bool IsSharedEdgeType(edge::DataType number) {
  return number != edge::FLOAT32 && number != edge::FLOAT64;
}

void FillEdgeMetadata(edge::TensorMetadata& metadata, const std::string& name,
                      const TensorType& type) {
  metadata.set_name(name);
  metadata.set_data_type(EdgeType(type.type));
  for (const std::int64_t extent : type.shape.dims()) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    metadata.add_shape(static_cast<std::int32_t>(std::min(extent, kMax)));
  }
}

}  // namespace skerry::agent
