// Types of operators over windows and whole planes of feature maps.
#include <algorithm>
#include <cmath>

#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// Windows along one axis: `reach` is what one covers, dilation included.
struct PoolAxis {
  std::int64_t extent;
  std::int64_t before;
  std::int64_t after;
  std::int64_t reach;
  std::int64_t stride;
};

Result<std::int64_t> CountWindows(const PoolAxis& axis, bool round_up) {
  const std::int64_t room = axis.extent + axis.before + axis.after - axis.reach;
  if (room < 0) {
    return InvalidArgument(
        "kernel covers " + std::to_string(axis.reach) +
        " elements, the padded input has " +
        std::to_string(axis.extent + axis.before + axis.after));
  }
  if (!round_up) return room / axis.stride + 1;
  std::int64_t count = (room + axis.stride - 1) / axis.stride + 1;
  // A window that would start in the padding behind the input is left out.
  if ((count - 1) * axis.stride >= axis.extent + axis.before) --count;
  return count;
}

Result<void> CheckPoolAttributes(const Node& node) {
  if (node.op == "LpPool" && node.attributes.Int("p", 2) < 1) {
    return InvalidArgument("attribute 'p' is " +
                           std::to_string(node.attributes.Int("p", 2)) +
                           ", want at least 1");
  }
  if (node.outputs.size() > 1 && node.attributes.Int("storage_order", 0) != 0) {
    return Unimplemented("attribute 'storage_order' is not 0");
  }
  if (node.outputs.size() > 1 &&
      node.attributes.Text("layout", "NCHW") != "NCHW") {
    return Unimplemented("output 'Indices' needs layout NCHW");
  }
  return {};
}

Result<std::vector<float>> ConstantFloats(const Graph& graph, const Node& node,
                                          int index, std::string_view name) {
  const ValueId id = node.inputs[static_cast<std::size_t>(index)];
  const Tensor* tensor = graph.constant(id);
  if (tensor == nullptr) {
    return Unimplemented("input '" + std::string(name) + "' ('" +
                         graph.value(id).name +
                         "') depends on the data; it must be a constant");
  }
  SKERRY_RETURN_IF_ERROR(WantType(tensor->type(), DataType::kFloat32,
                                  "input '" + std::string(name) + "'"));
  const auto data = tensor->data<float>();
  return std::vector<float>(data.begin(), data.end());
}

Error WrongCount(std::string_view name, std::size_t found, int wanted) {
  return InvalidArgument("input '" + std::string(name) + "' has " +
                         std::to_string(found) + " elements, want " +
                         std::to_string(wanted));
}

Result<Dims> ResizeByScales(const Graph& graph, const Node& node,
                            const Shape& x) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<float> scales,
                          ConstantFloats(graph, node, 2, "scales"));
  if (scales.size() != static_cast<std::size_t>(x.rank())) {
    return WrongCount("scales", scales.size(), x.rank());
  }
  Dims dims;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const double extent = std::floor(static_cast<double>(x.dims()[i]) *
                                     static_cast<double>(scales[i]));
    if (!(scales[i] > 0) || !(extent <= double{kElementCountMax})) {
      return InvalidArgument("input 'scales' has " + std::to_string(scales[i]) +
                             " for extent " + std::to_string(x.dims()[i]));
    }
    dims.push_back(static_cast<std::int64_t>(extent));
  }
  return dims;
}

Result<Dims> ResizeShape(const Graph& graph, const Node& node, const Shape& x) {
  const bool by_scales = HasInput(node, 2);
  if (by_scales == HasInput(node, 3)) {
    return InvalidArgument("wants one of the inputs 'scales' and 'sizes'");
  }
  if (by_scales) return ResizeByScales(graph, node, x);
  SKERRY_ASSIGN_OR_RETURN(Dims sizes, ConstantInts(graph, node, 3, "sizes"));
  if (sizes.size() != static_cast<std::size_t>(x.rank())) {
    return WrongCount("sizes", sizes.size(), x.rank());
  }
  return sizes;
}

