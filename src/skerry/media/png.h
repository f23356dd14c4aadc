#pragma once

#include "skerry/media/image.h"

namespace skerry::media {

/// Whether `file` begins as PNG files do.
bool IsPng(std::span<const std::byte> file);

/// Decodes a PNG file; see `DecodeImage` for colours and errors.
Result<Image> DecodePng(std::span<const std::byte> file,
                        std::int64_t pixel_count_max);

}  // namespace skerry::media
