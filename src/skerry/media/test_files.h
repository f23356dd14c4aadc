#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace skerry::media {

/// The bytes of the file `name` in tests/data; a test fails if it is missing.
std::vector<std::byte> ReadTestFile(const std::string& name);

}  // namespace skerry::media
