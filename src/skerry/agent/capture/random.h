#pragma once

#include <cstdint>
#include <string>

namespace skerry::agent {

/// Chance for jitter, and for names that nobody else gives. Not for secrets.
std::uint32_t RandomSeed();

/// 16 hexadecimal digits.
std::string RandomName();

}  // namespace skerry::agent
