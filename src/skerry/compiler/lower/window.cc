// Pools over sliding windows, and images at another size.

#include <algorithm>
#include <array>
#include <cmath>

#include "skerry/compiler/lower/cpp_text.h"
#include "skerry/compiler/lower/flops.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/lower/loop_nest.h"
#include "skerry/compiler/lower/node_facts.h"

namespace skerry::compiler {
namespace {

using Ints = std::vector<std::int64_t>;

// An attribute of two spatial axes; maps of one have a height of 1.
Ints Pair(Ints values, std::int64_t fallback) {
  while (values.size() < 2) values.insert(values.begin(), fallback);
  return values;
}

struct PoolAttributes {
  Ints kernel;
  Ints strides;
  Ints dilations;
  Ints before;
  Ints after;
};

PoolAttributes AttributesOf(const Node& node, std::size_t spatial_rank) {
  const auto ints = [&](const char* name, std::int64_t fallback) {
    return Pair(node.attributes.Ints(name, Ints(spatial_rank, fallback)),
                fallback);
  };
  const Ints pads = node.attributes.Ints("pads", Ints(2 * spatial_rank, 0));
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(spatial_rank);
  return {ints("kernel_shape", 1), ints("strides", 1), ints("dilations", 1),
          Pair(Ints(pads.begin(), middle), 0),
          Pair(Ints(middle, pads.end()), 0)};
}

// Whether summing columns first and then rows takes clearly less than window
// by window; it takes one more load and store of each input element.
bool IsSeparable(const PoolAttributes& pool) {
  const std::int64_t window = pool.kernel[0] * pool.kernel[1];
  const std::int64_t separated =
      (pool.kernel[0] + 2) * pool.strides[1] + pool.kernel[1];
  return 2 * window > 3 * separated;
}

std::optional<KernelPlan> LowerPool(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const Shape& out = graph.shape(node.outputs[0]);
  const auto spatial_rank = static_cast<std::size_t>(in.rank() - 2);
  const bool has_indices =
      node.outputs.size() > 1 && node.outputs[1] != kNoValue;
  if (has_indices || spatial_rank < 1 || spatial_rank > 2) return std::nullopt;
  // Without channels to tell apart, both layouts are the same.
  if (!ChannelsLast(node) && in[1] != 1) return std::nullopt;

  const PoolAttributes pool = AttributesOf(node, spatial_rank);
  const bool separable = IsSeparable(pool);
  const std::size_t first = ChannelsLast(node) ? 1 : 2;
  const auto spatial = [&](const Shape& shape) {
    const auto begin =
        shape.dims().begin() + static_cast<std::ptrdiff_t>(first);
    return Pair(Ints(begin, begin + static_cast<std::ptrdiff_t>(spatial_rank)),
                1);
  };
  const std::int64_t channels = ChannelsLast(node) ? in[in.rank() - 1] : 1;

  KernelPlan plan;
  plan.headers = {"skerry/kernels/pooling.h"};
  plan.kernel = separable ? "PoolSeparated" : "PoolWindows";
  plan.used_inputs = {0};
  plan.flops = EstimateFlops(graph, node);
  plan.tasks =
      TaskCount(graph.type(node.inputs[0]).byte_count() + 2 * plan.flops);
  if (separable) plan.scratch_bytes = 4 * spatial(in)[1] * channels;
  plan.body =
      "k::" + plan.kernel + "<k::PoolShape{\n    " +
      Fields(
          {node.op == "MaxPool" ? "k::Pool::kMax" : "k::Pool::kAverage",
           CppInt(in[0]), CppInts(spatial(in)), CppInts(spatial(out)),
           CppInt(channels), CppInts(pool.kernel), CppInts(pool.strides),
           CppInts(pool.dilations), CppInts(pool.before), CppInts(pool.after),
           node.attributes.Int("count_include_pad", 0) != 0 ? "true" : "false",
           CppInt(plan.tasks)}) +
      "}>(\n    task, out0, in0" + (separable ? ", (f32*)scratch" : "") +
      ");\n";
  return plan;
}

// How one axis is resampled.
struct ResizeAxis {
  std::int64_t from = 1;
  std::int64_t to = 1;
  float scale = 1;
};

// Where output element `i` lies among those of the input. In float, as other
// runtimes compute it: which element is the nearest depends on it.
float SourceOf(const ResizeAxis& axis, std::string_view mode, std::int64_t i) {
  const auto at = static_cast<float>(i);
  const auto from = static_cast<float>(axis.from);
  const auto to = static_cast<float>(axis.to);
  const float half_pixel = (at + 0.5F) / axis.scale - 0.5F;
  if (mode == "pytorch_half_pixel") return axis.to > 1 ? half_pixel : 0;
  if (mode == "align_corners") {
    return axis.to > 1 ? at * (from - 1) / (to - 1) : 0;
  }
  if (mode == "asymmetric") return at / axis.scale;
  if (mode == "tf_half_pixel_for_nn") return (at + 0.5F) / axis.scale;
  if (mode == "half_pixel_symmetric") {
    const float adjustment = to / (axis.scale * from);
    return from / 2 * (1 - adjustment) + half_pixel;
  }
  return half_pixel;
}

std::int64_t Rounded(float x, std::string_view mode) {
  if (mode == "floor") return static_cast<std::int64_t>(std::floor(x));
  if (mode == "ceil") return static_cast<std::int64_t>(std::ceil(x));
  if (mode == "round_prefer_ceil") {
    return static_cast<std::int64_t>(std::floor(x + 0.5F));
  }
  return static_cast<std::int64_t>(std::ceil(x - 0.5F));
}

std::int32_t Clamped(std::int64_t i, const ResizeAxis& axis) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(i, 0, axis.from - 1));
}

