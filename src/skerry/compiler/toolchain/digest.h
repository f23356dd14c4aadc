#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace skerry::compiler {

/// "sha256:" and the 64 hexadecimal digits of the bytes' SHA-256.
std::string Digest(std::span<const std::byte> bytes);

}  // namespace skerry::compiler
