// Types of convolutions.
#include "skerry/compiler/ops/activation.h"
#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// The attributes of a convolution, checked against its operands.
struct Window {
  Dims kernel;
  Dims strides;
  Dims dilations;
  Dims pads;  ///< before each spatial axis, then after each
  std::int64_t group;
};

Result<Window> ReadWindow(const Node& node, const Shape& weight, int spatial) {
  const auto count = static_cast<std::size_t>(spatial);
  Window window;
  window.kernel.assign(weight.dims().begin() + 2, weight.dims().end());
  if (node.attributes.Has("kernel_shape")) {
    const Dims stated = node.attributes.Ints("kernel_shape");
    if (stated != window.kernel) {
      return InvalidArgument("attribute 'kernel_shape' is " +
                             Shape(stated).ToString() + ", weight has " +
                             Shape(window.kernel).ToString());
    }
  }
  for (const std::int64_t extent : window.kernel) {
    if (extent < 1) {
      return InvalidArgument("weight has an empty kernel: shape " +
                             weight.ToString());
    }
  }
  SKERRY_ASSIGN_OR_RETURN(window.strides, ListOf(node, "strides", count, 1, 1));
  SKERRY_ASSIGN_OR_RETURN(window.dilations,
                          ListOf(node, "dilations", count, 1, 1));
  SKERRY_ASSIGN_OR_RETURN(window.pads, ListOf(node, "pads", 2 * count, 0, 0));
  window.group = node.attributes.Int("group", 1);
  if (window.group < 1) {
    return InvalidArgument("attribute 'group' is " +
                           std::to_string(window.group) + ", want at least 1");
  }
  return window;
}

/// Extent that a dilated kernel covers; saturates.
std::int64_t Reach(const Window& window, std::size_t i) {
  return SaturatingProduct(window.kernel[i] - 1, window.dilations[i]) + 1;
}

Result<void> CheckRanks(const TensorType& x, const TensorType& w) {
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(x, 3, "input"));
  return WantRank(w, x.shape.rank(), "weight");
}

/// Input channels against the weight's, `group` and the output channels.
Result<void> CheckGroups(const Shape& x, const Shape& w, const Window& window,
                         const MapAxes& axes) {
  const std::int64_t channels = x[axes.channel];
  const std::string groups = std::to_string(window.group);
  if (channels % window.group != 0 || w[1] != channels / window.group) {
    return InvalidArgument("weight has " + std::to_string(w[1]) +
                           " input channels in group " + groups +
                           ", input has " + std::to_string(channels));
  }
  if (w[0] % window.group != 0) {
    return InvalidArgument("weight has " + std::to_string(w[0]) +
                           " output channels, not a multiple of group " +
                           groups);
  }
  return {};
}

Result<Shape> ConvShape(const Node& node, const Shape& x, const Shape& w,
                        const MapAxes& axes) {
  SKERRY_ASSIGN_OR_RETURN(const Window window,
                          ReadWindow(node, w, axes.spatial_count));
  SKERRY_RETURN_IF_ERROR(CheckGroups(x, w, window, axes));
  Dims dims = x.dims();
  dims[static_cast<std::size_t>(axes.channel)] = w[0];
  for (int i = 0; i < axes.spatial_count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t padded =
        x[axes.spatial_first + i] + window.pads[at] +
        window.pads[at + static_cast<std::size_t>(axes.spatial_count)];
    if (padded < Reach(window, at)) {
      return InvalidArgument(
          "kernel covers " + std::to_string(Reach(window, at)) +
          " elements of spatial axis " + std::to_string(i) +
          ", the padded input has " + std::to_string(padded));
    }
    dims[static_cast<std::size_t>(axes.spatial_first + i)] =
        (padded - Reach(window, at)) / window.strides[at] + 1;
  }
  return Shape::Create(std::move(dims));
}

Result<Shape> ConvTransposeShape(const Node& node, const Shape& x,
                                 const Shape& w, const MapAxes& axes) {
  SKERRY_ASSIGN_OR_RETURN(const Window window,
                          ReadWindow(node, w, axes.spatial_count));
  const auto count = static_cast<std::size_t>(axes.spatial_count);
  SKERRY_ASSIGN_OR_RETURN(const Dims extra,
                          ListOf(node, "output_padding", count, 0, 0));
  const std::int64_t channels = x[axes.channel];
  if (w[0] != channels || channels % window.group != 0) {
    return InvalidArgument("weight has " + std::to_string(w[0]) +
                           " input channels in group " +
                           std::to_string(window.group) + ", input has " +
                           std::to_string(channels));
  }
  Dims dims = x.dims();
  dims[static_cast<std::size_t>(axes.channel)] =
      SaturatingProduct(w[1], window.group);
  for (std::size_t i = 0; i < count; ++i) {
    const auto axis = static_cast<std::size_t>(axes.spatial_first) + i;
    if (dims[axis] < 1) {
      return InvalidArgument("input has no elements: " + x.ToString());
    }
    const std::int64_t full =
        SaturatingProduct(window.strides[i], dims[axis] - 1) + extra[i] +
        Reach(window, i);
    dims[axis] = full - window.pads[i] - window.pads[i + count];
    if (dims[axis] < 1) {
      return InvalidArgument(
          "pads remove " +
          std::to_string(window.pads[i] + window.pads[i + count]) + " of " +
          std::to_string(full) + " elements of spatial axis " +
          std::to_string(i));
    }
  }
  return Shape::Create(std::move(dims));
}

