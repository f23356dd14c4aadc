// Types of matrix products.
#include <algorithm>
#include <map>

#include "skerry/compiler/ops/activation.h"
#include "skerry/compiler/ops/infer.h"
#include "skerry/compiler/ops/operands.h"

namespace skerry::compiler {
namespace {

Error InnerMismatch(const Shape& a, std::int64_t a_inner, const Shape& b,
                    std::int64_t b_inner) {
  return InvalidArgument("inner extents differ: " + std::to_string(a_inner) +
                         " in " + a.ToString() + ", " +
                         std::to_string(b_inner) + " in " + b.ToString());
}

/// numpy's matmul.
Result<Shape> MatMulShape(const TensorType& a, const TensorType& b) {
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(a, 1, "A"));
  SKERRY_RETURN_IF_ERROR(WantRankAtLeast(b, 1, "B"));
  Dims left = a.shape.dims();
  Dims right = b.shape.dims();
  const bool left_vector = left.size() == 1;
  const bool right_vector = right.size() == 1;
  if (left_vector) left.insert(left.begin(), 1);
  if (right_vector) right.push_back(1);
  const std::int64_t inner = left.back();
  const std::int64_t rows = left[left.size() - 2];
  const std::int64_t columns = right.back();
  if (right[right.size() - 2] != inner) {
    return InnerMismatch(a.shape, inner, b.shape, right[right.size() - 2]);
  }
  left.resize(left.size() - 2);
  right.resize(right.size() - 2);
  SKERRY_ASSIGN_OR_RETURN(const Shape batch,
                          Broadcast(Shape(left), Shape(right)));
  Dims dims = batch.dims();
  if (!left_vector) dims.push_back(rows);
  if (!right_vector) dims.push_back(columns);
  return Shape::Create(std::move(dims));
}

/// Bias and residual behind the sums.
Result<Types> FinishProduct(const Graph& graph, const Node& node,
                            TensorType output) {
  if (HasInput(node, 2)) {
    const TensorType& bias = InputType(graph, node, 2);
    SKERRY_RETURN_IF_ERROR(WantSameType(output, bias, "the inputs", "'C'"));
    SKERRY_RETURN_IF_ERROR(WantBroadcastsTo(bias.shape, output.shape, "'C'"));
  }
  SKERRY_RETURN_IF_ERROR(CheckEpilogue(graph, node, 3, output));
  return Types{std::move(output)};
}

Result<void> WantByte(const TensorType& type, std::string_view name) {
  if (type.type == DataType::kInt8 || type.type == DataType::kUint8) return {};
  return InvalidArgument(std::string(name) + " is " +
                         std::string(DataTypeName(type.type)) +
                         ", want int8 or uint8");
}

Result<void> WantScalarLike(const TensorType& type, DataType wanted,
                            std::string_view name) {
  SKERRY_RETURN_IF_ERROR(WantType(type, wanted, name));
  if (type.shape.element_count() == 1 && type.shape.rank() <= 1) return {};
  return Unimplemented(std::string(name) + " has shape " +
                       type.shape.ToString() + ", only scalars are supported");
}

/// The subscripts of one Einsum operand, "..." written as its own letters.
struct Subscripts {
  std::vector<std::string> inputs;
  std::string output;
};

Result<Subscripts> ParseEquation(const std::string& equation,
                                 std::size_t inputs) {
  const auto bad = [&](const std::string& why) {
    return InvalidArgument("attribute 'equation' is '" + equation +
                           "': " + why);
  };
  std::string text;
  std::ranges::copy_if(equation, std::back_inserter(text),
                       [](char c) { return c != ' '; });
  const std::size_t arrow = text.find("->");
  if (arrow == std::string::npos) {
    return Unimplemented("attribute 'equation' is '" + equation +
                         "': only equations with '->' are supported");
  }
  Subscripts parsed;
  parsed.output = text.substr(arrow + 2);
  std::string operand;
  for (const char c : text.substr(0, arrow) + ",") {
    if (c == ',') {
      parsed.inputs.push_back(std::exchange(operand, ""));
    } else {
      operand += c;
    }
  }
  if (parsed.inputs.size() != inputs) {
    return bad("has " + std::to_string(parsed.inputs.size()) +
               " operands, the node has " + std::to_string(inputs));
  }
  for (const char c : parsed.output + text.substr(0, arrow)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == '.') {
      return Unimplemented("attribute 'equation' is '" + equation +
                           "': '...' is not supported");
    }
    if (!letter && c != ',') return bad("wants letters only");
  }
  return parsed;
}

}  // namespace

Result<Types> InferMatMul(const Graph& graph, const Node& node) {
  const TensorType& a = InputType(graph, node, 0);
  const TensorType& b = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantNumber(a, "A"));
  SKERRY_RETURN_IF_ERROR(WantSameType(a, b, "A", "B"));
  SKERRY_ASSIGN_OR_RETURN(Shape shape, MatMulShape(a, b));
  return FinishProduct(graph, node, {a.type, std::move(shape)});
}

