#include <algorithm>

#include "skerry/compiler/import/convert.h"

namespace skerry::compiler {
namespace {

/// `count` as an index type.
std::size_t SpatialCount(const Shape& x) {
  return static_cast<std::size_t>(x.rank() - 2);
}

Result<std::string> TakeAutoPad(Node& node) {
  std::string mode = node.attributes.Text("auto_pad", "NOTSET");
  node.attributes.Remove("auto_pad");
  if (mode == "NOTSET" || mode == "VALID" || mode == "SAME_UPPER" ||
      mode == "SAME_LOWER") {
    return mode;
  }
  return InvalidArgument("attribute 'auto_pad' is '" + mode +
                         "', want NOTSET, VALID, SAME_UPPER or SAME_LOWER");
}

/// Writes out `kernel_shape`, `strides`, `dilations` and `pads` of a window
/// over `x`.
Result<void> ResolveWindow(Node& node, const Shape& x, const Dims& kernel) {
  const std::size_t count = SpatialCount(x);
  SKERRY_ASSIGN_OR_RETURN(const std::string auto_pad, TakeAutoPad(node));
  SKERRY_ASSIGN_OR_RETURN(const Dims strides,
                          ListOf(node, "strides", count, 1, 1));
  SKERRY_ASSIGN_OR_RETURN(const Dims dilations,
                          ListOf(node, "dilations", count, 1, 1));
  if (auto_pad != "NOTSET") node.attributes.Remove("pads");
  SKERRY_ASSIGN_OR_RETURN(Dims pads, ListOf(node, "pads", 2 * count, 0, 0));
  if (auto_pad.starts_with("SAME")) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t extent = x.dims()[i + 2];
      const std::int64_t outputs = (extent + strides[i] - 1) / strides[i];
      const std::int64_t reach =
          SaturatingProduct(std::max<std::int64_t>(kernel[i] - 1, 0),
                            dilations[i]) +
          1;
      const std::int64_t total = std::max<std::int64_t>(
          (outputs - 1) * strides[i] + reach - extent, 0);
      const std::int64_t less = total / 2;
      pads[i] = auto_pad == "SAME_UPPER" ? less : total - less;
      pads[i + count] = total - pads[i];
    }
  }
  node.attributes.Set("kernel_shape", kernel);
  node.attributes.Set("strides", strides);
  node.attributes.Set("dilations", dilations);
  node.attributes.Set("pads", std::move(pads));
  return {};
}

/// The kernel of the weight, input `index`, which must be of `x`'s rank.
Result<Dims> KernelOf(const Builder& builder, const SourceNode& source,
                      int index) {
  for (const int operand : {0, index}) {
    if (InputOf(source, operand) == kNoValue) {
      return InvalidArgument("input " + std::to_string(operand) +
                             " is left out");
    }
  }
  const TensorType& x = builder.graph().type(InputOf(source, 0));
  const TensorType& w = builder.graph().type(InputOf(source, index));
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(x, 3, "input"));
  SKERRY_RETURN_IF_ERROR(WantRank(w, x.shape.rank(), "weight"));
  return Dims(w.shape.dims().begin() + 2, w.shape.dims().end());
}

/// Padding of a transposed convolution whose output has a stated size, on
/// one axis.
void ResolveTransposed(const std::string& auto_pad, std::int64_t total,
                       std::int64_t& before, std::int64_t& after,
                       std::int64_t& extra) {
  // A size beyond what the windows reach is made up for behind them.
  extra += std::max<std::int64_t>(-total, 0);
  total = std::max<std::int64_t>(total, 0);
  before = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
  after = total - before;
}

}  // namespace

Result<Ids> ConvertConv(Builder& builder, const SourceNode& source) {
  const bool quantized = source.node.op == "QLinearConv";
  SKERRY_ASSIGN_OR_RETURN(const Dims kernel,
                          KernelOf(builder, source, quantized ? 3 : 1));
  if (source.node.op == "Conv") {
    SKERRY_RETURN_IF_ERROR(WantInputsAtMost(source, 3));
  }
  Node node = source.node;
  const Dims stated = node.attributes.Ints("kernel_shape", kernel);
  if (stated != kernel) {
    return InvalidArgument("attribute 'kernel_shape' is " +
                           Shape(stated).ToString() + ", weight has " +
                           Shape(kernel).ToString());
  }
  SKERRY_RETURN_IF_ERROR(
      ResolveWindow(node, builder.shape(InputOf(source, 0)), kernel));
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertConvTranspose(Builder& builder, const SourceNode& source) {
  SKERRY_ASSIGN_OR_RETURN(const Dims kernel, KernelOf(builder, source, 1));
  SKERRY_RETURN_IF_ERROR(WantInputsAtMost(source, 3));
  Node node = source.node;
  const Shape& x = builder.shape(InputOf(source, 0));
  const std::size_t count = SpatialCount(x);
  const std::string auto_pad = node.attributes.Text("auto_pad", "NOTSET");
  SKERRY_ASSIGN_OR_RETURN(Dims extra,
                          ListOf(node, "output_padding", count, 0, 0));
  SKERRY_ASSIGN_OR_RETURN(const Dims wanted,
                          ListOf(node, "output_shape", count, 1, 0));
  const bool same = auto_pad.starts_with("SAME");
  if (same) node.attributes.Set("auto_pad", "VALID");
  node.attributes.Remove("output_shape");
  SKERRY_RETURN_IF_ERROR(ResolveWindow(node, x, kernel));
  const Dims strides = node.attributes.Ints("strides");
  const Dims dilations = node.attributes.Ints("dilations");
  Dims pads = node.attributes.Ints("pads");
  for (std::size_t i = 0; i < count; ++i) {
    if (!same && wanted[i] == 0) continue;
    const std::int64_t extent = x.dims()[i + 2];
    const std::int64_t size =
        wanted[i] != 0 ? wanted[i] : SaturatingProduct(extent, strides[i]);
    const std::int64_t full =
        SaturatingProduct(strides[i], std::max<std::int64_t>(extent - 1, 0)) +
        extra[i] +
        SaturatingProduct(std::max<std::int64_t>(kernel[i] - 1, 0),
                          dilations[i]) +
        1;
    ResolveTransposed(auto_pad, full - size, pads[i], pads[i + count],
                      extra[i]);
  }
  node.attributes.Set("pads", std::move(pads));
  node.attributes.Set("output_padding", std::move(extra));
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertGridSample(Builder& builder, const SourceNode& source) {
  Node node = source.node;
  const std::string mode = node.attributes.Text("mode", "linear");
  if (mode == "bilinear") node.attributes.Set("mode", "linear");
  if (mode == "bicubic") node.attributes.Set("mode", "cubic");
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertPool(Builder& builder, const SourceNode& source) {
  const ValueId x = InputOf(source, 0);
  if (x == kNoValue) return InvalidArgument("input 0 is left out");
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(builder.graph().type(x), 3, "input"));
  Node node = source.node;
  if (!source.Has("kernel_shape")) {
    return InvalidArgument("attribute 'kernel_shape' is missing");
  }
  SKERRY_ASSIGN_OR_RETURN(
      const Dims kernel,
      ListOf(node, "kernel_shape", SpatialCount(builder.shape(x)), 1, 1));
  SKERRY_RETURN_IF_ERROR(ResolveWindow(node, builder.shape(x), kernel));
  if (node.op != "LpPool") node.attributes.Remove("p");
  if (node.op != "AveragePool") node.attributes.Remove("count_include_pad");
  if (node.op != "MaxPool") node.attributes.Remove("storage_order");
  return Finish(builder, source, std::move(node));
}

}  // namespace skerry::compiler
