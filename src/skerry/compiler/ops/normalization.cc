// Types of normalisations.
#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// Inputs `first` to `last` are of the input's type, one element a channel.
Result<void> CheckPerChannel(const Graph& graph, const Node& node, int first,
                             int last, std::int64_t channels) {
  const TensorType& x = InputType(graph, node, 0);
  for (int i = first; i <= last; ++i) {
    const std::string name = "input " + std::to_string(i);
    SKERRY_RETURN_IF_ERROR(
        WantSameType(x, InputType(graph, node, i), "the input", name));
    SKERRY_RETURN_IF_ERROR(
        WantShape(InputType(graph, node, i), {channels}, name));
  }
  return {};
}

}  // namespace

Result<Types> InferBatchNormalization(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape, 0));
  SKERRY_RETURN_IF_ERROR(
      CheckPerChannel(graph, node, 1, 4, x.shape[axes.channel]));
  return Types{x};
}

Result<Types> InferInstanceNormalization(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape));
  SKERRY_RETURN_IF_ERROR(
      CheckPerChannel(graph, node, 1, 2, x.shape[axes.channel]));
  return Types{x};
}

Result<Types> InferGroupNormalization(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const MapAxes axes, FindMapAxes(node, x.shape, 0));
  const std::int64_t channels = x.shape[axes.channel];
  SKERRY_RETURN_IF_ERROR(CheckPerChannel(graph, node, 1, 2, channels));
  const std::int64_t groups = node.attributes.Int("num_groups", 0);
  if (groups < 1 || channels % groups != 0) {
    return InvalidArgument("attribute 'num_groups' is " +
                           std::to_string(groups) + ", input has " +
                           std::to_string(channels) + " channels");
  }
  return Types{x};
}

Result<Types> InferLayerNormalization(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const int axis,
                          NormalAxis(node.attributes.Int("axis", -1),
                                     x.shape.rank(), "attribute 'axis'"));
  const Dims normalised(x.shape.dims().begin() + axis, x.shape.dims().end());
  for (int i = 1; i < 3; ++i) {
    if (!HasInput(node, i)) continue;
    const std::string_view name = i == 1 ? "scale" : "bias";
    const TensorType& operand = InputType(graph, node, i);
    SKERRY_RETURN_IF_ERROR(WantSameType(x, operand, "the input", name));
    SKERRY_RETURN_IF_ERROR(
        WantBroadcastsTo(operand.shape, Shape(normalised), name));
  }
  Dims reduced = x.shape.dims();
  for (std::size_t i = static_cast<std::size_t>(axis); i < reduced.size();
       ++i) {
    reduced[i] = 1;
  }
  const TensorType moment = {DataType::kFloat32, Shape(std::move(reduced))};
  return Types{x, moment, moment};
}

Result<Types> InferMeanVarianceNormalization(const Graph& graph,
                                             const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_RETURN_IF_ERROR(NormalAxes(node.attributes.Ints("axes", {0, 2, 3}),
                                    x.shape.rank(), "attribute 'axes'"));
  return Types{x};
}

}  // namespace skerry::compiler