// The input as [batch, height, width, inner], of which height and width are
// resampled.
struct ResizeView {
  std::int64_t batch = 1;
  std::array<ResizeAxis, 2> axes;
  std::int64_t inner = 1;
};

std::vector<ResizeAxis> AxesOf(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const Shape& out = graph.shape(node.outputs[0]);
  const Tensor* scales =
      HasInput(node, 2) ? graph.constant(node.inputs[2]) : nullptr;
  std::vector<ResizeAxis> axes;
  for (int i = 0; i < in.rank(); ++i) {
    ResizeAxis axis{in[i], out[i],
                    static_cast<float>(out[i]) / static_cast<float>(in[i])};
    if (scales != nullptr && scales->shape().element_count() == in.rank()) {
      axis.scale = scales->data<float>()[static_cast<std::size_t>(i)];
    }
    axes.push_back(axis);
  }
  return axes;
}

// None if other than two neighbouring axes change.
std::optional<ResizeView> ViewOf(const std::vector<ResizeAxis>& axes) {
  const auto changes = [](const ResizeAxis& axis) {
    return axis.from != axis.to || axis.scale != 1;
  };
  std::size_t first = 0;
  while (first < axes.size() && !changes(axes[first])) ++first;
  std::size_t end = axes.size();
  while (end > first && !changes(axes[end - 1])) --end;
  if (first == end || end - first > 2) return std::nullopt;
  ResizeView view;
  for (std::size_t i = 0; i < first; ++i) view.batch *= axes[i].from;
  for (std::size_t i = end; i < axes.size(); ++i) view.inner *= axes[i].from;
  // A single axis is the height if there is something to copy behind it.
  const bool only_width = end - first == 1 && view.inner == 1;
  if (!only_width) view.axes[0] = axes[first];
  if (only_width || end - first == 2) view.axes[1] = axes[end - 1];
  return view;
}

KernelPlan ResizePlan(const Graph& graph, const Node& node,
                      const std::string& kernel) {
  KernelPlan plan;
  plan.headers = {"skerry/kernels/resize.h"};
  plan.kernel = kernel;
  plan.used_inputs = {0};
  plan.tasks = TaskCount(2 * graph.type(node.outputs[0]).byte_count());
  return plan;
}

std::string ShapeText(const ResizeView& view, std::int64_t tasks) {
  const auto& [height, width] = view.axes;
  return "k::ResizeShape{" +
         Fields({CppInt(view.batch), CppInts(Ints{height.from, width.from}),
                 CppInts(Ints{height.to, width.to}), CppInt(view.inner),
                 CppInt(tasks)}) +
         "}";
}