/// Bias and residual, and what is fused behind them.
Result<Types> FinishConv(const Graph& graph, const Node& node,
                         const MapAxes& axes, Shape shape) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(
      WantSameType(x, InputType(graph, node, 1), "the input", "the weight"));
  if (HasInput(node, 2)) {
    const TensorType& bias = InputType(graph, node, 2);
    SKERRY_RETURN_IF_ERROR(WantSameType(x, bias, "the input", "the bias"));
    SKERRY_RETURN_IF_ERROR(WantShape(bias, {shape[axes.channel]}, "bias"));
  }
  TensorType type = {x.type, std::move(shape)};
  SKERRY_RETURN_IF_ERROR(CheckEpilogue(graph, node, 3, type));
  return Types{std::move(type)};
}

using ShapeOf = Result<Shape> (*)(const Node&, const Shape&, const Shape&,
                                  const MapAxes&);

Result<Types> InferFloatConv(const Graph& graph, const Node& node,
                             ShapeOf shape_of) {
  const TensorType& x = InputType(graph, node, 0);
  const TensorType& w = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_RETURN_IF_ERROR(CheckRanks(x, w));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape));
  SKERRY_ASSIGN_OR_RETURN(Shape shape, shape_of(node, x.shape, w.shape, axes));
  return FinishConv(graph, node, axes, std::move(shape));
}

Result<void> WantByte(const TensorType& type, std::string_view name) {
  if (type.type == DataType::kInt8 || type.type == DataType::kUint8) return {};
  return InvalidArgument(std::string(name) + " is " +
                         std::string(DataTypeName(type.type)) +
                         ", want int8 or uint8");
}

/// A scalar, or with `channels` an element for each channel.
Result<void> CheckQuantization(const TensorType& type, DataType wanted,
                               std::int64_t channels, std::string_view name) {
  SKERRY_RETURN_IF_ERROR(WantType(type, wanted, name));
  const std::int64_t count = type.shape.element_count();
  if (type.shape.rank() <= 1 && (count == 1 || count == channels)) return {};
  return InvalidArgument(std::string(name) + " has shape " +
                         type.shape.ToString() + ", want a scalar" +
                         (channels > 1
                              ? " or one element for each of " +
                                    std::to_string(channels) + " channels"
                              : ""));
}

}  // namespace

Result<Types> InferConv(const Graph& graph, const Node& node) {
  return InferFloatConv(graph, node, ConvShape);
}

Result<Types> InferConvTranspose(const Graph& graph, const Node& node) {
  return InferFloatConv(graph, node, ConvTransposeShape);
}

Result<Types> InferConvInteger(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  const TensorType& w = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantByte(x, "input"));
  SKERRY_RETURN_IF_ERROR(WantByte(w, "weight"));
  SKERRY_RETURN_IF_ERROR(CheckRanks(x, w));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape));
  SKERRY_ASSIGN_OR_RETURN(Shape shape, ConvShape(node, x.shape, w.shape, axes));
  if (HasInput(node, 2)) {
    SKERRY_RETURN_IF_ERROR(CheckQuantization(InputType(graph, node, 2), x.type,
                                             1, "x_zero_point"));
  }
  if (HasInput(node, 3)) {
    SKERRY_RETURN_IF_ERROR(CheckQuantization(InputType(graph, node, 3), w.type,
                                             w.shape[0], "w_zero_point"));
  }
  return Types{{DataType::kInt32, std::move(shape)}};
}

Result<Types> InferQLinearConv(const Graph& graph, const Node& node) {
  const auto type = [&](int i) -> const TensorType& {
    return InputType(graph, node, i);
  };
  SKERRY_RETURN_IF_ERROR(WantByte(type(0), "input"));
  SKERRY_RETURN_IF_ERROR(WantByte(type(3), "weight"));
  SKERRY_RETURN_IF_ERROR(WantByte(type(7), "y_zero_point"));
  SKERRY_RETURN_IF_ERROR(CheckRanks(type(0), type(3)));
  const std::int64_t channels = type(3).shape[0];
  constexpr DataType kReal = DataType::kFloat32;
  SKERRY_RETURN_IF_ERROR(CheckQuantization(type(1), kReal, 1, "x_scale"));
  SKERRY_RETURN_IF_ERROR(
      CheckQuantization(type(2), type(0).type, 1, "x_zero_point"));
  SKERRY_RETURN_IF_ERROR(
      CheckQuantization(type(4), kReal, channels, "w_scale"));
  SKERRY_RETURN_IF_ERROR(
      CheckQuantization(type(5), type(3).type, channels, "w_zero_point"));
  SKERRY_RETURN_IF_ERROR(CheckQuantization(type(6), kReal, 1, "y_scale"));
  SKERRY_RETURN_IF_ERROR(
      CheckQuantization(type(7), type(7).type, 1, "y_zero_point"));
  if (HasInput(node, 8)) {
    SKERRY_RETURN_IF_ERROR(WantType(type(8), DataType::kInt32, "bias"));
    SKERRY_RETURN_IF_ERROR(WantShape(type(8), {channels}, "bias"));
  }
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, type(0).shape));
  SKERRY_ASSIGN_OR_RETURN(Shape shape,
                          ConvShape(node, type(0).shape, type(3).shape, axes));
  return Types{{type(7).type, std::move(shape)}};
}

}  // namespace skerry::compiler
