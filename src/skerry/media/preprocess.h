#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/media/image.h"
#include "skerry/media/resample.h"
#include "skerry/tensor/tensor.h"

namespace skerry::media {

/// How a photo of any size becomes one of the size that a model wants.
enum class ResizeMode : std::uint8_t {
  /// The whole photo; its aspect ratio gives way.
  kStretch,
  /// The largest centred part that has the wanted aspect ratio.
  kCrop,
  /// The whole photo at its aspect ratio; the rest is filled with `pad_value`.
  kLetterbox,
  /// Resized to `short_side`, then the centre cut out: torchvision's
  /// `Resize(short_side)` and `CenterCrop(size)`.
  kShortest,
};

/// Where a letterboxed photo lies.
enum class Anchor : std::uint8_t { kCenter, kTopLeft };

enum class Color : std::uint8_t { kRgb, kBgr, kGray };

enum class Layout : std::uint8_t { kNchw, kNhwc };

struct ImageSize {
  int width = 0;
  int height = 0;
};

/// What a photo goes through on its way to a model's input. The steps, in
/// this order:
///
///  1. resize and crop or pad, on 8-bit pixels, to `size`;
///  2. `color`: reorder or convert the channels;
///  3. `(x * scale - mean) / std` for each channel, x in 0..255;
///  4. convert to the input's element type, integers rounded to nearest even
///     and saturated;
///  5. arrange as `layout`.
///
/// `mean` and `std` are in the order of the channels after step 2, and hold
/// one value for all channels, or one for each; none means 0 and 1.
struct Preprocess {
  std::optional<ImageSize> size = {};  ///< none: what the input's shape says
  ResizeMode resize = ResizeMode::kStretch;
  int short_side = 256;
  Anchor anchor = Anchor::kCenter;
  Interpolation interpolation = Interpolation::kBilinear;
  /// None: RGB, or grey if the input has one channel.
  std::optional<Color> color = {};
  double scale = 1;
  std::vector<double> mean = {};
  std::vector<double> std = {};
  std::optional<Layout> layout = {};  ///< none: told by where 1 or 3 stands
  std::uint8_t pad_value = 0;         ///< before step 3, in all channels
  Orientation orientation = Orientation::kExif;
};

/// `image` as the tensor of `type` that a model takes: rank 4 with a batch of
/// 1, rank 3, or rank 2 (grey).
///
/// Errors: kInvalidArgument if `type` is not that of an image, or if `steps`
/// do not lead there; the message says what was found and wanted.
Result<Tensor> PrepareImage(const Image& image, const TensorType& type,
                            const Preprocess& steps);

}  // namespace skerry::media