Tensor IntTensor(const std::vector<std::int32_t>& values) {
  return Tensor::Of<std::int32_t>(
      Shape{static_cast<std::int64_t>(values.size())}, values);
}

KernelPlan LowerNearest(const Graph& graph, const Node& node,
                        const ResizeView& view) {
  const std::string mode =
      node.attributes.Text("coordinate_transformation_mode", "half_pixel");
  const std::string rounding =
      node.attributes.Text("nearest_mode", "round_prefer_floor");
  KernelPlan plan = ResizePlan(graph, node, "ResizeNearest");
  for (const ResizeAxis& axis : view.axes) {
    std::vector<std::int32_t> table;
    for (std::int64_t i = 0; i < axis.to; ++i) {
      const bool same = axis.from == axis.to && axis.scale == 1;
      const float source = SourceOf(axis, mode, i);
      table.push_back(Clamped(same ? i : Rounded(source, rounding), axis));
    }
    plan.packed.push_back(IntTensor(table));
  }
  plan.body = "k::ResizeNearest<" + ShapeText(view, plan.tasks) +
              ">(\n    task, out0, in0, packed0, packed1);\n";
  return plan;
}

KernelPlan LowerLinear(const Graph& graph, const Node& node,
                       const ResizeView& view) {
  const std::string mode =
      node.attributes.Text("coordinate_transformation_mode", "half_pixel");
  KernelPlan plan = ResizePlan(graph, node, "ResizeLinear");
  for (const ResizeAxis& axis : view.axes) {
    std::vector<std::int32_t> low;
    std::vector<std::int32_t> high;
    std::vector<float> weights;
    for (std::int64_t i = 0; i < axis.to; ++i) {
      const bool same = axis.from == axis.to && axis.scale == 1;
      const float source =
          same ? static_cast<float>(i) : SourceOf(axis, mode, i);
      const float below = std::floor(source);
      const auto index = static_cast<std::int64_t>(below);
      low.push_back(Clamped(index, axis));
      high.push_back(Clamped(index + 1, axis));
      weights.push_back(source - below);
    }
    plan.packed.push_back(IntTensor(low));
    plan.packed.push_back(IntTensor(high));
    plan.packed.push_back(Tensor::Of<float>(Shape{axis.to}, weights));
  }
  plan.flops = 3 * graph.shape(node.outputs[0]).element_count();
  plan.scratch_bytes = 4 * view.axes[1].from * view.inner;
  plan.body = "k::ResizeLinear<" + ShapeText(view, plan.tasks) +
              ">(\n    task, out0, in0, {packed0, packed1, packed2}, "
              "{packed3, packed4, packed5}, (f32*)scratch);\n";
  return plan;
}

std::optional<KernelPlan> LowerResize(const Graph& graph, const Node& node) {
  const auto& attributes = node.attributes;
  if (attributes.Int("antialias", 0) != 0 ||
      attributes.Int("exclude_outside", 0) != 0 ||
      attributes.Text("coordinate_transformation_mode", "half_pixel") ==
          "tf_crop_and_resize") {
    return std::nullopt;
  }
  const std::optional<ResizeView> view = ViewOf(AxesOf(graph, node));
  if (!view) return std::nullopt;
  const std::string mode = attributes.Text("mode", "nearest");
  if (mode == "nearest") return LowerNearest(graph, node, *view);
  if (mode == "linear") return LowerLinear(graph, node, *view);
  return std::nullopt;
}

}  // namespace

Result<std::optional<KernelPlan>> LowerWindow(const Graph& graph,
                                              const Node& node,
                                              const Target& /*target*/) {
  const bool is_float = graph.type(node.outputs[0]).type == DataType::kFloat32;
  if (HasEmptyOutput(graph, node) || !is_float) return std::nullopt;
  if (node.op == "MaxPool" || node.op == "AveragePool") {
    return LowerPool(graph, node);
  }
  if (node.op == "Resize") return LowerResize(graph, node);
  return std::nullopt;
}

}  // namespace skerry::compiler
