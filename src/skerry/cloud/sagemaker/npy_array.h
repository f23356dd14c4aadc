#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skerry::cloud {

/// The parts of a .npy array, whose bytes are borrowed.
struct NpyArray {
  std::string datatype;  ///< as the Open Inference Protocol names it: "FP32"
  std::vector<std::size_t> shape;
  std::string_view bytes;  ///< little-endian, in C order
};

/// None for what is no .npy file, in Fortran order, big-endian, or no numbers.
std::optional<NpyArray> ReadNpyArray(std::string_view file);

/// None for a datatype that .npy does not have.
std::optional<std::string> WriteNpyArray(const NpyArray& array);

}  // namespace skerry::cloud
