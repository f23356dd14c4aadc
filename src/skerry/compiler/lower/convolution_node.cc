#include "skerry/compiler/lower/convolution_node.h"

#include <algorithm>
#include <string>
#include <vector>

#include "skerry/compiler/lower/epilogue.h"

namespace skerry::compiler {
namespace {

// Kernels count rows, columns and channels in 32 bits.
constexpr std::int64_t kExtentMax = 1 << 24;

std::optional<FeatureMap> ReadMap(const Shape& shape, bool channels_last) {
  std::vector<std::int64_t> dims = shape.dims();
  if (!channels_last) {
    // [N, C, ...] to [N, ..., C].
    std::rotate(dims.begin() + 1, dims.begin() + 2, dims.end());
  }
  if (dims.size() == 3) dims.insert(dims.begin() + 1, 1);
  if (dims.size() != 4 || std::ranges::any_of(dims, [](std::int64_t d) {
        return d < 1 || d > kExtentMax;
      })) {
    return std::nullopt;
  }
  const std::int64_t h = dims[1];
  const std::int64_t w = dims[2];
  const std::int64_t c = dims[3];
  kernels::Pitch pitch = {h * w * c, w * c, c, 1};
  if (!channels_last) pitch = {h * w * c, w, 1, h * w};
  return FeatureMap{dims[0], static_cast<int>(h), static_cast<int>(w),
                    static_cast<int>(c), pitch};
}

/// Of the attribute `name` the element for the height and for the width.
struct Pair {
  int h;
  int w;
};
Pair ReadPair(const Node& node, std::string_view name, int fallback) {
  const std::vector<std::int64_t> list = node.attributes.Ints(name);
  const auto at = [&](std::size_t i) { return static_cast<int>(list[i]); };
  if (list.size() == 1) return {fallback, at(0)};
  if (list.size() == 2) {
    // Of pads, these are the begin and end of one axis.
    return name == "pads" ? Pair{fallback, at(0)} : Pair{at(0), at(1)};
  }
  return list.size() == 4 ? Pair{at(0), at(1)} : Pair{fallback, fallback};
}

bool IsFloatConstant(const Graph& graph, const Node& node, std::size_t index) {
  const Tensor* tensor = graph.constant(node.inputs[index]);
  return tensor != nullptr && tensor->data_type() == DataType::kFloat32;
}

/// Whether the attributes that count are in the range that kernels take.
bool IsOrdinary(const Node& node) {
  for (const char* name : {"kernel_shape", "strides", "dilations", "pads"}) {
    for (const std::int64_t v : node.attributes.Ints(name)) {
      if (v < 0 || v > kExtentMax) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<ConvolutionNode> ReadConvolution(const Graph& graph,
                                               const Node& node) {
  if (graph.type(node.inputs[0]).type != DataType::kFloat32 ||
      !IsFloatConstant(graph, node, 1) ||
      (HasOperand(node, 2) && !IsFloatConstant(graph, node, 2)) ||
      !IsOrdinary(node)) {
    return std::nullopt;
  }
  const bool channels_last = node.attributes.Text("layout", "NCHW") == "NHWC";
  const auto in = ReadMap(
      graph.shape(node.inputs[0]),
      channels_last && node.attributes.Text("input_layout", "NHWC") == "NHWC");
  const auto out = ReadMap(graph.shape(node.outputs[0]), channels_last);
  const std::optional<kernels::Epilogue> epilogue = ReadEpilogue(node);
  if (!in || !out || !epilogue) return std::nullopt;
  // Results are stored with their channels side by side.
  if (!channels_last && out->c != 1 && out->h * out->w != 1) {
    return std::nullopt;
  }

  ConvolutionNode result = {};
  result.in = *in;
  result.out = *out;
  result.out.pitch = {std::int64_t{out->h} * out->w * out->c,
                      std::int64_t{out->w} * out->c, out->c, 1};
  result.groups = static_cast<int>(node.attributes.Int("group", 1));
  result.weight = graph.constant(node.inputs[1]);
  result.bias = HasOperand(node, 2) ? graph.constant(node.inputs[2]) : nullptr;
  const std::vector<std::int64_t>& w = result.weight->shape().dims();
  result.kernel_h = w.size() == 4 ? static_cast<int>(w[2]) : 1;
  result.kernel_w = static_cast<int>(w.back());
  const Pair strides = ReadPair(node, "strides", 1);
  const Pair dilations = ReadPair(node, "dilations", 1);
  const Pair pads = ReadPair(node, "pads", 0);
  result.stride_h = strides.h;
  result.stride_w = strides.w;
  result.dilation_h = dilations.h;
  result.dilation_w = dilations.w;
  result.pad_top = pads.h;
  result.pad_left = pads.w;
  result.epilogue = *epilogue;
  result.transposed = node.op == "ConvTranspose";
  return result;
}

kernels::ConvolutionShape StartShape(const ConvolutionNode& node) {
  kernels::ConvolutionShape shape;
  shape.batch = node.in.batch;
  shape.in_h = node.in.h;
  shape.in_w = node.in.w;
  shape.in_c = node.in.c / node.groups;
  shape.out_h = node.out.h;
  shape.out_w = node.out.w;
  shape.out_c = node.out.c / node.groups;
  shape.groups = node.groups;
  shape.kernel_h = node.kernel_h;
  shape.kernel_w = node.kernel_w;
  shape.stride_h = node.stride_h;
  shape.stride_w = node.stride_w;
  shape.dilation_h = node.dilation_h;
  shape.dilation_w = node.dilation_w;
  shape.pad_top = node.pad_top;
  shape.pad_left = node.pad_left;
  shape.x = node.in.pitch;
  shape.y = node.out.pitch;
  if (node.epilogue.residual != kernels::Residual::kNone) {
    shape.residual = node.out.pitch;
  }
  shape.epilogue = node.epilogue;
  return shape;
}

KernelPlan StartPlan(const ConvolutionNode& node) {
  // Transposed, each input meets all weights of its channel once; otherwise
  // each output does.
  const FeatureMap& map = node.transposed ? node.in : node.out;
  KernelPlan plan;
  plan.flops =
      2 * map.batch * map.h * map.w * node.weight->shape().element_count();
  plan.used_inputs = {0};
  if (node.epilogue.residual != kernels::Residual::kNone) {
    plan.used_inputs.push_back(3);
    plan.in_place_input = 3;
  }
  return plan;
}

std::string ResidualName(const ConvolutionNode& node) {
  return node.epilogue.residual == kernels::Residual::kNone ? "nullptr" : "in3";
}

}  // namespace skerry::compiler
