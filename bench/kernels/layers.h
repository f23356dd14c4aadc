#pragma once

#include <span>
#include <string_view>

#include "skerry/compiler/ir/graph.h"

namespace skerry::bench {

/// A convolution as networks have them: square maps, borders that keep the
/// extent (divided by the stride).
struct Layer {
  std::string_view network;
  int size;  ///< height and width of the input
  int in_channels;
  int out_channels;
  int kernel;
  int stride;
  int groups;
  std::string_view activation;
};

/// The layers that take the time of MobileNetV2, EfficientNet-Lite0,
/// SqueezeNet, YOLOX-nano and ResNet-50.
std::span<const Layer> Layers();

/// "mobilenetv2 96->24 1x1 @56"
std::string Name(const Layer& layer);

/// A graph of that layer alone, in NHWC, with random weights.
compiler::Graph MakeGraph(const Layer& layer);

}  // namespace skerry::bench
