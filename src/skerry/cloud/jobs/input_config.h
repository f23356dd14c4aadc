#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// An input that DataInputConfig states.
struct InputShape {
  std::string name;
  std::vector<std::int64_t> dims;  ///< each at least 1

  friend bool operator==(const InputShape&, const InputShape&) = default;
};

/// Inputs of one model, dimensions of one input.
inline constexpr std::size_t kInputShapesMax = 256;
inline constexpr std::size_t kInputDimsMax = 8;

/// Reads DataInputConfig, in JSON or as a Python literal, its inputs in order:
///
///     {"data": [1, 3, 224, 224]}
///     {"data": {"shape": [1, 3, 224, 224]}}
///     [[1, 3, 224, 224], [1, 10]]          named input0, input1
///     [{"shape": [1, 3, 224, 224]}]
///
/// kInvalidArgument says what was found and wanted; kUnimplemented for what
/// AWS takes and we do not: dimensions that are not fixed, images.
Result<std::vector<InputShape>> ParseDataInputConfig(std::string_view text);

/// The first of these forms.
std::string PrintDataInputConfig(const std::vector<InputShape>& shapes);

}  // namespace skerry::cloud
