#include "skerry/media/exif.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace skerry::media {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShortType = 3;

/// `size` bytes at `offset` as a number; 0 beyond the end.
std::uint32_t Number(Bytes bytes, std::size_t offset, std::size_t size,
                     bool big_endian) {
  if (offset > bytes.size() || size > bytes.size() - offset) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = big_endian ? i : size - 1 - i;
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[offset + at]);
  }
  return value;
}

bool StartsWith(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(),
                    [](char a, std::byte b) {
                      return static_cast<std::uint8_t>(a) ==
                             std::to_integer<std::uint8_t>(b);
                    });
}

/// The orientation in a TIFF block's first directory.
int TiffOrientation(Bytes tiff) {
  const bool big_endian = StartsWith(tiff, "MM");
  if (!big_endian && !StartsWith(tiff, "II")) return 1;
  const std::size_t directory = Number(tiff, 4, 4, big_endian);
  const std::uint32_t count = Number(tiff, directory, 2, big_endian);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + 12 * std::size_t{i};
    if (Number(tiff, entry, 2, big_endian) != kOrientationTag) continue;
    if (Number(tiff, entry + 2, 2, big_endian) != kShortType) return 1;
    const std::uint32_t value = Number(tiff, entry + 8, 2, big_endian);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

/// Where pixel (`x`, `y`) of the upright image lies in the stored one.
struct Point {
  int x;
  int y;
};

Point StoredPoint(const Image& stored, int orientation, int x, int y) {
  const int right = stored.width - 1;
  const int bottom = stored.height - 1;
  switch (orientation) {
    case 2:
      return {right - x, y};
    case 3:
      return {right - x, bottom - y};
    case 4:
      return {x, bottom - y};
    case 5:
      return {y, x};
    case 6:
      return {y, bottom - x};
    case 7:
      return {right - y, bottom - x};
    case 8:
      return {right - y, x};
    default:
      return {x, y};
  }
}

}  // namespace

int JpegOrientation(Bytes file) {
  constexpr std::uint32_t kApp1 = 0xffe1;
  constexpr std::uint32_t kStartOfScan = 0xffda;
  std::size_t offset = 2;  // after the start-of-image marker
  for (;;) {
    const std::uint32_t marker = Number(file, offset, 2, true);
    const std::uint32_t length = Number(file, offset + 2, 2, true);
    // 0 beyond the end: the walk ends there too.
    if (marker < 0xff00 || marker == kStartOfScan || length < 2) return 1;
    if (length > file.size() - offset - 2) return 1;
    const Bytes segment = file.subspan(offset + 4, length - 2);
    constexpr std::string_view kExif("Exif\0\0", 6);
    if (marker == kApp1 && StartsWith(segment, kExif)) {
      return TiffOrientation(segment.subspan(kExif.size()));
    }
    offset += 2 + std::size_t{length};
  }
}

Image Upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool turned = orientation >= 5;
  Image upright =
      MakeImage(turned ? image.height : image.width,
                turned ? image.width : image.height, image.channels);
  const auto channels = static_cast<std::size_t>(image.channels);
  for (int y = 0; y < upright.height; ++y) {
    std::span<std::uint8_t> target = upright.row(y);
    for (int x = 0; x < upright.width; ++x) {
      const Point from = StoredPoint(image, orientation, x, y);
      const auto source = image.row(from.y).subspan(
          static_cast<std::size_t>(from.x) * channels, channels);
      std::ranges::copy(source,
                        &target[static_cast<std::size_t>(x) * channels]);
    }
  }
  return upright;
}

}  // namespace skerry::media
