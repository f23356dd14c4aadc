#include "skerry/compiler/ops/operands.h"

#include <algorithm>

namespace skerry::compiler {
namespace {

std::string Quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}

Error WrongType(std::string_view name, const TensorType& type,
                std::string_view wanted) {
  return InvalidArgument(std::string(name) + " is " +
                         std::string(DataTypeName(type.type)) + ", want " +
                         std::string(wanted));
}

}  // namespace

bool HasInput(const Node& node, int index) {
  const auto i = static_cast<std::size_t>(index);
  return i < node.inputs.size() && node.inputs[i] != kNoValue;
}

const TensorType& InputType(const Graph& graph, const Node& node, int index) {
  return graph.type(node.inputs[static_cast<std::size_t>(index)]);
}

const Shape& InputShape(const Graph& graph, const Node& node, int index) {
  return InputType(graph, node, index).shape;
}

Result<Dims> ConstantInts(const Graph& graph, const Node& node, int index,
                          std::string_view name) {
  const ValueId id = node.inputs[static_cast<std::size_t>(index)];
  const Tensor* tensor = graph.constant(id);
  if (tensor == nullptr) {
    return Unimplemented("input " + Quoted(name) + " (" +
                         Quoted(graph.value(id).name) +
                         ") depends on the data; it shapes the result and "
                         "must be a constant");
  }
  if (tensor->shape().rank() > 1) {
    return InvalidArgument("input " + Quoted(name) + " is " +
                           tensor->type().ToString() +
                           ", want a list of integers");
  }
  if (tensor->data_type() == DataType::kInt64) {
    const auto data = tensor->data<std::int64_t>();
    return Dims(data.begin(), data.end());
  }
  if (tensor->data_type() == DataType::kInt32) {
    const auto data = tensor->data<std::int32_t>();
    return Dims(data.begin(), data.end());
  }
  return WrongType("input " + Quoted(name), tensor->type(), "int64 or int32");
}

Result<std::int64_t> ConstantInt(const Graph& graph, const Node& node,
                                 int index, std::string_view name) {
  SKERRY_ASSIGN_OR_RETURN(const Dims list,
                          ConstantInts(graph, node, index, name));
  if (list.size() != 1) {
    return InvalidArgument("input " + Quoted(name) + " has " +
                           std::to_string(list.size()) + " elements, want 1");
  }
  return list.front();
}

