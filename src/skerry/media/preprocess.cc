#include "skerry/media/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "skerry/media/limits.h"

namespace skerry::media {
namespace {

/// What an input's type says about the image that it takes.
struct Frame {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  Layout layout = Layout::kNchw;
};

bool IsChannelCount(std::int64_t extent) { return extent == 1 || extent == 3; }

Result<Layout> ChooseLayout(const TensorType& type,
                            std::span<const std::int64_t> dims,
                            std::optional<Layout> wanted) {
  const bool nchw = IsChannelCount(dims[0]);
  const bool nhwc = IsChannelCount(dims[2]);
  if (wanted && (*wanted == Layout::kNchw ? nchw : nhwc)) return *wanted;
  if (wanted || (!nchw && !nhwc)) {
    return InvalidArgument("is " + type.ToString() +
                           ", which has no 1 or 3 channels where the layout "
                           "has them; give it a .npy file");
  }
  if (nchw && nhwc) {
    return InvalidArgument("is " + type.ToString() +
                           ", which may be NCHW or NHWC; say which (layout)");
  }
  return nchw ? Layout::kNchw : Layout::kNhwc;
}

Result<Frame> FrameOf(const TensorType& type, std::optional<Layout> wanted) {
  std::span<const std::int64_t> dims = type.shape.dims();
  if (dims.size() == 2) return Frame{dims[0], dims[1], 1, Layout::kNchw};
  if (dims.size() == 4 && dims[0] == 1) dims = dims.subspan(1);
  if (dims.size() != 3) {
    return InvalidArgument("is " + type.ToString() +
                           ", which does not take one image; give it a .npy "
                           "file");
  }
  SKERRY_ASSIGN_OR_RETURN(const Layout layout,
                          ChooseLayout(type, dims, wanted));
  return layout == Layout::kNchw ? Frame{dims[1], dims[2], dims[0], layout}
                                 : Frame{dims[0], dims[1], dims[2], layout};
}

/// `extent * numerator / denominator`, at least 1, rounded down as Python's
/// `int` does.
int Scaled(int extent, int numerator, int denominator) {
  const std::int64_t scaled =
      std::int64_t{extent} * numerator / std::max(denominator, 1);
  return static_cast<int>(std::clamp<std::int64_t>(scaled, 1, kImageSideMax));
}

/// Where a part of `inner` begins so that it is centred in `outer`. Halves go
/// to the even side, as torchvision's `CenterCrop` rounds them.
int CenterOffset(int outer, int inner) {
  const int difference = outer - inner;
  const int half = difference / 2;
  return difference % 2 == 0 ? half : half + half % 2;
}

Image CropToAspect(const Image& image, ImageSize size) {
  int width = image.width;
  int height = image.height;
  if (std::int64_t{width} * size.height > std::int64_t{height} * size.width) {
    width = std::min(width, Scaled(height, size.width, size.height));
  } else {
    height = std::min(height, Scaled(width, size.height, size.width));
  }
  return Crop(image, CenterOffset(image.width, width),
              CenterOffset(image.height, height), width, height);
}

Image Letterbox(const Image& image, ImageSize size, const Preprocess& steps) {
  int width = size.width;
  int height = size.height;
  if (std::int64_t{image.width} * height > std::int64_t{image.height} * width) {
    height = std::min(height, Scaled(image.height, width, image.width));
  } else {
    width = std::min(width, Scaled(image.width, height, image.height));
  }
  const Image inner = Resize(image, width, height, steps.interpolation);
  Image result = MakeImage(size.width, size.height, image.channels);
  std::ranges::fill(result.pixels, steps.pad_value);
  const bool centered = steps.anchor == Anchor::kCenter;
  const int left = centered ? CenterOffset(size.width, width) : 0;
  const int top = centered ? CenterOffset(size.height, height) : 0;
  const std::size_t first =
      static_cast<std::size_t>(left) * static_cast<std::size_t>(image.channels);
  for (int y = 0; y < height; ++y) {
    std::ranges::copy(inner.row(y), result.row(top + y).subspan(first).begin());
  }
  return result;
}

Result<Image> ResizeShortest(const Image& image, ImageSize size,
                             const Preprocess& steps) {
  const int side = steps.short_side;
  if (side < size.width || side < size.height) {
    return InvalidArgument(
        "short side of " + std::to_string(side) + " is less than the wanted " +
        std::to_string(size.height) + "x" + std::to_string(size.width));
  }
  const bool wide = image.width > image.height;
  const int width = wide ? Scaled(side, image.width, image.height) : side;
  const int height = wide ? side : Scaled(side, image.height, image.width);
  SKERRY_RETURN_IF_ERROR(CheckImageSize(width, height, kPixelCountMax));
  return Crop(Resize(image, width, height, steps.interpolation),
              CenterOffset(width, size.width),
              CenterOffset(height, size.height), size.width, size.height);
}

Result<Image> Fit(const Image& image, ImageSize size, const Preprocess& steps) {
  switch (steps.resize) {
    case ResizeMode::kStretch:
      break;
    case ResizeMode::kCrop:
      return Resize(CropToAspect(image, size), size.width, size.height,
                    steps.interpolation);
    case ResizeMode::kLetterbox:
      return Letterbox(image, size, steps);
    case ResizeMode::kShortest:
      return ResizeShortest(image, size, steps);
  }
  return Resize(image, size.width, size.height, steps.interpolation);
}

Result<double> ChannelValue(const std::vector<double>& values,
                            std::size_t channel, std::size_t channels,
                            double fallback, std::string_view name) {
  if (values.empty()) return fallback;
  if (values.size() != 1 && values.size() != channels) {
    return InvalidArgument(std::string(name) + " has " +
                           std::to_string(values.size()) + " values, want 1" +
                           (channels == 1 ? "" : " or 3"));
  }
  return values[values.size() == 1 ? 0 : channel];
}

/// What each of the 256 pixel values becomes.
using Table = std::array<double, 256>;

Result<std::vector<Table>> MakeTables(const Preprocess& steps,
                                      std::size_t channels) {
  std::vector<Table> tables(channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    SKERRY_ASSIGN_OR_RETURN(
        const double mean,
        ChannelValue(steps.mean, channel, channels, 0, "mean"));
    SKERRY_ASSIGN_OR_RETURN(
        const double std, ChannelValue(steps.std, channel, channels, 1, "std"));
    if (std == 0) return InvalidArgument("std is 0");
    for (std::size_t x = 0; x < 256; ++x) {
      tables[channel][x] = (static_cast<double>(x) * steps.scale - mean) / std;
    }
  }
  return tables;
}

template <class T>
T ConvertTo(double value) {
  if constexpr (std::numeric_limits<T>::is_integer) {
    const double rounded = std::nearbyint(value);
    if (!(rounded > static_cast<double>(std::numeric_limits<T>::min()))) {
      return std::numeric_limits<T>::min();
    }
    if (rounded >= static_cast<double>(std::numeric_limits<T>::max())) {
      return std::numeric_limits<T>::max();
    }
    return static_cast<T>(rounded);
  } else {
    return static_cast<T>(value);
  }
}

/// Fills `target`, elements of `T`, with the pixels' values.
template <class T>
void Fill(const Image& image, const std::vector<Table>& tables,
          const Preprocess& steps, Layout layout, std::span<std::byte> target) {
  auto* elements = reinterpret_cast<T*>(target.data());
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t pixel_count = image.pixels.size() / channels;
  const bool reversed = steps.color == Color::kBgr;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    std::array<T, 256> table;
    std::ranges::transform(tables[channel], table.begin(), ConvertTo<T>);
    const std::size_t source = reversed ? channels - 1 - channel : channel;
    const bool planar = layout == Layout::kNchw;
    T* out = elements + (planar ? channel * pixel_count : channel);
    const std::size_t step = planar ? 1 : channels;
    for (std::size_t i = 0; i < pixel_count; ++i) {
      out[i * step] = table[image.pixels[i * channels + source]];
    }
  }
}

using FillFunction = void (*)(const Image&, const std::vector<Table>&,
                              const Preprocess&, Layout, std::span<std::byte>);

FillFunction FillFor(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return Fill<float>;
    case DataType::kFloat64:
      return Fill<double>;
    case DataType::kFloat16:
      return Fill<_Float16>;
    case DataType::kUint8:
      return Fill<std::uint8_t>;
    case DataType::kInt8:
      return Fill<std::int8_t>;
    case DataType::kInt32:
      return Fill<std::int32_t>;
    default:
      return nullptr;
  }
}

