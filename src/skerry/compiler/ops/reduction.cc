// Types of reductions, and of what works along an axis.
#include <numeric>

#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

Dims Reduced(const Shape& shape, const std::vector<int>& axes, bool keep) {
  Dims dims;
  for (int i = 0; i < shape.rank(); ++i) {
    const bool reduced = Contains(axes, i);
    if (!reduced) dims.push_back(shape[i]);
    if (reduced && keep) dims.push_back(1);
  }
  return dims;
}

bool WantsFloat(std::string_view op) {
  return op == "ReduceLogSum" || op == "ReduceLogSumExp";
}

}  // namespace

Result<Types> InferAlongAxis(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  if (x.shape.rank() > 0) SKERRY_RETURN_IF_ERROR(AxisOf(graph, node, -1));
  if (node.op == "LpNormalization") {
    const std::int64_t p = node.attributes.Int("p", 2);
    if (p != 1 && p != 2) {
      return InvalidArgument("attribute 'p' is " + std::to_string(p) +
                             ", want 1 or 2");
    }
  }
  return Types{x};
}

Result<Types> InferReduce(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  const bool ordering = node.op == "ReduceMax" || node.op == "ReduceMin";
  if (!ordering) SKERRY_RETURN_IF_ERROR(WantNumber(x, "input"));
  if (WantsFloat(node.op)) SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  const int rank = x.shape.rank();
  Dims axes;
  if (HasInput(node, 1)) {
    SKERRY_ASSIGN_OR_RETURN(axes, ConstantInts(graph, node, 1, "axes"));
  }
  SKERRY_ASSIGN_OR_RETURN(std::vector<int> normal,
                          NormalAxes(axes, rank, "input 'axes'"));
  if (normal.empty() && node.attributes.Int("noop_with_empty_axes", 0) == 0) {
    normal.resize(static_cast<std::size_t>(rank));
    std::iota(normal.begin(), normal.end(), 0);
  }
  const bool keep = node.attributes.Int("keepdims", 1) != 0;
  return OneOutput(x.type, Reduced(x.shape, normal, keep));
}

Result<Types> InferArgReduce(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantNumber(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const int axis, AxisOf(graph, node, 0));
  if (x.shape[axis] < 1) {
    return InvalidArgument("axis " + std::to_string(axis) + " of " +
                           x.ToString() + " is empty");
  }
  const bool keep = node.attributes.Int("keepdims", 1) != 0;
  return OneOutput(DataType::kInt64, Reduced(x.shape, {axis}, keep));
}

Result<Types> InferCumSum(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantNumber(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t axis,
                          ConstantInt(graph, node, 1, "axis"));
  SKERRY_RETURN_IF_ERROR(NormalAxis(axis, x.shape.rank(), "input 'axis'"));
  return Types{x};
}

Result<Types> InferTopK(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantNumber(x, "input"));
  SKERRY_ASSIGN_OR_RETURN(const int axis, AxisOf(graph, node, -1));
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t k,
                          ConstantInt(graph, node, 1, "K"));
  if (k < 0 || k > x.shape[axis]) {
    return InvalidArgument("input 'K' is " + std::to_string(k) + ", axis " +
                           std::to_string(axis) + " has " +
                           std::to_string(x.shape[axis]) + " elements");
  }
  Dims dims = x.shape.dims();
  dims[static_cast<std::size_t>(axis)] = k;
  return Types{{x.type, Shape(dims)}, {DataType::kInt64, Shape(dims)}};
}

}  // namespace skerry::compiler