Result<void> WantOneOf(const Node& node, std::string_view attribute,
                       std::string_view fallback,
                       std::initializer_list<std::string_view> wanted) {
  const std::string found = node.attributes.Text(attribute, fallback);
  std::string list;
  for (const std::string_view name : wanted) {
    if (found == name) return {};
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  return Unimplemented("attribute '" + std::string(attribute) + "' is '" +
                       found + "', supported are " + list);
}

Result<void> CheckResizeAttributes(const Graph& graph, const Node& node,
                                   int rank) {
  SKERRY_RETURN_IF_ERROR(
      WantOneOf(node, "mode", "nearest", {"nearest", "linear", "cubic"}));
  SKERRY_RETURN_IF_ERROR(
      WantOneOf(node, "coordinate_transformation_mode", "half_pixel",
                {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                 "align_corners", "asymmetric", "tf_crop_and_resize",
                 "tf_half_pixel_for_nn"}));
  SKERRY_RETURN_IF_ERROR(
      WantOneOf(node, "nearest_mode", "round_prefer_floor",
                {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
  if (node.attributes.Text("coordinate_transformation_mode", "half_pixel") !=
      "tf_crop_and_resize") {
    return {};
  }
  if (!HasInput(node, 1)) {
    return InvalidArgument("tf_crop_and_resize wants the input 'roi'");
  }
  SKERRY_ASSIGN_OR_RETURN(const std::vector<float> roi,
                          ConstantFloats(graph, node, 1, "roi"));
  if (roi.size() != 2 * static_cast<std::size_t>(rank)) {
    return WrongCount("roi", roi.size(), 2 * rank);
  }
  return {};
}

}  // namespace

Result<Types> InferPool(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantNumber(x, "input"));
  if (node.op != "MaxPool") SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape));
  SKERRY_RETURN_IF_ERROR(CheckPoolAttributes(node));
  const auto count = static_cast<std::size_t>(axes.spatial_count);
  if (!node.attributes.Has("kernel_shape")) {
    return InvalidArgument("attribute 'kernel_shape' is missing");
  }
  SKERRY_ASSIGN_OR_RETURN(const Dims kernel,
                          ListOf(node, "kernel_shape", count, 1, 1));
  SKERRY_ASSIGN_OR_RETURN(const Dims strides,
                          ListOf(node, "strides", count, 1, 1));
  SKERRY_ASSIGN_OR_RETURN(const Dims dilations,
                          ListOf(node, "dilations", count, 1, 1));
  SKERRY_ASSIGN_OR_RETURN(const Dims pads,
                          ListOf(node, "pads", 2 * count, 0, 0));
  const bool round_up = node.attributes.Int("ceil_mode", 0) != 0;
  Dims dims = x.shape.dims();
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t& extent =
        dims[static_cast<std::size_t>(axes.spatial_first) + i];
    const std::int64_t reach =
        SaturatingProduct(kernel[i] - 1, dilations[i]) + 1;
    // Every window must touch the input: it has no value otherwise.
    if (pads[i] >= reach || pads[i + count] >= reach) {
      return InvalidArgument(
          "attribute 'pads' has " +
          std::to_string(std::max(pads[i], pads[i + count])) +
          " where the kernel covers " + std::to_string(reach));
    }
    SKERRY_ASSIGN_OR_RETURN(
        extent,
        CountWindows({extent, pads[i], pads[i + count], reach, strides[i]},
                     round_up));
  }
  SKERRY_ASSIGN_OR_RETURN(const Shape shape, Shape::Create(std::move(dims)));
  return Types{{x.type, shape}, {DataType::kInt64, shape}};
}

Result<Types> InferGlobalPool(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape));
  if (node.op == "GlobalLpPool" && node.attributes.Int("p", 2) < 1) {
    return InvalidArgument("attribute 'p' is " +
                           std::to_string(node.attributes.Int("p", 2)) +
                           ", want at least 1");
  }
  Dims dims = x.shape.dims();
  for (int i = 0; i < axes.spatial_count; ++i) {
    std::int64_t& extent =
        dims[static_cast<std::size_t>(axes.spatial_first + i)];
    if (extent < 1) {
      return InvalidArgument("input has no elements: " + x.ToString());
    }
    extent = 1;
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferGridSample(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  const TensorType& grid = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_RETURN_IF_ERROR(WantFloat(grid, "grid"));
  SKERRY_RETURN_IF_ERROR(WantRank(x, 4, "input"));
  SKERRY_RETURN_IF_ERROR(WantRank(grid, 4, "grid"));
  SKERRY_RETURN_IF_ERROR(
      WantOneOf(node, "mode", "linear", {"linear", "nearest", "cubic"}));
  SKERRY_RETURN_IF_ERROR(WantOneOf(node, "padding_mode", "zeros",
                                   {"zeros", "border", "reflection"}));
  SKERRY_RETURN_IF_ERROR(
      WantShape(grid, {x.shape[0], grid.shape[1], grid.shape[2], 2}, "grid"));
  if (x.shape[2] < 1 || x.shape[3] < 1) {
    return InvalidArgument("input has no elements: " + x.ToString());
  }
  return OneOutput(x.type,
                   {x.shape[0], x.shape[1], grid.shape[1], grid.shape[2]});
}

Result<Types> InferLrn(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_RETURN_IF_ERROR(FindMapAxes(node, x.shape, 0));
  if (node.attributes.Int("size", 0) < 1) {
    return InvalidArgument("attribute 'size' is " +
                           std::to_string(node.attributes.Int("size", 0)) +
                           ", want at least 1");
  }
  return Types{x};
}

Result<Types> InferResize(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantNumber(x, "input"));
  SKERRY_RETURN_IF_ERROR(CheckResizeAttributes(graph, node, x.shape.rank()));
  SKERRY_ASSIGN_OR_RETURN(Dims dims, ResizeShape(graph, node, x.shape));
  SKERRY_ASSIGN_OR_RETURN(Shape shape, Shape::Create(std::move(dims)));
  if (x.shape.element_count() == 0 && shape.element_count() != 0) {
    return InvalidArgument("input has no elements: " + x.ToString());
  }
  return Types{{x.type, std::move(shape)}};
}

}  // namespace skerry::compiler
