#include "skerry/compiler/import/builder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "skerry/compiler/ops/op.h"
#include "skerry/compiler/reference/evaluate.h"

namespace skerry::compiler {
namespace {

/// What shapes are computed with: each takes time in proportion to its
/// operands.
constexpr auto kShapeArithmetic = std::to_array<std::string_view>({
    "Abs",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "Cast",
    "Ceil",
    "Clip",
    "Concat",
    "CumSum",
    "Div",
    "Equal",
    "Expand",
    "Flatten",
    "Floor",
    "Gather",
    "GatherElements",
    "GatherND",
    "Greater",
    "GreaterOrEqual",
    "Identity",
    "Less",
    "LessOrEqual",
    "Max",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "NonZero",
    "Not",
    "OneHot",
    "Or",
    "Pad",
    "Pow",
    "Range",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "Reshape",
    "Round",
    "ScatterElements",
    "ScatterND",
    "Sign",
    "Slice",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tile",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Where",
    "Xor",
});

static_assert(std::ranges::is_sorted(kShapeArithmetic));

bool IsSmall(const TensorType& type) {
  return type.byte_count() <= Builder::kFoldedBytesMax;
}

}  // namespace

Result<std::vector<ValueId>> Builder::Add(
    Node node, std::span<const std::string> outputs) {
  node.name = node_name_;
  node.outputs.assign(outputs.size(), kNoValue);
  SKERRY_ASSIGN_OR_RETURN(std::vector<TensorType> types,
                          InferOutputs(graph_, node));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty()) continue;
    node.outputs[i] = graph_.AddValue(outputs[i], std::move(types[i]));
  }
  std::vector<ValueId> ids = node.outputs;
  SKERRY_ASSIGN_OR_RETURN(const bool folded, Fold(node));
  if (!folded) graph_.nodes.push_back(std::move(node));
  return ids;
}

Result<ValueId> Builder::AddInner(std::string op, std::vector<ValueId> inputs,
                                  Attributes attributes) {
  const std::string output = node_name_ + "/" + op;
  return AddLast(std::move(op), std::move(inputs), output,
                 std::move(attributes));
}

Result<ValueId> Builder::AddLast(std::string op, std::vector<ValueId> inputs,
                                 const std::string& output,
                                 Attributes attributes) {
  Node node;
  node.op = std::move(op);
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  SKERRY_ASSIGN_OR_RETURN(const std::vector<ValueId> ids,
                          Add(std::move(node), {&output, 1}));
  return ids.front();
}

ValueId Builder::AddInts(std::string_view name,
                         std::vector<std::int64_t> values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return graph_.AddConstant(
      node_name_ + "/" + std::string(name),
      Tensor::Of({count}, std::span<const std::int64_t>(values)));
}

ValueId Builder::AddInt(std::string_view name, std::int64_t value) {
  return graph_.AddConstant(node_name_ + "/" + std::string(name),
                            Tensor::Of<std::int64_t>({}, {value}));
}

Result<ValueId> Builder::AddScalar(std::string_view name, DataType type,
                                   float value) {
  const ValueId id = graph_.AddConstant(node_name_ + "/" + std::string(name),
                                        Tensor::Of<float>({}, {value}));
  if (type == DataType::kFloat32) return id;
  Attributes attributes;
  attributes.SetInt("to", static_cast<std::int64_t>(type));
  return AddInner("Cast", {id}, std::move(attributes));
}

Result<bool> Builder::Fold(const Node& node) {
  if (!std::ranges::binary_search(kShapeArithmetic, node.op) ||
      FindOp(node.op)->reference == nullptr) {
    return false;
  }
  std::vector<const Tensor*> inputs;
  for (const ValueId id : node.inputs) {
    const Tensor* constant = graph_.constant(id);
    if (id != kNoValue && (constant == nullptr || !IsSmall(constant->type()))) {
      return false;
    }
    inputs.push_back(constant);
  }
  std::int64_t bytes = 0;
  for (const ValueId id : node.outputs) {
    if (id == kNoValue || !IsSmall(graph_.type(id))) return false;
    bytes += graph_.type(id).byte_count();
  }
  if (bytes > kFoldedBytesTotalMax - folded_bytes_) return false;
  folded_bytes_ += bytes;
  SKERRY_ASSIGN_OR_RETURN(std::vector<Tensor> results,
                          EvaluateNode(graph_, node, inputs));
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    graph_.value(node.outputs[i]).constant =
        std::make_shared<const Tensor>(std::move(results[i]));
  }
  return true;
}

}  // namespace skerry::compiler
