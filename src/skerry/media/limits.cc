#include "skerry/media/limits.h"

#include <string>

#include "skerry/media/image.h"

namespace skerry::media {

Result<void> CheckImageSize(std::int64_t width, std::int64_t height,
                            std::int64_t pixel_count_max) {
  const std::string size =
      std::to_string(width) + "x" + std::to_string(height) + " pixels";
  if (width < 1 || height < 1) return InvalidArgument("image has " + size);
  if (width > kImageSideMax || height > kImageSideMax) {
    return ResourceExhausted("image has " + size + ", sides are limited to " +
                             std::to_string(kImageSideMax));
  }
  if (width * height > pixel_count_max) {
    return ResourceExhausted("image has " + size + ", limit is " +
                             std::to_string(pixel_count_max));
  }
  return {};
}

}  // namespace skerry::media
