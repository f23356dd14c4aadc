#pragma once

#include <optional>

#include "edge_agent.pb.h"
#include "skerry/model/manifest.h"
#include "skerry/tensor/data_type.h"

namespace skerry::agent {

/// The number that stands for `type`. The protocol has seven; the others go by
/// the integer of the same width, and bfloat16 by FLOAT16: the bytes are what
/// counts, and `Predict` takes them under that number.
AWS::SageMaker::Edge::DataType EdgeType(DataType type);

/// The type that the number means by itself, if it is one of the seven.
std::optional<DataType> FromEdgeType(AWS::SageMaker::Edge::DataType number);

/// Whether several of our types go by the number.
bool IsSharedEdgeType(AWS::SageMaker::Edge::DataType number);

void FillEdgeMetadata(AWS::SageMaker::Edge::TensorMetadata& metadata,
                      const std::string& name, const TensorType& type);

}  // namespace skerry::agent
