#pragma once

#include <optional>
#include <string>

#include "open_inference.pb.h"
#include "skerry/base/result.h"
#include "skerry/tensor/data_type.h"

namespace skerry::agent {

/// The number in a Triton model configuration.
inference::ModelDataType ModelConfigType(DataType type);

/// The typed elements of `contents` as dense little-endian bytes.
///
/// Errors: kInvalidArgument if they are not in the field that `type` uses, a
/// value does not fit, or the type has no field (FP16, BF16).
Result<std::string> PackContents(const inference::InferTensorContents& contents,
                                 DataType type);

}  // namespace skerry::agent
