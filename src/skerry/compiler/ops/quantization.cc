// Types of the operators between real and quantised numbers.
#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// Scale and zero point: scalars, or an element for each of the attribute
/// `axis`.
Result<void> CheckScale(const Graph& graph, const Node& node,
                        const Shape& shape) {
  const TensorType& scale = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantFloat(scale, "scale"));
  if (scale.shape.rank() > 1) {
    return Unimplemented("scale is " + scale.ToString() +
                         "; scales by block are not supported");
  }
  if (HasInput(node, 2)) {
    SKERRY_RETURN_IF_ERROR(
        WantShape(InputType(graph, node, 2), scale.shape, "zero point"));
  }
  if (scale.shape.element_count() == 1) return {};
  SKERRY_ASSIGN_OR_RETURN(
      const int axis, NormalAxis(node.attributes.Int("axis", 1), shape.rank(),
                                 "attribute 'axis'"));
  if (scale.shape[0] == shape[axis]) return {};
  return InvalidArgument("scale has " + std::to_string(scale.shape[0]) +
                         " elements, axis " + std::to_string(axis) + " has " +
                         std::to_string(shape[axis]));
}

bool IsQuantized(DataType type) {
  return type == DataType::kInt8 || type == DataType::kUint8 ||
         type == DataType::kInt16 || type == DataType::kUint16;
}

}  // namespace

Result<Types> InferQuantizeLinear(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  if (x.type != DataType::kInt32) SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  SKERRY_RETURN_IF_ERROR(CheckScale(graph, node, x.shape));
  const DataType type =
      HasInput(node, 2) ? InputType(graph, node, 2).type : DataType::kUint8;
  if (!IsQuantized(type)) {
    return Unimplemented("zero point is " + std::string(DataTypeName(type)) +
                         ", supported are int8, uint8, int16 and uint16");
  }
  return Types{{type, x.shape}};
}

Result<Types> InferDequantizeLinear(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  if (!IsQuantized(x.type)) {
    SKERRY_RETURN_IF_ERROR(WantType(x, DataType::kInt32, "input"));
  }
  SKERRY_RETURN_IF_ERROR(CheckScale(graph, node, x.shape));
  if (HasInput(node, 2)) {
    SKERRY_RETURN_IF_ERROR(WantSameType(x, InputType(graph, node, 2),
                                        "the input", "the zero point"));
  }
  return Types{{InputType(graph, node, 1).type, x.shape}};
}

Result<Types> InferDynamicQuantizeLinear(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantType(x, DataType::kFloat32, "input"));
  return Types{{DataType::kUint8, x.shape},
               {DataType::kFloat32, {}},
               {DataType::kUint8, {}}};
}

}  // namespace skerry::compiler
