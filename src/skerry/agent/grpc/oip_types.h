#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "open_inference.pb.h"
#include "skerry/base/result.h"
#include "skerry/tensor/data_type.h"

namespace skerry::agent {

/// The Open Inference Protocol's name of a data type: "FP32".
std::string_view OipTypeName(DataType type);

/// kInvalidArgument, with words of its own for "BYTES".
Result<DataType> ParseOipType(std::string_view name);

/// The number in a Triton model configuration.
inference::ModelDataType ModelConfigType(DataType type);

/// The typed elements of `contents` as dense little-endian bytes.
///
/// Errors: kInvalidArgument if they are not in the field that `type` uses, a
/// value does not fit, or the type has no field (FP16, BF16).
Result<std::string> PackContents(const inference::InferTensorContents& contents,
                                 DataType type);

}  // namespace skerry::agent
