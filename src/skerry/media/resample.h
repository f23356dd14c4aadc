#pragma once

#include <cstdint>

#include "skerry/media/image.h"

namespace skerry::media {

enum class Interpolation : std::uint8_t {
  kNearest,
  /// Bilinear; when it shrinks the image, each result averages all the pixels
  /// that it covers (antialiasing).
  kBilinear,
};

/// `image` at another size. Results equal those of PIL's `Image.resize` with
/// `NEAREST` and `BILINEAR`, byte for byte: two passes, horizontal first, of
/// fixed-point weights, rounded to 8 bits after each.
///
/// `width` and `height` are at least 1.
Image Resize(const Image& image, int width, int height,
             Interpolation interpolation);

/// The part of `image` with its top left corner at (`x`, `y`), which lies
/// inside of it.
Image Crop(const Image& image, int x, int y, int width, int height);

}  // namespace skerry::media
