#include "skerry/compiler/lower/transposed.h"

#include <algorithm>
#include <string>

#include "skerry/compiler/lower/kernel_text.h"
#include "skerry/compiler/lower/pack.h"
#include "skerry/compiler/lower/tiling.h"

namespace skerry::compiler {
namespace {

using kernels::ConvolutionShape;
using kernels::Residual;

/// One axis of one phase, as an ordinary convolution of stride 1. Output
/// position `first` + stride * i takes, for tap t, input i - pad + t *
/// dilation, with the weight `weight` - t * step of the kernel.
struct Phase {
  int first;
  int count;  ///< output positions
  int taps;
  int pad;
  int weight;
};

Phase MakePhase(int phase, int out, int kernel, int stride, int dilation,
                int pad) {
  // Input i reaches output i * stride + tap * dilation - pad. With a stride,
  // dilation is 1 and the taps of this phase are rest, rest + stride, ...
  const int step = stride == 1 ? 1 : stride;
  const int rest = stride == 1 ? 0 : (phase + pad) % stride;
  const int taps = rest < kernel ? (kernel - rest + step - 1) / step : 0;
  const int shift = stride == 1 ? pad : (phase + pad - rest) / stride;
  const int last = std::max(taps - 1, 0);
  return {phase, out > phase ? (out - phase + stride - 1) / stride : 0, taps,
          last * dilation - shift, rest + last * step};
}

/// Adds the convolution of one phase to `plan`.
void AddPhase(const ConvolutionNode& node, const Phase& v, const Phase& h,
              const Target& target, KernelPlan& plan) {
  ConvolutionShape shape = StartShape(node);
  shape.stride_h = shape.stride_w = 1;
  shape.kernel_h = v.taps;
  shape.kernel_w = h.taps;
  shape.pad_top = v.pad;
  shape.pad_left = h.pad;
  shape.out_h = v.count;
  shape.out_w = h.count;
  const std::int64_t offset = v.first * shape.y.row + h.first * shape.y.pixel;
  for (kernels::Pitch* pitch : {&shape.y, &shape.residual}) {
    pitch->row *= node.stride_h;
    pitch->pixel *= node.stride_w;
  }
  ChooseTiles(shape, target);

  // ONNX has [input channel][output channel of the group][row][column].
  const auto weights = node.weight->data<float>();
  const auto weight_at = [&](std::int64_t group, std::int64_t channel,
                             std::int64_t k) {
    const std::int64_t in_channel = group * shape.in_c + k % shape.in_c;
    const std::int64_t tap = k / shape.in_c;
    const std::int64_t row = v.weight - tap / h.taps * node.stride_h;
    const std::int64_t column = h.weight - tap % h.taps * node.stride_w;
    return weights[static_cast<std::size_t>(
        ((in_channel * shape.out_c + channel) * node.kernel_h + row) *
            node.kernel_w +
        column)];
  };
  std::string packed = "packed0";  // not read if the phase has no taps
  if (v.taps > 0 && h.taps > 0) {
    packed = "packed" + std::to_string(plan.packed.size());
    plan.packed.push_back(PackPanels(shape.panels(), shape.groups,
                                     std::int64_t{v.taps} * h.taps * shape.in_c,
                                     weight_at));
  }
  const std::string begin = std::to_string(plan.tasks);
  plan.tasks += shape.tasks();
  const std::string at = " + " + std::to_string(offset);
  const std::string residual =
      node.epilogue.residual == Residual::kNone ? "nullptr" : "in3" + at;
  plan.body += "  if (task >= " + begin + " && task < " +
               std::to_string(plan.tasks) + ") {\n    k::Convolve<" +
               CppText(shape) + ">(\n        in0, " + packed + ", packed0, " +
               residual + ", out0" + at + ", task - " + begin + ");\n  }\n";
}

}  // namespace

std::optional<KernelPlan> LowerTransposed(const ConvolutionNode& node,
                                          const Target& target) {
  const bool dilated = node.dilation_h > 1 || node.dilation_w > 1;
  const bool strided = node.stride_h > 1 || node.stride_w > 1;
  if (dilated && strided) return std::nullopt;
  KernelPlan plan = StartPlan(node);
  plan.headers = {"skerry/kernels/convolution.h"};
  plan.kernel = "transposed " + std::to_string(node.kernel_h) + "x" +
                std::to_string(node.kernel_w);
  const kernels::Panels panels = {node.out.c / node.groups, 1,
                                  target.vector_lanes};
  plan.packed = {PackBias(panels, node.groups, node.bias)};
  plan.tasks = 0;
  for (int y = 0; y < node.stride_h; ++y) {
    const Phase v = MakePhase(y, node.out.h, node.kernel_h, node.stride_h,
                              node.dilation_h, node.pad_top);
    for (int x = 0; x < node.stride_w; ++x) {
      const Phase h = MakePhase(x, node.out.w, node.kernel_w, node.stride_w,
                                node.dilation_w, node.pad_left);
      if (v.count > 0 && h.count > 0) AddPhase(node, v, h, target, plan);
    }
  }
  return plan;
}

}  // namespace skerry::compiler
