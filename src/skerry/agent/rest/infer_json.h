#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/tensor/data_type.h"

namespace skerry::agent {

/// Arrays and objects inside one another in an inference request.
inline constexpr std::size_t kInferJsonDepthMax = 32;

/// A part of a registered region of shared memory.
struct RegionPart {
  std::string region;
  std::uint64_t offset = 0;
  std::uint64_t byte_size = 0;

  friend bool operator==(const RegionPart&, const RegionPart&) = default;
};

/// An input as the JSON tells it. Its elements are in exactly one place.
struct RestInput {
  std::string name;
  DataType data_type = DataType::kFloat32;
  std::vector<std::int64_t> dims;
  bool has_data = false;
  std::string data;  ///< elements that were in the JSON, little endian
  std::optional<std::uint64_t> binary_data_size;
  std::optional<RegionPart> shared;
  /// Set by `AttachBinary`: the elements that followed the JSON.
  std::span<const std::byte> binary;
};

struct RestOutput {
  std::string name;
  std::optional<bool> binary_data;
  std::optional<RegionPart> shared;
};

/// The JSON of an inference request.
struct RestInferRequest {
  std::string id;
  std::string unit;
  std::optional<std::chrono::microseconds> timeout;
  bool binary_data_output = false;
  std::vector<RestInput> inputs;
  std::vector<RestOutput> outputs;
};

/// Reads the JSON of an inference request. Elements go straight into typed
/// bytes, so that an array takes the memory of its tensor. Unknown keys are
/// passed over.
///
/// Errors: kInvalidArgument says what was wrong and where: no JSON, a missing
/// or doubled place of an input's elements, a number that the data type does
/// not have, an element count that does not fit the shape.
Result<RestInferRequest> ReadInferJson(std::string_view json);

}  // namespace skerry::agent