Result<Types> InferGemm(const Graph& graph, const Node& node) {
  const TensorType& a = InputType(graph, node, 0);
  const TensorType& b = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantNumber(a, "A"));
  SKERRY_RETURN_IF_ERROR(WantSameType(a, b, "A", "B"));
  SKERRY_RETURN_IF_ERROR(WantRank(a, 2, "A"));
  SKERRY_RETURN_IF_ERROR(WantRank(b, 2, "B"));
  const int a_turned = node.attributes.Int("transA", 0) != 0 ? 1 : 0;
  const int b_turned = node.attributes.Int("transB", 0) != 0 ? 1 : 0;
  const std::int64_t inner = a.shape[1 - a_turned];
  if (inner != b.shape[b_turned]) {
    return InnerMismatch(a.shape, inner, b.shape, b.shape[b_turned]);
  }
  SKERRY_ASSIGN_OR_RETURN(
      Shape shape, Shape::Create({a.shape[a_turned], b.shape[1 - b_turned]}));
  return FinishProduct(graph, node, {a.type, std::move(shape)});
}

Result<Types> InferMatMulInteger(const Graph& graph, const Node& node) {
  const TensorType& a = InputType(graph, node, 0);
  const TensorType& b = InputType(graph, node, 1);
  SKERRY_RETURN_IF_ERROR(WantByte(a, "A"));
  SKERRY_RETURN_IF_ERROR(WantByte(b, "B"));
  for (int i = 2; i < 4; ++i) {
    if (!HasInput(node, i)) continue;
    SKERRY_RETURN_IF_ERROR(
        WantScalarLike(InputType(graph, node, i), (i == 2 ? a : b).type,
                       i == 2 ? "a_zero_point" : "b_zero_point"));
  }
  SKERRY_ASSIGN_OR_RETURN(Shape shape, MatMulShape(a, b));
  return Types{{DataType::kInt32, std::move(shape)}};
}

Result<Types> InferQLinearMatMul(const Graph& graph, const Node& node) {
  const auto type = [&](int i) -> const TensorType& {
    return InputType(graph, node, i);
  };
  const TensorType& a = type(0);
  const TensorType& b = type(3);
  SKERRY_RETURN_IF_ERROR(WantByte(a, "A"));
  SKERRY_RETURN_IF_ERROR(WantByte(b, "B"));
  SKERRY_RETURN_IF_ERROR(WantByte(type(7), "y_zero_point"));
  constexpr DataType kReal = DataType::kFloat32;
  SKERRY_RETURN_IF_ERROR(WantScalarLike(type(1), kReal, "a_scale"));
  SKERRY_RETURN_IF_ERROR(WantScalarLike(type(2), a.type, "a_zero_point"));
  SKERRY_RETURN_IF_ERROR(WantScalarLike(type(4), kReal, "b_scale"));
  SKERRY_RETURN_IF_ERROR(WantScalarLike(type(5), b.type, "b_zero_point"));
  SKERRY_RETURN_IF_ERROR(WantScalarLike(type(6), kReal, "y_scale"));
  SKERRY_RETURN_IF_ERROR(WantScalarLike(type(7), type(7).type, "y_zero_point"));
  SKERRY_ASSIGN_OR_RETURN(Shape shape, MatMulShape(a, b));
  return Types{{type(7).type, std::move(shape)}};
}

Result<Types> InferEinsum(const Graph& graph, const Node& node) {
  SKERRY_ASSIGN_OR_RETURN(
      const Subscripts subscripts,
      ParseEquation(node.attributes.Text("equation", ""), node.inputs.size()));
  std::map<char, std::int64_t> extents;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const int index = static_cast<int>(i);
    const std::string name = "input " + std::to_string(i);
    const TensorType& x = InputType(graph, node, index);
    SKERRY_RETURN_IF_ERROR(WantNumber(x, name));
    SKERRY_RETURN_IF_ERROR(
        WantSameType(InputType(graph, node, 0), x, "input 0", name));
    const std::string& letters = subscripts.inputs[i];
    SKERRY_RETURN_IF_ERROR(WantRank(x, static_cast<int>(letters.size()), name));
    for (std::size_t axis = 0; axis < letters.size(); ++axis) {
      const std::int64_t extent = x.shape[static_cast<int>(axis)];
      const auto [at, added] = extents.emplace(letters[axis], extent);
      if (at->second != extent) {
        return InvalidArgument("subscript '" + std::string(1, letters[axis]) +
                               "' is both " + std::to_string(at->second) +
                               " and " + std::to_string(extent));
      }
    }
  }
  Dims dims;
  for (const char letter : subscripts.output) {
    const auto found = extents.find(letter);
    if (found == extents.end() ||
        std::ranges::count(subscripts.output, letter) > 1) {
      return InvalidArgument("output subscript '" + std::string(1, letter) +
                             "' must be in the inputs, and once");
    }
    dims.push_back(found->second);
  }
  return OneOutput(InputType(graph, node, 0).type, std::move(dims));
}

}  // namespace skerry::compiler