Result<int> NormalAxis(std::int64_t axis, int rank, std::string_view name) {
  if (axis < -rank || axis >= rank) {
    return InvalidArgument(std::string(name) + " is " + std::to_string(axis) +
                           ", want one of " + std::to_string(rank) + " axes");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Result<int> AxisOf(const Graph& graph, const Node& node,
                   std::int64_t fallback) {
  return NormalAxis(node.attributes.Int("axis", fallback),
                    InputShape(graph, node, 0).rank(), "attribute 'axis'");
}

Result<std::vector<int>> NormalAxes(std::span<const std::int64_t> axes,
                                    int rank, std::string_view name) {
  std::vector<int> normal;
  for (const std::int64_t axis : axes) {
    SKERRY_ASSIGN_OR_RETURN(const int found, NormalAxis(axis, rank, name));
    if (Contains(normal, found)) {
      return InvalidArgument(std::string(name) + " names axis " +
                             std::to_string(found) + " twice");
    }
    normal.push_back(found);
  }
  return normal;
}

bool IsFloat(DataType type) {
  return type == DataType::kFloat32 || type == DataType::kFloat64 ||
         type == DataType::kFloat16 || type == DataType::kBfloat16;
}

bool IsInteger(DataType type) {
  return !IsFloat(type) && type != DataType::kBool;
}

Result<void> WantFloat(const TensorType& type, std::string_view name) {
  if (!IsFloat(type.type)) return WrongType(name, type, "a float type");
  return {};
}

Result<void> WantInteger(const TensorType& type, std::string_view name) {
  if (!IsInteger(type.type)) return WrongType(name, type, "an integer type");
  return {};
}

Result<void> WantNumber(const TensorType& type, std::string_view name) {
  if (type.type == DataType::kBool) {
    return WrongType(name, type, "a number type");
  }
  return {};
}

Result<void> WantType(const TensorType& type, DataType wanted,
                      std::string_view name) {
  if (type.type != wanted) return WrongType(name, type, DataTypeName(wanted));
  return {};
}

Result<void> WantSameType(const TensorType& a, const TensorType& b,
                          std::string_view a_name, std::string_view b_name) {
  if (a.type == b.type) return {};
  return InvalidArgument(
      std::string(a_name) + " is " + std::string(DataTypeName(a.type)) + ", " +
      std::string(b_name) + " is " + std::string(DataTypeName(b.type)) +
      "; they must be of one type");
}

Result<void> WantIndexType(const TensorType& type, std::string_view name) {
  if (type.type != DataType::kInt64 && type.type != DataType::kInt32) {
    return WrongType(name, type, "int64 or int32");
  }
  return {};
}

Result<void> WantRank(const TensorType& type, int rank, std::string_view name) {
  if (type.shape.rank() == rank) return {};
  return InvalidArgument(std::string(name) + " is " + type.ToString() +
                         ", want " + std::to_string(rank) + " dimensions");
}

Result<void> WantRankAtLeast(const TensorType& type, int rank,
                             std::string_view name) {
  if (type.shape.rank() >= rank) return {};
  return InvalidArgument(std::string(name) + " is " + type.ToString() +
                         ", want at least " + std::to_string(rank) +
                         " dimensions");
}

Result<void> WantShape(const TensorType& type, const Shape& wanted,
                       std::string_view name) {
  if (type.shape == wanted) return {};
  return InvalidArgument(std::string(name) + " has shape " +
                         type.shape.ToString() + ", want " + wanted.ToString());
}

Result<void> WantBroadcastsTo(const Shape& from, const Shape& to,
                              std::string_view name) {
  const auto both = Broadcast(from, to);
  if (both && *both == to) return {};
  return InvalidArgument(std::string(name) + " has shape " + from.ToString() +
                         ", which does not broadcast to " + to.ToString());
}

Result<Dims> ListOf(const Node& node, std::string_view name, std::size_t count,
                    std::int64_t min, std::int64_t fallback) {
  if (!node.attributes.Has(name)) return Dims(count, fallback);
  Dims list = node.attributes.Ints(name);
  if (list.size() != count) {
    return InvalidArgument("attribute " + Quoted(name) + " has " +
                           std::to_string(list.size()) + " elements, want " +
                           std::to_string(count));
  }
  for (const std::int64_t item : list) {
    if (item < min || item > kElementCountMax) {
      return InvalidArgument(
          "attribute " + Quoted(name) + " is " + Shape(list).ToString() +
          ", want elements of at least " + std::to_string(min) +
          (item > min ? " and at most " + std::to_string(kElementCountMax)
                      : ""));
    }
  }
  return list;
}

std::int64_t SaturatingProduct(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return kElementCountMax + 1;
  return std::min(product, kElementCountMax + 1);
}

Result<MapAxes> FindMapAxes(const Node& node, const Shape& shape,
                            int spatial_min) {
  const int spatial = shape.rank() - 2;
  if (spatial < spatial_min) {
    return InvalidArgument("input has shape " + shape.ToString() +
                           ", want at least " +
                           std::to_string(spatial_min + 2) + " dimensions");
  }
  const std::string layout = node.attributes.Text("layout", "NCHW");
  if (layout == "NHWC") return MapAxes{shape.rank() - 1, 1, spatial};
  if (layout == "NCHW") return MapAxes{1, 2, spatial};
  return InvalidArgument("attribute 'layout' is '" + layout +
                         "', want NCHW or NHWC");
}

Result<Types> OneOutput(DataType type, Dims dims) {
  SKERRY_ASSIGN_OR_RETURN(Shape shape, Shape::Create(std::move(dims)));
  return Types{{type, std::move(shape)}};
}

}  // namespace skerry::compiler
