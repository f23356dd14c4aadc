#include <algorithm>
#include <string>

#include "skerry/compiler/lower/convolution_node.h"
#include "skerry/compiler/lower/epilogue.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/lower/kernel_text.h"
#include "skerry/compiler/lower/pack.h"
#include "skerry/compiler/lower/tiling.h"
#include "skerry/compiler/lower/transposed.h"
#include "skerry/compiler/lower/winograd.h"

namespace skerry::compiler {
namespace {

using kernels::ConvolutionShape;
using kernels::DepthwiseShape;
using kernels::Pitch;

/// A map that every kernel position meets as it is: no borders, no strides.
bool IsPointwise(const ConvolutionNode& node) {
  return node.taps() == 1 && node.stride_h == 1 && node.stride_w == 1 &&
         node.in.h == node.out.h && node.in.w == node.out.w &&
         node.in.pitch.channel == 1;
}

/// The pixels of all images as rows of a width that suits the tiles.
void Flatten(ConvolutionShape& s, const Target& target) {
  const std::int64_t pixels = s.batch * s.out_h * s.out_w;
  const int width = ChooseRowWidth(pixels, s.out_c, target);
  s.batch = 1;
  s.in_h = s.out_h = static_cast<int>(pixels / width);
  s.in_w = s.out_w = width;
  for (Pitch* pitch : {&s.x, &s.y, &s.residual}) {
    pitch->image = 0;
    pitch->row = pitch->pixel * width;
  }
}

std::string KernelName(const ConvolutionShape& s, const Target& target) {
  const std::string tile =
      std::to_string(kernels::TilePixels(s.out_w, s.panel_vectors,
                                         target.vector_registers)) +
      "x" + std::to_string(s.panel_vectors * s.lanes);
  if (s.kernel_h * s.kernel_w == 1) return "pointwise " + tile;
  return (s.groups > 1 ? "grouped " : "direct ") + std::to_string(s.kernel_h) +
         "x" + std::to_string(s.kernel_w) + " " + tile;
}

std::string Arguments(const ConvolutionNode& node) {
  return "(in0, packed0, packed1, " + ResidualName(node) + ", out0, task);\n";
}

KernelPlan LowerDirect(const ConvolutionNode& node, const Target& target) {
  ConvolutionShape shape = StartShape(node);
  if (IsPointwise(node)) Flatten(shape, target);
  ChooseTiles(shape, target);

  // ONNX has [output channel][input channel][row][column].
  const auto weights = node.weight->data<float>();
  const std::int64_t taps = node.taps();
  const std::int64_t sum = taps * shape.in_c;
  const auto weight_at = [&](std::int64_t group, std::int64_t channel,
                             std::int64_t k) {
    const std::int64_t out_channel = group * shape.out_c + channel;
    return weights[static_cast<std::size_t>(
        out_channel * sum + k % shape.in_c * taps + k / shape.in_c)];
  };
  KernelPlan plan = StartPlan(node);
  plan.headers = {"skerry/kernels/convolution.h"};
  plan.packed = {PackPanels(shape.panels(), shape.groups, sum, weight_at),
                 PackBias(shape.panels(), shape.groups, node.bias)};
  plan.kernel = KernelName(shape, target);
  plan.tasks = shape.tasks();
  plan.body = "  k::Convolve<" + CppText(shape) + ">" + Arguments(node);
  return plan;
}

bool IsDepthwise(const ConvolutionNode& node) {
  return node.groups > 1 && node.groups == node.in.c &&
         node.groups == node.out.c && node.in.pitch.channel == 1;
}

KernelPlan LowerDepthwise(const ConvolutionNode& node, const Target& target) {
  DepthwiseShape shape;
  shape.batch = node.in.batch;
  shape.channels = node.in.c;
  shape.in_h = node.in.h;
  shape.in_w = node.in.w;
  shape.out_h = node.out.h;
  shape.out_w = node.out.w;
  shape.kernel_h = node.kernel_h;
  shape.kernel_w = node.kernel_w;
  shape.stride_h = node.stride_h;
  shape.stride_w = node.stride_w;
  shape.dilation_h = node.dilation_h;
  shape.dilation_w = node.dilation_w;
  shape.pad_top = node.pad_top;
  shape.pad_left = node.pad_left;
  shape.epilogue = node.epilogue;
  shape.lanes = target.vector_lanes;
  const std::int64_t row = std::int64_t{node.out.w} * node.out.c;
  shape.task_rows = ChooseTaskRows(node.out.h, 2 * row * node.taps(),
                                   4 * row * node.stride_h, target);

  // Panels of one vector, as sums over taps.
  const kernels::Panels panels = {node.out.c, 1, target.vector_lanes};
  const std::int64_t taps = node.taps();
  const auto weights = node.weight->data<float>();
  const auto weight_at = [&](std::int64_t, std::int64_t channel,
                             std::int64_t tap) {
    return weights[static_cast<std::size_t>(channel * taps + tap)];
  };
  KernelPlan plan = StartPlan(node);
  plan.headers = {"skerry/kernels/depthwise.h"};
  plan.packed = {PackPanels(panels, 1, taps, weight_at),
                 PackBias(panels, 1, node.bias)};
  plan.kernel = "depthwise " + std::to_string(node.kernel_h) + "x" +
                std::to_string(node.kernel_w);
  plan.tasks = shape.tasks();
  plan.body =
      "  k::ConvolveDepthwise<" + CppText(shape) + ">" + Arguments(node);
  return plan;
}

}  // namespace

Result<std::optional<KernelPlan>> LowerConvolution(const Graph& graph,
                                                   const Node& node,
                                                   const Target& target) {
  if (node.op != "Conv" && node.op != "ConvTranspose") return std::nullopt;
  const std::optional<ConvolutionNode> read = ReadConvolution(graph, node);
  if (!read) return std::nullopt;
  if (node.op == "ConvTranspose") return LowerTransposed(*read, target);
  if (IsDepthwise(*read)) return LowerDepthwise(*read, target);
  if (auto plan = LowerWinograd(*read, target)) return plan;
  return LowerDirect(*read, target);
}

}  // namespace skerry::compiler
