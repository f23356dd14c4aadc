#pragma once

#include <string_view>

#include "skerry/base/result.h"
#include "skerry/tensor/data_type.h"

namespace skerry::agent {

/// The Open Inference Protocol's name of `type`, such as "FP32".
std::string_view OipTypeName(DataType type);

/// The type that the protocol calls `name`. kInvalidArgument lists what there
/// is, with words of its own for "BYTES".
Result<DataType> ParseOipType(std::string_view name);

}  // namespace skerry::agent
