#include "skerry/media/resample.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "skerry/base/check.h"

namespace skerry::media {
namespace {

// Weights have 22 bits after the point: 8 bits of pixel and 2 of sum remain.
constexpr int kWeightBits = 22;

/// The source pixels that make each target pixel of one axis.
struct Taps {
  struct Range {
    int begin;
    int count;
  };
  std::vector<Range> ranges;          // one for each target pixel
  std::vector<std::int32_t> weights;  // `stride` for each target pixel
  std::size_t stride = 0;
};

/// Weights of a triangle as wide as two source pixels, or as two target
/// pixels where those are larger. The order of roundings is PIL's.
Taps BilinearTaps(int source, int target) {
  const double scale = static_cast<double>(source) / target;
  const double support = std::max(scale, 1.0);
  Taps taps;
  taps.stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  taps.weights.resize(taps.stride * static_cast<std::size_t>(target));
  std::vector<double> exact(taps.stride);
  for (int i = 0; i < target; ++i) {
    const double center = (i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(center - support + 0.5));
    const int end = std::min(source, static_cast<int>(center + support + 0.5));
    double sum = 0;
    for (int x = begin; x < end; ++x) {
      const double distance = std::abs((x - center + 0.5) * (1.0 / support));
      const double weight = distance < 1.0 ? 1.0 - distance : 0.0;
      exact[static_cast<std::size_t>(x - begin)] = weight;
      sum += weight;
    }
    std::int32_t* weights =
        &taps.weights[taps.stride * static_cast<std::size_t>(i)];
    for (int x = begin; x < end; ++x) {
      const auto tap = static_cast<std::size_t>(x - begin);
      const double weight = sum != 0.0 ? exact[tap] / sum : exact[tap];
      weights[tap] =
          static_cast<std::int32_t>(0.5 + weight * (1 << kWeightBits));
    }
    taps.ranges.push_back({begin, end - begin});
  }
  return taps;
}

std::uint8_t RoundSum(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

/// One target pixel's channel: the weighted sum of `count` source bytes that
/// lie `step` apart.
std::uint8_t WeightedSum(const std::uint8_t* source, std::size_t step,
                         const std::int32_t* weights, int count) {
  std::int32_t sum = 1 << (kWeightBits - 1);
  for (int i = 0; i < count; ++i) {
    sum += source[static_cast<std::size_t>(i) * step] * weights[i];
  }
  return RoundSum(sum);
}

Image ResizeRows(const Image& image, int width) {
  const Taps taps = BilinearTaps(image.width, width);
  const auto channels = static_cast<std::size_t>(image.channels);
  Image result = MakeImage(width, image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    const std::span<const std::uint8_t> source = image.row(y);
    std::span<std::uint8_t> target = result.row(y);
    for (std::size_t x = 0; x < taps.ranges.size(); ++x) {
      const Taps::Range range = taps.ranges[x];
      const std::int32_t* weights = &taps.weights[taps.stride * x];
      for (std::size_t channel = 0; channel < channels; ++channel) {
        const std::size_t first =
            static_cast<std::size_t>(range.begin) * channels + channel;
        target[x * channels + channel] =
            WeightedSum(&source[first], channels, weights, range.count);
      }
    }
  }
  return result;
}

Image ResizeColumns(const Image& image, int height) {
  const Taps taps = BilinearTaps(image.height, height);
  const std::size_t row_bytes = image.row_bytes();
  Image result = MakeImage(image.width, height, image.channels);
  for (int y = 0; y < height; ++y) {
    const Taps::Range range = taps.ranges[static_cast<std::size_t>(y)];
    const std::int32_t* weights =
        &taps.weights[taps.stride * static_cast<std::size_t>(y)];
    const std::uint8_t* source = image.row(range.begin).data();
    std::span<std::uint8_t> target = result.row(y);
    for (std::size_t i = 0; i < row_bytes; ++i) {
      target[i] = WeightedSum(source + i, row_bytes, weights, range.count);
    }
  }
  return result;
}

/// The source pixel of each target pixel, nearest to its centre. The sum runs
/// as PIL's does, so that ties fall to the same side.
std::vector<std::size_t> NearestPixels(int source, int target) {
  const double scale = static_cast<double>(source) / target;
  std::vector<std::size_t> pixels;
  double position = scale * 0.5;
  for (int i = 0; i < target; ++i) {
    pixels.push_back(static_cast<std::size_t>(
        std::min(static_cast<int>(position), source - 1)));
    position += scale;
  }
  return pixels;
}

Image ResizeNearest(const Image& image, int width, int height) {
  const std::vector<std::size_t> columns = NearestPixels(image.width, width);
  const std::vector<std::size_t> rows = NearestPixels(image.height, height);
  const auto channels = static_cast<std::size_t>(image.channels);
  Image result = MakeImage(width, height, image.channels);
  std::uint8_t* target = result.pixels.data();
  for (const std::size_t y : rows) {
    const std::span<const std::uint8_t> row = image.row(static_cast<int>(y));
    for (const std::size_t x : columns) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        *target++ = row[x * channels + channel];
      }
    }
  }
  return result;
}

}  // namespace

Image Resize(const Image& image, int width, int height,
             Interpolation interpolation) {
  SKERRY_CHECK(width >= 1 && height >= 1);
  if (width == image.width && height == image.height) return image;
  if (interpolation == Interpolation::kNearest) {
    return ResizeNearest(image, width, height);
  }
  if (width == image.width) return ResizeColumns(image, height);
  if (height == image.height) return ResizeRows(image, width);
  return ResizeColumns(ResizeRows(image, width), height);
}

Image Crop(const Image& image, int x, int y, int width, int height) {
  SKERRY_CHECK(x >= 0 && y >= 0 && width >= 1 && height >= 1);
  SKERRY_CHECK(width <= image.width - x && height <= image.height - y);
  Image result = MakeImage(width, height, image.channels);
  const std::size_t first =
      static_cast<std::size_t>(x) * static_cast<std::size_t>(image.channels);
  for (int row = 0; row < height; ++row) {
    std::ranges::copy(image.row(y + row).subspan(first, result.row_bytes()),
                      result.row(row).begin());
  }
  return result;
}

}  // namespace skerry::media
