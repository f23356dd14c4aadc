#pragma once

#include <cstddef>
#include <span>

#include "skerry/media/image.h"

namespace skerry::media {

/// The orientation that a JPEG's EXIF data states, 1 (as stored) to 8; 1 if
/// it states none or if the data is damaged.
int JpegOrientation(std::span<const std::byte> file);

/// `image`, stored with `orientation`, turned so that it stands upright.
Image Upright(Image image, int orientation);

}  // namespace skerry::media
