#pragma once

#include <optional>

#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/kernels/convolution.h"

namespace skerry::compiler {

/// A feature map in memory.
struct FeatureMap {
  std::int64_t batch;
  int h;  ///< 1 if there is one spatial axis only
  int w;
  int c;
  kernels::Pitch pitch;
};

/// A Conv or ConvTranspose in terms of kernels: two spatial axes, channels
/// last in the output, constant weights.
struct ConvolutionNode {
  FeatureMap in;
  FeatureMap out;
  int groups;
  int kernel_h, kernel_w;
  int stride_h, stride_w;
  int dilation_h, dilation_w;
  int pad_top, pad_left;
  const Tensor* weight;  ///< as ONNX has it
  const Tensor* bias;    ///< null if there is none
  kernels::Epilogue epilogue;
  bool transposed;

  int taps() const { return kernel_h * kernel_w; }
};

/// `node` read as above; none if the tuned kernels cannot take it.
std::optional<ConvolutionNode> ReadConvolution(const Graph& graph,
                                               const Node& node);

/// The members of a kernel's shape that follow from `node` alone.
kernels::ConvolutionShape StartShape(const ConvolutionNode& node);

/// What all plans for `node` have in common: operands and operations.
KernelPlan StartPlan(const ConvolutionNode& node);

/// The residual as generated code calls it.
std::string ResidualName(const ConvolutionNode& node);

}  // namespace skerry::compiler
