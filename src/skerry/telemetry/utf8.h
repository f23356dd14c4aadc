#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skerry::telemetry {

/// The bytes of the character that `text` begins with, in UTF-8 as RFC 3629
/// has it; 0 if it begins with something else, or is empty.
std::size_t Utf8CharacterBytes(std::string_view text);

/// `text` with U+FFFD in place of each byte that is no part of a character:
/// valid UTF-8.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace skerry::telemetry
