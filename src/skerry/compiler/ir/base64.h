#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skerry::compiler {

/// RFC 4648 base64 with padding.
std::string EncodeBase64(std::span<const std::byte> bytes);

/// The bytes behind `text`; nothing if it is not what `EncodeBase64` gives.
std::optional<std::vector<std::byte>> DecodeBase64(std::string_view text);

}  // namespace skerry::compiler
