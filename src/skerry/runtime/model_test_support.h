#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "skerry/model/manifest.h"

namespace skerry::runtime {

/// Rows and columns of the test model's input and output.
inline constexpr std::int64_t kRows = 7;
inline constexpr std::int64_t kColumns = 96;

/// A small shared object with a model's entry point, built by clang once for
/// each process. Its inputs are `x`, float32[kRows, kColumns], and `bias`,
/// float32[]; its outputs are `y`, float32[kRows, kColumns], and `rows`,
/// int64[]. y is 2 * x + bias, by way of the arena and of scratch, a row for
/// each piece of work. Its layers are the scaling, the shift and `rows`.
const std::vector<std::byte>& TestElf();

/// The manifest that tells the truth about it.
Manifest TestManifest();

/// The file of both.
std::vector<std::byte> TestModelFile();

/// Input x of some values, and the y that it should give with `bias`.
std::vector<float> TestInput();
std::vector<float> ExpectedOutput(float bias);

}  // namespace skerry::runtime
