#include "skerry/compiler/passes/match.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace skerry::compiler {

bool IsElementwise(std::string_view op) {
  static constexpr auto kOps = std::to_array<std::string_view>(
      {"Abs",         "Acos",        "Acosh",
       "Add",         "And",         "Asin",
       "Asinh",       "Atan",        "Atanh",
       "BitShift",    "BitwiseAnd",  "BitwiseNot",
       "BitwiseOr",   "BitwiseXor",  "Cast",
       "Ceil",        "Celu",        "Clip",
       "Cos",         "Cosh",        "Div",
       "Elementwise", "Elu",         "Equal",
       "Erf",         "Exp",         "Floor",
       "Gelu",        "Greater",     "GreaterOrEqual",
       "HardSigmoid", "HardSwish",   "Identity",
       "IsInf",       "IsNaN",       "LeakyRelu",
       "Less",        "LessOrEqual", "Log",
       "Max",         "Min",         "Mish",
       "Mod",         "Mul",         "Neg",
       "Not",         "Or",          "PRelu",
       "Pow",         "Reciprocal",  "Relu",
       "Round",       "Selu",        "Shrink",
       "Sigmoid",     "Sign",        "Silu",
       "Sin",         "Sinh",        "Softplus",
       "Softsign",    "Sqrt",        "Sub",
       "Tan",         "Tanh",        "ThresholdedRelu",
       "Where",       "Xor"});
  static_assert(std::ranges::is_sorted(kOps));
  return std::ranges::binary_search(kOps, op);
}

std::optional<float> ScalarOf(const Graph& graph, ValueId id) {
  const Tensor* tensor = graph.constant(id);
  if (tensor == nullptr || tensor->data_type() != DataType::kFloat32 ||
      tensor->shape().element_count() != 1) {
    return std::nullopt;
  }
  return tensor->data<float>()[0];
}

bool IsScalar(const Graph& graph, ValueId id, double wanted) {
  const auto found = ScalarOf(graph, id);
  return found.has_value() &&
         std::abs(double{*found} - wanted) <= 1e-5 * std::abs(wanted);
}

std::optional<Dims> IntsOf(const Graph& graph, ValueId id) {
  const Tensor* tensor = graph.constant(id);
  if (tensor == nullptr) return std::nullopt;
  if (tensor->data_type() == DataType::kInt64) {
    const auto data = tensor->data<std::int64_t>();
    return Dims(data.begin(), data.end());
  }
  if (tensor->data_type() == DataType::kInt32) {
    const auto data = tensor->data<std::int32_t>();
    return Dims(data.begin(), data.end());
  }
  return std::nullopt;
}

ValueId InputOf(const Node& node, std::size_t index) {
  return index < node.inputs.size() ? node.inputs[index] : kNoValue;
}

std::optional<std::vector<float>> PerChannel(const Graph& graph, ValueId id,
                                             int rank, int axis,
                                             std::int64_t extent) {
  const Tensor* tensor = graph.constant(id);
  if (tensor == nullptr || tensor->data_type() != DataType::kFloat32 ||
      tensor->shape().rank() > rank) {
    return std::nullopt;
  }
  const Shape& shape = tensor->shape();
  const int offset = rank - shape.rank();
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != 1 && (i + offset != axis || shape[i] != extent)) {
      return std::nullopt;
    }
  }
  const auto data = tensor->data<float>();
  std::vector<float> values(data.begin(), data.end());
  if (values.size() == 1) {
    values.resize(static_cast<std::size_t>(extent), values[0]);
  }
  return values;
}

Tensor IntsTensor(const Dims& values) {
  return Tensor::Of<std::int64_t>({static_cast<std::int64_t>(values.size())},
                                  std::span<const std::int64_t>(values));
}

Tensor FloatsTensor(const std::vector<float>& values) {
  return Tensor::Of<float>({static_cast<std::int64_t>(values.size())},
                           std::span<const float>(values));
}

Result<ValueId> AddReshape(Editor& editor, NodeIndex origin, ValueId x,
                           const Dims& dims) {
  if (editor.graph().shape(x).dims() == dims) return x;
  const ValueId shape = editor.AddConstant(x, IntsTensor(dims));
  // Without allowzero, an extent of 0 would mean "as in the input".
  Attributes attributes;
  if (std::ranges::find(dims, 0) != dims.end()) {
    attributes.SetInt("allowzero", 1);
  }
  return editor.Add(origin, "Reshape", {x, shape}, std::move(attributes));
}

Result<ValueId> AddTranspose(Editor& editor, NodeIndex origin, ValueId x,
                             const Dims& perm) {
  if (IsIdentity(perm)) return x;
  Attributes attributes;
  attributes.Set("perm", perm);
  return editor.Add(origin, "Transpose", {x}, std::move(attributes));
}

Dims PermOf(const Graph& graph, const Node& transpose) {
  Dims reversed;
  for (int i = graph.shape(transpose.inputs[0]).rank() - 1; i >= 0; --i) {
    reversed.push_back(i);
  }
  return transpose.attributes.Ints("perm", std::move(reversed));
}

bool IsIdentity(const Dims& perm) {
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (std::cmp_not_equal(perm[i], i)) return false;
  }
  return true;
}

Dims Inverse(const Dims& perm) {
  Dims inverse(perm.size());
  for (std::size_t i = 0; i < perm.size(); ++i) {
    inverse[static_cast<std::size_t>(perm[i])] = static_cast<std::int64_t>(i);
  }
  return inverse;
}

Dims Compose(const Dims& first, const Dims& second) {
  Dims both;
  for (const std::int64_t axis : second) {
    both.push_back(first[static_cast<std::size_t>(axis)]);
  }
  return both;
}

int ChannelAxis(const Graph& graph, const Node& node) {
  return node.attributes.Text("layout", "NCHW") == "NHWC"
             ? graph.shape(node.inputs[0]).rank() - 1
             : 1;
}

int SpatialAxis(const Node& node) {
  return node.attributes.Text("layout", "NCHW") == "NHWC" ? 1 : 2;
}

}  // namespace skerry::compiler