Result<void> CheckColor(const Preprocess& steps, std::int64_t channels) {
  if (!steps.color) return {};
  const std::int64_t want = *steps.color == Color::kGray ? 1 : 3;
  if (want == channels) return {};
  return InvalidArgument("color has " + std::to_string(want) +
                         " channels, the input " + std::to_string(channels));
}

Result<ImageSize> CheckSize(const Preprocess& steps, const Frame& frame) {
  SKERRY_RETURN_IF_ERROR(
      CheckImageSize(frame.width, frame.height, kPixelCountMax));
  const ImageSize size{static_cast<int>(frame.width),
                       static_cast<int>(frame.height)};
  if (steps.size &&
      (steps.size->width != size.width || steps.size->height != size.height)) {
    return InvalidArgument("size is " + std::to_string(steps.size->height) +
                           "x" + std::to_string(steps.size->width) +
                           ", the input takes " + std::to_string(size.height) +
                           "x" + std::to_string(size.width));
  }
  return size;
}

}  // namespace

Result<Tensor> PrepareImage(const Image& image, const TensorType& type,
                            const Preprocess& steps) {
  SKERRY_ASSIGN_OR_RETURN(const Frame frame, FrameOf(type, steps.layout));
  const FillFunction fill = FillFor(type.type);
  if (fill == nullptr) {
    return InvalidArgument("is " + type.ToString() +
                           ", an element type that images do not have; give "
                           "it a .npy file");
  }
  SKERRY_RETURN_IF_ERROR(CheckColor(steps, frame.channels));
  SKERRY_ASSIGN_OR_RETURN(const ImageSize size, CheckSize(steps, frame));
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<Table> tables,
      MakeTables(steps, static_cast<std::size_t>(frame.channels)));
  SKERRY_ASSIGN_OR_RETURN(const Image fitted, Fit(image, size, steps));
  const Image colored = frame.channels == 1 ? ToGrey(fitted) : ToRgb(fitted);
  Tensor tensor(type);
  fill(colored, tables, steps, frame.layout, tensor.bytes());
  return tensor;
}

}  // namespace skerry::media
