// Types of operators that read or write by index.
#include <algorithm>

#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// Input `index` holds indices into an axis of `extent`; constant ones must
/// be in it. Others are checked when they are used.
Result<void> CheckIndices(const Graph& graph, const Node& node, int index,
                          std::int64_t extent) {
  SKERRY_RETURN_IF_ERROR(
      WantIndexType(InputType(graph, node, index), "indices"));
  const Tensor* indices =
      graph.constant(node.inputs[static_cast<std::size_t>(index)]);
  if (indices == nullptr) return {};
  const auto check = [&](auto items) -> Result<void> {
    for (const std::int64_t item : items) {
      if (item < -extent || item >= extent) {
        return InvalidArgument("indices contain " + std::to_string(item) +
                               ", the axis has " + std::to_string(extent) +
                               " elements");
      }
    }
    return {};
  };
  return indices->data_type() == DataType::kInt64
             ? check(indices->data<std::int64_t>())
             : check(indices->data<std::int32_t>());
}

Result<void> WantReduction(const Node& node) {
  const std::string reduction = node.attributes.Text("reduction", "none");
  for (const std::string_view known : {"none", "add", "mul", "min", "max"}) {
    if (reduction == known) return {};
  }
  return InvalidArgument("attribute 'reduction' is '" + reduction +
                         "', want none, add, mul, min or max");
}

/// What GatherND and ScatterND's indices select: the last axis of `indices`
/// holds coordinates of `data` from axis `batch` on.
struct Selection {
  Dims outer;  ///< shape of the list of coordinates
  Dims inner;  ///< shape of what one coordinate selects
};

Result<Selection> Select(const Graph& graph, const Node& node,
                         std::int64_t batch) {
  const TensorType& data = InputType(graph, node, 0);
  const TensorType& indices = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantType(indices, DataType::kInt64, "indices"));
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(data, 1, "data"));
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(indices, 1, "indices"));
  const int rank = data.shape.rank();
  if (batch < 0 || batch >= std::min(rank, indices.shape.rank())) {
    return InvalidArgument("attribute 'batch_dims' is " +
                           std::to_string(batch));
  }
  const std::int64_t depth = indices.shape[indices.shape.rank() - 1];
  if (depth < 1 || depth > rank - batch) {
    return InvalidArgument("indices are " + indices.ToString() +
                           ": coordinates of " + std::to_string(depth) +
                           " axes, data has " + std::to_string(rank - batch));
  }
  for (int i = 0; i < batch; ++i) {
    if (data.shape[i] != indices.shape[i]) {
      return InvalidArgument("batch axis " + std::to_string(i) + " is " +
                             std::to_string(data.shape[i]) + " in data, " +
                             std::to_string(indices.shape[i]) + " in indices");
    }
  }
  if (const Tensor* constant = graph.constant(node.inputs[1])) {
    const auto items = constant->data<std::int64_t>();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto axis =
          static_cast<int>(batch + static_cast<std::int64_t>(i) % depth);
      if (items[i] < -data.shape[axis] || items[i] >= data.shape[axis]) {
        return InvalidArgument("indices contain " + std::to_string(items[i]) +
                               ", axis " + std::to_string(axis) + " has " +
                               std::to_string(data.shape[axis]) + " elements");
      }
    }
  }
  Selection selection;
  selection.outer.assign(indices.shape.dims().begin(),
                         indices.shape.dims().end() - 1);
  selection.inner.assign(data.shape.dims().begin() + batch + depth,
                         data.shape.dims().end());
  return selection;
}

}  // namespace

