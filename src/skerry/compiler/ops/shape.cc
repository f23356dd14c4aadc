// Types of operators that change a shape only, or whose result has a shape
// that constants decide.
#include <algorithm>
#include <cmath>

#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// Elements of the range from `start` to before `limit`.
template <class T>
Result<std::int64_t> RangeCount(const Tensor& start, const Tensor& limit,
                                const Tensor& delta) {
  const auto from = static_cast<double>(start.data<T>()[0]);
  const auto to = static_cast<double>(limit.data<T>()[0]);
  const auto by = static_cast<double>(delta.data<T>()[0]);
  const double count = std::ceil((to - from) / by);
  if (by == 0 || std::isnan(count) || count > double{kElementCountMax}) {
    return InvalidArgument("range from " + std::to_string(from) + " to " +
                           std::to_string(to) + " by " + std::to_string(by));
  }
  return count < 0 ? 0 : static_cast<std::int64_t>(count);
}

template <class T>
std::int64_t CountNonZero(const Tensor& tensor) {
  return std::ranges::count_if(tensor.data<T>(),
                               [](T item) { return item != T{}; });
}

}  // namespace

Result<Types> InferReshape(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_ASSIGN_OR_RETURN(Dims dims, ConstantInts(graph, node, 1, "shape"));
  const std::string wanted = Shape(dims).ToString();
  const Error bad = InvalidArgument("input has shape " + x.shape.ToString() +
                                    ", which cannot become " + wanted);
  const bool zero_copies = node.attributes.Int("allowzero", 0) == 0;
  std::size_t free = dims.size();
  std::int64_t known = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && zero_copies) {
      if (i >= x.shape.dims().size()) return bad;
      dims[i] = x.shape.dims()[i];
    }
    if (dims[i] == -1) {
      if (free != dims.size()) return bad;
      free = i;
      continue;
    }
    if (dims[i] < 0) return bad;
    known = SaturatingProduct(known, dims[i]);
  }
  const std::int64_t count = x.shape.element_count();
  if (free != dims.size()) {
    if (known == 0 || count % known != 0) return bad;
    dims[free] = count / known;
  } else if (known != count) {
    return bad;
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferFlatten(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  const int rank = x.shape.rank();
  std::int64_t axis = node.attributes.Int("axis", 1);
  if (axis < -rank || axis > rank) {
    return InvalidArgument("attribute 'axis' is " + std::to_string(axis) +
                           ", input has " + std::to_string(rank) +
                           " dimensions");
  }
  if (axis < 0) axis += rank;
  Dims dims = {1, 1};
  for (int i = 0; i < rank; ++i) dims[i < axis ? 0 : 1] *= x.shape[i];
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferSqueeze(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  std::vector<int> axes;
  if (HasInput(node, 1)) {
    SKERRY_ASSIGN_OR_RETURN(const Dims list,
                            ConstantInts(graph, node, 1, "axes"));
    SKERRY_ASSIGN_OR_RETURN(axes,
                            NormalAxes(list, x.shape.rank(), "input 'axes'"));
  } else {
    for (int i = 0; i < x.shape.rank(); ++i) {
      if (x.shape[i] == 1) axes.push_back(i);
    }
  }
  Dims dims;
  for (int i = 0; i < x.shape.rank(); ++i) {
    const bool removed = Contains(axes, i);
    if (!removed) dims.push_back(x.shape[i]);
    if (removed && x.shape[i] != 1) {
      return InvalidArgument("axis " + std::to_string(i) + " of " +
                             x.ToString() + " is not 1");
    }
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferUnsqueeze(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_ASSIGN_OR_RETURN(const Dims list,
                          ConstantInts(graph, node, 1, "axes"));
  const std::size_t rank = x.shape.dims().size() + list.size();
  if (rank > kRankMax) {
    return InvalidArgument("result would have " + std::to_string(rank) +
                           " dimensions, at most " + std::to_string(kRankMax) +
                           " are supported");
  }
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<int> axes,
      NormalAxes(list, static_cast<int>(rank), "input 'axes'"));
  Dims dims;
  auto next = x.shape.dims().begin();
  for (int i = 0; i < static_cast<int>(rank); ++i) {
    dims.push_back(Contains(axes, i) ? 1 : *next++);
  }
  return OneOutput(x.type, std::move(dims));
}

Result<Types> InferRange(const Graph& graph, const Node& node) {
  const Tensor* operands[3];
  for (int i = 0; i < 3; ++i) {
    const ValueId id = node.inputs[static_cast<std::size_t>(i)];
    const Tensor* operand = operands[i] = graph.constant(id);
    if (operand == nullptr) {
      return Unimplemented("input '" + graph.value(id).name +
                           "' depends on the data; it must be a constant");
    }
    if (operand->shape().element_count() != 1) {
      return InvalidArgument("input '" + graph.value(id).name + "' is " +
                             operand->type().ToString() + ", want a scalar");
    }
    SKERRY_RETURN_IF_ERROR(WantSameType(operands[0]->type(), operand->type(),
                                        "'start'", "another input"));
  }
  const auto count = [&]() -> Result<std::int64_t> {
    const auto& [start, limit, delta] = operands;
    switch (start->data_type()) {
      case DataType::kFloat32:
        return RangeCount<float>(*start, *limit, *delta);
      case DataType::kFloat64:
        return RangeCount<double>(*start, *limit, *delta);
      case DataType::kInt16:
        return RangeCount<std::int16_t>(*start, *limit, *delta);
      case DataType::kInt32:
        return RangeCount<std::int32_t>(*start, *limit, *delta);
      case DataType::kInt64:
        return RangeCount<std::int64_t>(*start, *limit, *delta);
      default:
        return InvalidArgument("inputs are " +
                               std::string(DataTypeName(start->data_type())) +
                               ", want a signed number type");
    }
  }();
  if (!count) return count.error();
  return OneOutput(operands[0]->data_type(), {*count});
}

Result<Types> InferNonZero(const Graph& graph, const Node& node) {
  const Tensor* x = graph.constant(node.inputs[0]);
  if (x == nullptr) {
    return Unimplemented(
        "the shape of the result depends on the data, which is not supported");
  }
  const auto count = [&]() -> Result<std::int64_t> {
    switch (x->data_type()) {
      case DataType::kFloat32:
        return CountNonZero<float>(*x);
      case DataType::kBool:
        return CountNonZero<bool>(*x);
      case DataType::kUint8:
        return CountNonZero<std::uint8_t>(*x);
      case DataType::kInt32:
        return CountNonZero<std::int32_t>(*x);
      case DataType::kInt64:
        return CountNonZero<std::int64_t>(*x);
      default:
        return Unimplemented("input is " + x->type().ToString() +
                             ", which is not supported");
    }
  }();
  if (!count) return count.error();
  return OneOutput(DataType::kInt64,
                   {std::max<std::int64_t>(x->shape().rank(), 1), *count});
}

}  // namespace skerry::compiler
