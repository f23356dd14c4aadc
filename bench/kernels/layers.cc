#include "layers.h"

#include <random>
#include <string>
#include <vector>

#include "skerry/base/check.h"
#include "skerry/compiler/ops/op.h"

namespace skerry::bench {
namespace {

constexpr Layer kLayers[] = {
    {"mobilenetv2", 224, 3, 32, 3, 2, 1, "Clip"},
    {"mobilenetv2", 112, 32, 32, 3, 1, 32, "Clip"},
    {"mobilenetv2", 112, 16, 96, 1, 1, 1, "Clip"},
    {"mobilenetv2", 112, 96, 96, 3, 2, 96, "Clip"},
    {"mobilenetv2", 56, 144, 24, 1, 1, 1, ""},
    {"mobilenetv2", 56, 144, 144, 3, 1, 144, "Clip"},
    {"mobilenetv2", 28, 32, 192, 1, 1, 1, "Clip"},
    {"mobilenetv2", 14, 96, 576, 1, 1, 1, "Clip"},
    {"mobilenetv2", 14, 576, 576, 3, 1, 576, "Clip"},
    {"mobilenetv2", 14, 576, 96, 1, 1, 1, ""},
    {"mobilenetv2", 7, 960, 160, 1, 1, 1, ""},
    {"mobilenetv2", 7, 960, 960, 3, 1, 960, "Clip"},
    {"mobilenetv2", 7, 320, 1280, 1, 1, 1, "Clip"},
    {"mobilenetv2", 1, 1280, 1000, 1, 1, 1, ""},
    {"efficientnet-lite0", 56, 144, 144, 5, 2, 144, "Clip"},
    {"efficientnet-lite0", 14, 672, 672, 5, 1, 672, "Clip"},
    {"efficientnet-lite0", 7, 1152, 1152, 5, 1, 1152, "Clip"},
    {"squeezenet", 224, 3, 64, 3, 2, 1, "Relu"},
    {"squeezenet", 55, 16, 64, 3, 1, 1, "Relu"},
    {"squeezenet", 27, 32, 128, 3, 1, 1, "Relu"},
    {"squeezenet", 13, 64, 256, 3, 1, 1, "Relu"},
    {"squeezenet", 13, 512, 1000, 1, 1, 1, "Relu"},
    {"yolox-nano", 208, 12, 16, 3, 1, 1, "Silu"},
    {"yolox-nano", 104, 16, 32, 1, 1, 1, "Silu"},
    {"yolox-nano", 52, 64, 64, 1, 1, 1, "Silu"},
    {"yolox-nano", 52, 64, 64, 3, 1, 64, "Silu"},
    {"yolox-nano", 13, 256, 128, 1, 1, 1, "Silu"},
    {"resnet50", 224, 3, 64, 7, 2, 1, "Relu"},
    {"resnet50", 56, 64, 64, 3, 1, 1, "Relu"},
    {"resnet50", 56, 64, 256, 1, 1, 1, ""},
    {"resnet50", 56, 128, 128, 3, 2, 1, "Relu"},
    {"resnet50", 28, 128, 128, 3, 1, 1, "Relu"},
    {"resnet50", 28, 512, 128, 1, 1, 1, "Relu"},
    {"resnet50", 14, 256, 256, 3, 1, 1, "Relu"},
    {"resnet50", 14, 256, 1024, 1, 1, 1, ""},
    {"resnet50", 7, 512, 512, 3, 1, 1, "Relu"},
    {"resnet50", 7, 512, 2048, 1, 1, 1, ""},
};

Tensor RandomTensor(Shape shape) {
  Tensor tensor({DataType::kFloat32, std::move(shape)});
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> values(-1, 1);
  for (float& value : tensor.data<float>()) value = values(generator);
  return tensor;
}

}  // namespace

std::span<const Layer> Layers() { return kLayers; }

std::string Name(const Layer& layer) {
  const std::string kernel = std::to_string(layer.kernel);
  return std::string(layer.network) + " " + std::to_string(layer.in_channels) +
         "->" + std::to_string(layer.out_channels) + " " + kernel + "x" +
         kernel + " @" + std::to_string(layer.size) +
         (layer.stride > 1 ? " /" + std::to_string(layer.stride) : "");
}

compiler::Graph MakeGraph(const Layer& layer) {
  const std::int64_t kernel = layer.kernel;
  const std::int64_t stride = layer.stride;
  const std::int64_t pad = layer.kernel / 2;
  compiler::Graph graph;
  graph.name = Name(layer);
  compiler::Node node;
  node.op = "Conv";
  node.name = graph.name;
  const compiler::ValueId x = graph.AddValue(
      "x", TensorType{DataType::kFloat32,
                      {1, layer.size, layer.size, layer.in_channels}});
  node.inputs = {x,
                 graph.AddConstant(
                     "weight", RandomTensor({layer.out_channels,
                                             layer.in_channels / layer.groups,
                                             kernel, kernel})),
                 graph.AddConstant("bias", RandomTensor({layer.out_channels}))};
  node.attributes.Set("kernel_shape", std::vector{kernel, kernel});
  node.attributes.Set("strides", std::vector{stride, stride});
  node.attributes.Set("pads", std::vector{pad, pad, pad, pad});
  node.attributes.SetInt("group", layer.groups);
  node.attributes.Set("layout", "NHWC");
  if (!layer.activation.empty()) {
    node.attributes.Set("activation", std::string(layer.activation));
    node.attributes.SetFloat("activation_alpha", 0);
    node.attributes.SetFloat("activation_beta", 6);
  }
  const compiler::ValueId y = graph.AddValue("y", std::nullopt);
  node.outputs = {y};
  const auto types = compiler::InferTypes(graph, node);
  SKERRY_CHECK(types.has_value());
  graph.value(y).type = types->front();
  graph.inputs = {x};
  graph.outputs = {y};
  graph.nodes.push_back(std::move(node));
  return graph;
}

}  // namespace skerry::bench
