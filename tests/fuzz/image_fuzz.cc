// Any bytes are decoded as an image; what is decoded has all its pixels.

#include <cstddef>
#include <cstdint>
#include <span>

#include "skerry/base/check.h"
#include "skerry/media/image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto image =
      skerry::media::DecodeImage(bytes, {.pixel_count_max = 1 << 18});
  if (!image) return 0;
  SKERRY_CHECK(image->channels == 1 || image->channels == 3);
  SKERRY_CHECK(image->pixels.size() ==
               image->row_bytes() * static_cast<std::size_t>(image->height));
  return 0;
}
