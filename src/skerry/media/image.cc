#include "skerry/media/image.h"

#include <string>

#include "skerry/media/exif.h"
#include "skerry/media/jpeg.h"
#include "skerry/media/png.h"

namespace skerry::media {

Image MakeImage(int width, int height, int channels) {
  Image image{width, height, channels, {}};
  image.pixels.resize(image.row_bytes() * static_cast<std::size_t>(height));
  return image;
}

Result<Image> DecodeImage(std::span<const std::byte> file,
                          const DecodeOptions& options) {
  if (IsPng(file)) return DecodePng(file, options.pixel_count_max);
  if (!IsJpeg(file)) {
    return InvalidArgument("neither a JPEG nor a PNG image");
  }
  SKERRY_ASSIGN_OR_RETURN(Image image,
                          DecodeJpeg(file, options.pixel_count_max));
  if (options.orientation == Orientation::kIgnore) return image;
  return Upright(std::move(image), JpegOrientation(file));
}

Image ToGrey(const Image& image) {
  if (image.channels == 1) return image;
  Image grey = MakeImage(image.width, image.height, 1);
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    const std::uint8_t* pixel = &image.pixels[3 * i];
    const std::uint32_t luma =
        pixel[0] * 19595U + pixel[1] * 38470U + pixel[2] * 7471U + 0x8000U;
    grey.pixels[i] = static_cast<std::uint8_t>(luma >> 16);
  }
  return grey;
}

Image ToRgb(const Image& image) {
  if (image.channels == 3) return image;
  Image rgb = MakeImage(image.width, image.height, 3);
  for (std::size_t i = 0; i < rgb.pixels.size(); ++i) {
    rgb.pixels[i] = image.pixels[i / 3];
  }
  return rgb;
}

}  // namespace skerry::media
