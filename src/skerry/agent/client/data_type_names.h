#pragma once

#include <optional>
#include <string_view>

#include "skerry/tensor/data_type.h"

namespace skerry::agent {

/// The Open Inference Protocol's name of `type`: "FP32".
std::string_view ProtocolName(DataType type);

/// The type that the protocol calls `name`, if we have it.
std::optional<DataType> FromProtocolName(std::string_view name);

}  // namespace skerry::agent