Result<Types> InferGather(const Graph& graph, const Node& node) {
  const TensorType& data = InputType(graph, node, 0);
  const Shape& indices = InputShape(graph, node, 1);
  SKERRY_ASSIGN_OR_RETURN(const int axis, AxisOf(graph, node, 0));
  SKERRY_RETURN_IF_ERROR(CheckIndices(graph, node, 1, data.shape[axis]));
  if (data.shape[axis] == 0 && indices.element_count() > 0) {
    return InvalidArgument("data has no elements: " + data.ToString());
  }
  Dims dims = data.shape.dims();
  const auto at = dims.erase(dims.begin() + axis);
  dims.insert(at, indices.dims().begin(), indices.dims().end());
  return OneOutput(data.type, std::move(dims));
}

Result<Types> InferGatherElements(const Graph& graph, const Node& node) {
  const TensorType& data = InputType(graph, node, 0);
  const TensorType& indices = InputType(graph, node, 1);
  SKERRY_ASSIGN_OR_RETURN(const int axis, AxisOf(graph, node, 0));
  SKERRY_RETURN_IF_ERROR(CheckIndices(graph, node, 1, data.shape[axis]));
  SKERRY_RETURN_IF_ERROR(WantRank(indices, data.shape.rank(), "indices"));
  for (int i = 0; i < data.shape.rank(); ++i) {
    const bool empty = data.shape[i] == 0 && indices.shape.element_count() > 0;
    if (empty || (i != axis && indices.shape[i] > data.shape[i])) {
      return InvalidArgument("indices have shape " + indices.shape.ToString() +
                             ", data has " + data.shape.ToString());
    }
  }
  return Types{{data.type, indices.shape}};
}

Result<Types> InferGatherND(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(
      Selection selection,
      Select(graph, node, node.attributes.Int("batch_dims", 0)));
  Dims dims = std::move(selection.outer);
  dims.insert(dims.end(), selection.inner.begin(), selection.inner.end());
  return OneOutput(InputType(graph, node, 0).type, std::move(dims));
}

Result<Types> InferScatterElements(const Graph& graph, const Node& node) {
  const TensorType& updates = InputType(graph, node, 2);
  SKERRY_RETURN_IF_ERROR(WantSameType(InputType(graph, node, 0), updates,
                                      "the data", "the updates"));
  SKERRY_RETURN_IF_ERROR(
      WantShape(updates, InputShape(graph, node, 1), "updates"));
  SKERRY_RETURN_IF_ERROR(WantReduction(node));
  // The indices are bound as those of GatherElements are.
  SKERRY_RETURN_IF_ERROR(InferGatherElements(graph, node));
  return Types{InputType(graph, node, 0)};
}

Result<Types> InferScatterND(const Graph& graph, const Node& node) {
  const TensorType& updates = InputType(graph, node, 2);
  SKERRY_RETURN_IF_ERROR(WantSameType(InputType(graph, node, 0), updates,
                                      "the data", "the updates"));
  SKERRY_RETURN_IF_ERROR(WantReduction(node));
  SKERRY_ASSIGN_OR_RETURN(Selection selection, Select(graph, node, 0));
  Dims dims = std::move(selection.outer);
  dims.insert(dims.end(), selection.inner.begin(), selection.inner.end());
  SKERRY_RETURN_IF_ERROR(WantShape(updates, Shape(dims), "updates"));
  return Types{InputType(graph, node, 0)};
}

Result<Types> InferOneHot(const Graph& graph, const Node& node) {
  const TensorType& indices = InputType(graph, node, 0);
  const TensorType& values = InputType(graph, node, 2);
  SKERRY_RETURN_IF_ERROR(WantNumber(indices, "indices"));
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t depth,
                          ConstantInt(graph, node, 1, "depth"));
  SKERRY_RETURN_IF_ERROR(WantShape(values, {2}, "values"));
  SKERRY_ASSIGN_OR_RETURN(
      const int axis, NormalAxis(node.attributes.Int("axis", -1),
                                 indices.shape.rank() + 1, "attribute 'axis'"));
  Dims dims = indices.shape.dims();
  dims.insert(dims.begin() + axis, depth);
  return OneOutput(values.type, std::move(dims));
}

}  // namespace skerry::compiler
