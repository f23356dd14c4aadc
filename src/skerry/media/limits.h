#pragma once

#include <cstdint>

#include "skerry/base/result.h"

namespace skerry::media {

/// kResourceExhausted or kInvalidArgument if an image of this size is not to
/// be decoded.
Result<void> CheckImageSize(std::int64_t width, std::int64_t height,
                            std::int64_t pixel_count_max);

}  // namespace skerry::media
