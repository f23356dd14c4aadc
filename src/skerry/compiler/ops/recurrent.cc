// Types of recurrent layers.
#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

/// Extents of a recurrent layer of `gates` gates.
struct Extents {
  std::int64_t steps;
  std::int64_t batch;
  std::int64_t directions;
  std::int64_t hidden;
};

Result<std::int64_t> CountDirections(const Node& node) {
  const std::string direction = node.attributes.Text("direction", "forward");
  if (direction == "forward" || direction == "reverse") return 1;
  if (direction == "bidirectional") return 2;
  return InvalidArgument("attribute 'direction' is '" + direction +
                         "', want forward, reverse or bidirectional");
}

Result<void> CheckOperand(const Graph& graph, const Node& node, int index,
                          const Shape& wanted, std::string_view name) {
  if (!HasInput(node, index)) return {};
  const TensorType& operand = InputType(graph, node, index);
  SKERRY_RETURN_IF_ERROR(
      WantSameType(InputType(graph, node, 0), operand, "X", name));
  return WantShape(operand, wanted, name);
}

Result<Extents> CheckLayer(const Graph& graph, const Node& node,
                           std::int64_t gates) {
  const TensorType& x = InputType(graph, node, 0);
  SKERRY_RETURN_IF_ERROR(WantFloat(x, "X"));
  SKERRY_RETURN_IF_ERROR(WantRank(x, 3, "X"));
  SKERRY_RETURN_IF_ERROR(WantRank(InputType(graph, node, 2), 3, "R"));
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t directions, CountDirections(node));
  const std::int64_t hidden = InputShape(graph, node, 2)[2];
  const std::int64_t stated = node.attributes.Int("hidden_size", hidden);
  if (stated != hidden) {
    return InvalidArgument("attribute 'hidden_size' is " +
                           std::to_string(stated) + ", R has " +
                           std::to_string(hidden));
  }
  const Extents extents = {x.shape[0], x.shape[1], directions, hidden};
  const std::int64_t rows = gates * hidden;
  SKERRY_RETURN_IF_ERROR(
      CheckOperand(graph, node, 1, {directions, rows, x.shape[2]}, "W"));
  SKERRY_RETURN_IF_ERROR(
      CheckOperand(graph, node, 2, {directions, rows, hidden}, "R"));
  SKERRY_RETURN_IF_ERROR(
      CheckOperand(graph, node, 3, {directions, 2 * rows}, "B"));
  if (HasInput(node, 4)) {
    const TensorType& lengths = InputType(graph, node, 4);
    SKERRY_RETURN_IF_ERROR(
        WantType(lengths, DataType::kInt32, "sequence_lens"));
    SKERRY_RETURN_IF_ERROR(
        WantShape(lengths, {extents.batch}, "sequence_lens"));
  }
  SKERRY_RETURN_IF_ERROR(CheckOperand(
      graph, node, 5, {directions, extents.batch, hidden}, "initial_h"));
  return extents;
}

Result<Types> LayerTypes(const Graph& graph, const Node& node,
                         const Extents& extents) {
  const std::size_t results = node.op == "LSTM" ? 3 : 2;
  if (node.outputs.size() != results) {
    // The kernels keep their state in the results.
    return InvalidArgument("has " + std::to_string(node.outputs.size()) +
                           " outputs, want all " + std::to_string(results));
  }
  const DataType type = InputType(graph, node, 0).type;
  SKERRY_ASSIGN_OR_RETURN(Shape all,
                          Shape::Create({extents.steps, extents.directions,
                                         extents.batch, extents.hidden}));
  const Shape last = {extents.directions, extents.batch, extents.hidden};
  return Types{{type, std::move(all)}, {type, last}, {type, last}};
}

}  // namespace

Result<Types> InferRnn(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const Extents extents, CheckLayer(graph, node, 1));
  return LayerTypes(graph, node, extents);
}

Result<Types> InferGru(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const Extents extents, CheckLayer(graph, node, 3));
  return LayerTypes(graph, node, extents);
}

Result<Types> InferLstm(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(const Extents extents, CheckLayer(graph, node, 4));
  SKERRY_RETURN_IF_ERROR(CheckOperand(
      graph, node, 6, {extents.directions, extents.batch, extents.hidden},
      "initial_c"));
  SKERRY_RETURN_IF_ERROR(CheckOperand(
      graph, node, 7, {extents.directions, 3 * extents.hidden}, "P"));
  return LayerTypes(graph, node, extents);
}

}  // namespace skerry::compiler
