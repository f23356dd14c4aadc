// Types of operators that move elements.
#include <algorithm>

#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// How many elements Slice takes from an axis of `extent` elements. Start and
/// end are clamped as ONNX says.
Result<std::int64_t> SliceExtent(std::int64_t extent, std::int64_t start,
                                 std::int64_t end, std::int64_t step) {
  if (step == 0) return InvalidArgument("input 'steps' has a 0");
  // A step beyond the extent takes one element, however large it is.
  step = std::clamp(step, -kElementCountMax - 1, kElementCountMax + 1);
  const std::int64_t low = step > 0 ? 0 : -1;
  const std::int64_t high = step > 0 ? extent : extent - 1;
  start = std::clamp(start < 0 ? start + extent : start,
                     std::min<std::int64_t>(0, high), high);
  end = std::clamp(end < 0 ? end + extent : end, low,
                   step > 0 ? extent : std::max(high, low));
  const std::int64_t span = step > 0 ? end - start : start - end;
  const std::int64_t stride = step > 0 ? step : -step;
  return span <= 0 ? 0 : (span + stride - 1) / stride;
}

Result<std::vector<int>> SliceAxes(const Graph& graph, const Node& node,
                                   std::size_t count, int rank) {
  Dims axes;
  if (HasInput(node, 3)) {
    SKERRY_ASSIGN_OR_RETURN(axes, ConstantInts(graph, node, 3, "axes"));
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      axes.push_back(static_cast<std::int64_t>(i));
    }
  }
  return NormalAxes(axes, rank, "input 'axes'");
}

/// What Pad's mode asks of one axis.
Result<void> CheckPadding(const std::string& mode, std::int64_t extent,
                          std::int64_t before, std::int64_t after) {
  if (mode == "constant" || (before <= 0 && after <= 0)) return {};
  const std::int64_t most = std::max(before, after);
  if (extent < 1 || (mode == "reflect" && most >= extent) ||
      (mode == "wrap" && most > extent)) {
    return InvalidArgument("mode " + mode + " cannot pad an extent of " +
                           std::to_string(extent) + " by " +
                           std::to_string(most));
  }
  if (before < 0 || after < 0) {
    return Unimplemented("mode " + mode +
                         " with both padding and cropping of an axis");
  }
  return {};
}

Result<Dims> SplitSizes(const Graph& graph, const Node& node,
                        std::int64_t extent) {
  const auto count = static_cast<std::int64_t>(node.outputs.size());
  Dims sizes;
  if (HasInput(node, 1)) {
    SKERRY_ASSIGN_OR_RETURN(sizes, ConstantInts(graph, node, 1, "split"));
  } else {
    // All of one size but the last, which may be smaller.
    const std::int64_t size = (extent + count - 1) / count;
    for (std::int64_t i = 0; i < count; ++i) {
      sizes.push_back(std::clamp<std::int64_t>(extent - i * size, 0, size));
    }
  }
  if (sizes.size() != node.outputs.size()) {
    return InvalidArgument("input 'split' has " + std::to_string(sizes.size()) +
                           " elements, the node has " + std::to_string(count) +
                           " outputs");
  }
  std::int64_t left = extent;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > left) left = -1;
    if (left >= 0) left -= size;
  }
  if (left != 0) {
    return InvalidArgument("input 'split' is " + Shape(sizes).ToString() +
                           ", which does not add up to " +
                           std::to_string(extent));
  }
  return sizes;
}

Result<std::int64_t> BlockOf(const Node& node) {
  const std::int64_t block = node.attributes.Int("blocksize", 0);
  if (block < 1 || block > (1 << 20)) {
    return InvalidArgument("attribute 'blocksize' is " + std::to_string(block) +
                           ", want at least 1");
  }
  return block;
}

}  // namespace

