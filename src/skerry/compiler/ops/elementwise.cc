// Types of operators that work on each element alone.
#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"
#include "skerry/kernels/reference/elementwise_program.h"

namespace skerry::compiler {
namespace {

Result<Types> BroadcastInputs(const Graph& graph, const Node& node,
                              DataType type) {
  Shape shape = InputShape(graph, node, 0);
  for (int i = 1; i < static_cast<int>(node.inputs.size()); ++i) {
    SKERRY_ASSIGN_OR_RETURN(shape,
                            Broadcast(shape, InputShape(graph, node, i)));
  }
  return Types{{type, std::move(shape)}};
}

/// Two operands of one type.
Result<DataType> OperandType(const Graph& graph, const Node& node) {
  const TensorType& a = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantSameType(a, InputType(graph, node, 1),
                                      "the first input", "the second"));
  return a.type;
}

}  // namespace

Result<Types> InferSame(const Graph& graph, const Node& node) {
  return Types{InputType(graph, node, 0)};
}

Result<Types> InferUnaryFloat(const Graph& graph, const Node& node) {
  SKERRY_RETURN_IF_ERROR(WantFloat(InputType(graph, node, 0), "input"));
  return InferSame(graph, node);
}

Result<Types> InferUnaryInteger(const Graph& graph, const Node& node) {
  SKERRY_RETURN_IF_ERROR(WantInteger(InputType(graph, node, 0), "input"));
  return InferSame(graph, node);
}

Result<Types> InferUnaryNumeric(const Graph& graph, const Node& node) {
  SKERRY_RETURN_IF_ERROR(WantNumber(InputType(graph, node, 0), "input"));
  return InferSame(graph, node);
}

Result<Types> InferNot(const Graph& graph, const Node& node) {
  SKERRY_RETURN_IF_ERROR(
      WantType(InputType(graph, node, 0), DataType::kBool, "input"));
  return InferSame(graph, node);
}

Result<Types> InferFloatTest(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "input"));
  return Types{{DataType::kBool, x.shape}};
}

Result<Types> InferCast(const Graph& graph, const Node& node) {
  const std::int64_t to = node.attributes.Int("to", 0);
  const auto type = to >= 0 && to < 1000
                        ? DataTypeFromNumber(static_cast<std::int32_t>(to))
                        : std::nullopt;
  if (!type) {
    return Unimplemented("attribute 'to' is " + std::to_string(to) +
                         ", which is no element type that is supported");
  }
  return Types{{*type, InputShape(graph, node, 0)}};
}

Result<Types> InferClip(const Graph& graph, const Node& node) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantNumber(x, "input"));
  for (int i = 1; i < 3; ++i) {
    if (!HasInput(node, i)) continue;
    const std::string_view name = i == 1 ? "input 'min'" : "input 'max'";
    const TensorType& bound = InputType(graph, node, i);
    SKERRY_RETURN_IF_ERROR(WantSameType(x, bound, "the input", name));
    if (bound.shape.element_count() != 1) {
      return InvalidArgument(std::string(name) + " has shape " +
                             bound.shape.ToString() + ", want a scalar");
    }
  }
  return Types{x};
}

Result<Types> InferBinaryNumeric(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const DataType type, OperandType(graph, node));
  SKERRY_RETURN_IF_ERROR(WantNumber({type, {}}, "input"));
  if (node.op == "Mod" && IsFloat(type) &&
      node.attributes.Int("fmod", 0) != 1) {
    return InvalidArgument("input is " + std::string(DataTypeName(type)) +
                           ", which wants attribute 'fmod' 1");
  }
  return BroadcastInputs(graph, node, type);
}

Result<Types> InferPow(const Graph& graph, const Node& node) {
  SKERRY_RETURN_IF_ERROR(WantNumber(InputType(graph, node, 0), "base"));
  SKERRY_RETURN_IF_ERROR(WantNumber(InputType(graph, node, 1), "exponent"));
  return BroadcastInputs(graph, node, InputType(graph, node, 0).type);
}

Result<Types> InferPRelu(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const DataType type, OperandType(graph, node));
  SKERRY_RETURN_IF_ERROR(WantNumber({type, {}}, "input"));
  SKERRY_RETURN_IF_ERROR(WantBroadcastsTo(InputShape(graph, node, 1),
                                          InputShape(graph, node, 0), "slope"));
  return InferSame(graph, node);
}

Result<Types> InferLogical(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const DataType type, OperandType(graph, node));
  SKERRY_RETURN_IF_ERROR(WantType({type, {}}, DataType::kBool, "input"));
  return BroadcastInputs(graph, node, type);
}

Result<Types> InferBitwise(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const DataType type, OperandType(graph, node));
  SKERRY_RETURN_IF_ERROR(WantInteger({type, {}}, "input"));
  return BroadcastInputs(graph, node, type);
}

Result<Types> InferBitShift(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const DataType type, OperandType(graph, node));
  if (type != DataType::kUint8 && type != DataType::kUint16 &&
      type != DataType::kUint32 && type != DataType::kUint64) {
    return InvalidArgument("input is " + std::string(DataTypeName(type)) +
                           ", want an unsigned integer type");
  }
  const std::string direction = node.attributes.Text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") {
    return InvalidArgument("attribute 'direction' is '" + direction +
                           "', want LEFT or RIGHT");
  }
  return BroadcastInputs(graph, node, type);
}

Result<Types> InferCompare(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const DataType type, OperandType(graph, node));
  SKERRY_RETURN_IF_ERROR(WantNumber({type, {}}, "input"));
  return BroadcastInputs(graph, node, DataType::kBool);
}

Result<Types> InferEqual(const Graph& graph, const Node& node) {
  SKERRY_RETURN_IF_ERROR(OperandType(graph, node));
  return BroadcastInputs(graph, node, DataType::kBool);
}

Result<Types> InferWhere(const Graph& graph, const Node& node) {
  SKERRY_RETURN_IF_ERROR(
      WantType(InputType(graph, node, 0), DataType::kBool, "the condition"));
  SKERRY_RETURN_IF_ERROR(WantSameType(InputType(graph, node, 1),
                                      InputType(graph, node, 2), "input 'X'",
                                      "input 'Y'"));
  return BroadcastInputs(graph, node, InputType(graph, node, 1).type);
}

Result<Types> InferElementwise(const Graph& graph, const Node& node) {
  const std::string text = node.attributes.Text("program", "");
  kernels::reference::Program program;
  if (!kernels::reference::ParseProgram(
          text.data(), static_cast<std::int64_t>(text.size()), &program)) {
    return InvalidArgument("attribute 'program' is '" + text +
                           "', which is no element-wise program");
  }
  if (program.input_count > static_cast<int>(node.inputs.size())) {
    return InvalidArgument(
        "attribute 'program' reads " + std::to_string(program.input_count) +
        " inputs, the node has " + std::to_string(node.inputs.size()));
  }
  for (int i = 0; i < static_cast<int>(node.inputs.size()); ++i) {
    SKERRY_RETURN_IF_ERROR(WantType(InputType(graph, node, i),
                                    DataType::kFloat32,
                                    "input " + std::to_string(i)));
  }
  return BroadcastInputs(graph, node, DataType::kFloat32);
}

}  // namespace skerry::compiler
