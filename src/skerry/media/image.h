#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::media {

/// Images have at most this many pixels unless a caller says otherwise.
inline constexpr std::int64_t kPixelCountMax = std::int64_t{100} << 20;

/// Images are at most this wide and high: JPEG's limit.
inline constexpr int kImageSideMax = 65535;

/// An 8-bit image. Rows run from the top, pixels are packed: grey (1 channel)
/// or red, green, blue (3 channels).
///
/// Thread safety: thread-compatible.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;

  std::size_t row_bytes() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  std::span<const std::uint8_t> row(int y) const {
    return std::span(pixels).subspan(static_cast<std::size_t>(y) * row_bytes(),
                                     row_bytes());
  }
  std::span<std::uint8_t> row(int y) {
    return std::span(pixels).subspan(static_cast<std::size_t>(y) * row_bytes(),
                                     row_bytes());
  }

  friend bool operator==(const Image&, const Image&) = default;
};

/// A black image.
Image MakeImage(int width, int height, int channels);

/// How a file's orientation tag is taken.
enum class Orientation : std::uint8_t {
  kExif,    ///< turned upright, as viewers show it
  kIgnore,  ///< as stored, as Python's PIL gives it
};

struct DecodeOptions {
  Orientation orientation = Orientation::kExif;
  std::int64_t pixel_count_max = kPixelCountMax;
};

/// Decodes a JPEG or PNG file, which it tells by the first bytes. Grey files
/// give 1 channel, all others 3: palettes are looked up, alpha is dropped,
/// CMYK is converted, of 16 bits the upper 8 are kept. Embedded colour
/// profiles and gamma are not applied. All this is as PIL's
/// `Image.convert("RGB")` does it.
///
/// Errors:
///   kInvalidArgument    neither JPEG nor PNG
///   kDataLoss           truncated or damaged
///   kResourceExhausted  more pixels than `options.pixel_count_max`
Result<Image> DecodeImage(std::span<const std::byte> file,
                          const DecodeOptions& options = {});

/// `image` as grey (1 channel) or colour (3). Grey is ITU-R 601-2 luma, as
/// PIL's `convert("L")` rounds it.
Image ToGrey(const Image& image);
Image ToRgb(const Image& image);

}  // namespace skerry::media