Result<Types> InferTranspose(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  const int rank = x.shape.rank();
  Dims order;
  for (int i = rank - 1; i >= 0; --i) order.push_back(i);
  order = node.attributes.Ints("perm", std::move(order));
  Dims sorted = order;
  std::ranges::sort(sorted);
  bool good = static_cast<int>(order.size()) == rank;
  for (std::size_t i = 0; good && i < sorted.size(); ++i) {
    good = sorted[i] == static_cast<std::int64_t>(i);
  }
  if (!good) {
    return InvalidArgument("attribute 'perm' is " + Shape(order).ToString() +
                           ", want an order of " + std::to_string(rank) +
                           " axes");
  }
  Dims dims;
  for (const std::int64_t axis : order) {
    dims.push_back(x.shape[static_cast<int>(axis)]);
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferConcat(const Graph& graph, const Node& node) {
  const TensorType& first = InputType(graph, node, 0);
  if (!node.attributes.Has("axis")) {
    return InvalidArgument("attribute 'axis' is missing");
  }
  SKERRY_ASSIGN_OR_RETURN(const int axis, AxisOf(graph, node, 0));
  const auto at = static_cast<std::size_t>(axis);
  Dims dims = first.shape.dims();
  for (int i = 1; i < static_cast<int>(node.inputs.size()); ++i) {
    const TensorType& next = InputType(graph, node, i);
    const std::string name = "input " + std::to_string(i);
    SKERRY_RETURN_IF_ERROR(WantSameType(first, next, "input 0", name));
    SKERRY_RETURN_IF_ERROR(WantRank(next, first.shape.rank(), name));
    Dims wanted = first.shape.dims();
    wanted[at] = next.shape[axis];
    SKERRY_RETURN_IF_ERROR(WantShape(next, Shape(std::move(wanted)), name));
    dims[at] = std::min(dims[at] + next.shape[axis], kElementCountMax + 1);
  }
  return OneOutput(first.type, std::move(dims));
}

Result<Types> InferSplit(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_ASSIGN_OR_RETURN(const int axis, AxisOf(graph, node, 0));
  SKERRY_ASSIGN_OR_RETURN(const Dims sizes,
                          SplitSizes(graph, node, x.shape[axis]));
  Types types;
  for (const std::int64_t size : sizes) {
    Dims dims = x.shape.dims();
    dims[static_cast<std::size_t>(axis)] = size;
    types.push_back({x.type, Shape(std::move(dims))});
  }
  return types;
}

Result<Types> InferSlice(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_ASSIGN_OR_RETURN(const Dims starts,
                          ConstantInts(graph, node, 1, "starts"));
  SKERRY_ASSIGN_OR_RETURN(const Dims ends,
                          ConstantInts(graph, node, 2, "ends"));
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<int> axes,
      SliceAxes(graph, node, starts.size(), x.shape.rank()));
  Dims steps(starts.size(), 1);
  if (HasInput(node, 4)) {
    SKERRY_ASSIGN_OR_RETURN(steps, ConstantInts(graph, node, 4, "steps"));
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    return InvalidArgument("inputs 'starts', 'ends', 'axes' and 'steps' have " +
                           std::to_string(starts.size()) + ", " +
                           std::to_string(ends.size()) + ", " +
                           std::to_string(axes.size()) + " and " +
                           std::to_string(steps.size()) + " elements");
  }
  Dims dims = x.shape.dims();
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& extent = dims[static_cast<std::size_t>(axes[i])];
    SKERRY_ASSIGN_OR_RETURN(extent,
                            SliceExtent(extent, starts[i], ends[i], steps[i]));
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferPad(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  const std::string mode = node.attributes.Text("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" &&
      mode != "wrap") {
    return InvalidArgument("attribute 'mode' is '" + mode +
                           "', want constant, reflect, edge or wrap");
  }
  SKERRY_ASSIGN_OR_RETURN(const Dims pads,
                          ConstantInts(graph, node, 1, "pads"));
  const auto rank = static_cast<std::size_t>(x.shape.rank());
  if (pads.size() != 2 * rank) {
    return InvalidArgument("input 'pads' has " + std::to_string(pads.size()) +
                           " elements, want " + std::to_string(2 * rank));
  }
  if (HasInput(node, 2)) {
    const TensorType& value = InputType(graph, node, 2);
    SKERRY_RETURN_IF_ERROR(WantSameType(x, value, "the input", "the value"));
    if (value.shape.element_count() != 1) {
      return InvalidArgument("input 'constant_value' has shape " +
                             value.shape.ToString() + ", want a scalar");
    }
  }
  Dims dims = x.shape.dims();
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t before = pads[i];
    const std::int64_t after = pads[i + rank];
    if (std::max(before, after) > kElementCountMax ||
        std::min(before, after) < -dims[i] || dims[i] + before + after < 0) {
      return InvalidArgument("input 'pads' is " + Shape(pads).ToString() +
                             ", input has shape " + x.shape.ToString());
    }
    SKERRY_RETURN_IF_ERROR(CheckPadding(mode, dims[i], before, after));
    dims[i] += before + after;
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferTile(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_ASSIGN_OR_RETURN(const Dims repeats,
                          ConstantInts(graph, node, 1, "repeats"));
  Dims dims = x.shape.dims();
  if (repeats.size() != dims.size()) {
    return InvalidArgument("input 'repeats' has " +
                           std::to_string(repeats.size()) + " elements, want " +
                           std::to_string(dims.size()));
  }
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (repeats[i] < 0) {
      return InvalidArgument("input 'repeats' is " + Shape(repeats).ToString());
    }
    dims[i] = SaturatingProduct(dims[i], repeats[i]);
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferExpand(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_ASSIGN_OR_RETURN(Dims dims, ConstantInts(graph, node, 1, "shape"));
  SKERRY_ASSIGN_OR_RETURN(const Shape wanted, Shape::Create(std::move(dims)));
  SKERRY_ASSIGN_OR_RETURN(Shape shape, Broadcast(x.shape, wanted));
  return Types{{x.type, std::move(shape)}};
}

Result<Types> InferDepthToSpace(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantRank(x, 4, "input"));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape));
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t block, BlockOf(node));
  const std::string mode = node.attributes.Text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") {
    return InvalidArgument("attribute 'mode' is '" + mode +
                           "', want DCR or CRD");
  }
  Dims dims = x.shape.dims();
  std::int64_t& channels = dims[static_cast<std::size_t>(axes.channel)];
  if (channels % (block * block) != 0) {
    return InvalidArgument("input has " + std::to_string(channels) +
                           " channels, not a multiple of blocksize " +
                           std::to_string(block) + " squared");
  }
  channels /= block * block;
  for (int i = 0; i < 2; ++i) {
    std::int64_t& extent =
        dims[static_cast<std::size_t>(axes.spatial_first + i)];
    extent = SaturatingProduct(extent, block);
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferSpaceToDepth(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantRank(x, 4, "input"));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape));
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t block, BlockOf(node));
  Dims dims = x.shape.dims();
  for (int i = 0; i < 2; ++i) {
    std::int64_t& extent =
        dims[static_cast<std::size_t>(axes.spatial_first + i)];
    if (extent % block != 0) {
      return InvalidArgument("input has shape " + x.shape.ToString() +
                             ", not a multiple of blocksize " +
                             std::to_string(block));
    }
    extent /= block;
  }
  std::int64_t& channels = dims[static_cast<std::size_t>(axes.channel)];
  channels = SaturatingProduct(channels, block * block);
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferReverseSequence(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  const TensorType& lengths = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(x, 2, "input"));
  const std::int64_t batch = node.attributes.Int("batch_axis", 1);
  const std::int64_t time = node.attributes.Int("time_axis", 0);
  if (batch < 0 || batch > 1 || time != 1 - batch) {
    return InvalidArgument("attributes 'batch_axis' and 'time_axis' are " +
                           std::to_string(batch) + " and " +
                           std::to_string(time) + ", want 0 and 1 or 1 and 0");
  }
  SKERRY_RETURN_IF_ERROR(WantType(lengths, DataType::kInt64, "sequence_lens"));
  SKERRY_RETURN_IF_ERROR(
      WantShape(lengths, {x.shape[static_cast<int>(batch)]}, "sequence_lens"));
  return Types{x};
}

Result<Types> InferTrilu(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(x, 2, "input"));
  if (HasInput(node, 1)) {
    SKERRY_RETURN_IF_ERROR(ConstantInt(graph, node, 1, "k"));
  }
  return Types{x};
}

}  // namespace skerry::compiler
