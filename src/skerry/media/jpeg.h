#pragma once

#include "skerry/media/image.h"

namespace skerry::media {

/// Whether `file` begins as JPEG files do.
bool IsJpeg(std::span<const std::byte> file);

/// Decodes a JPEG file as stored; see `DecodeImage` for colours and errors.
/// A file with more scans than any encoder writes is refused: each scan costs
/// time in proportion to the pixels.
Result<Image> DecodeJpeg(std::span<const std::byte> file,
                         std::int64_t pixel_count_max);

}  // namespace skerry::media
