#include <algorithm>
#include <cmath>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

bool IsFloat32(const Graph& graph, ValueId id) {
  return graph.type(id).type == DataType::kFloat32;
}

/// y = x * s + (b - mean * s), with s = scale / sqrt(variance + epsilon).
Result<void> SpellOutBatchNorm(Editor& editor, NodeIndex index) {
  const Graph& graph = editor.graph();
  const Node& node = editor.node(index);
  for (std::size_t i = 1; i < 5; ++i) {
    if (graph.constant(node.inputs[i]) == nullptr) return {};
  }
  if (!IsFloat32(graph, node.inputs[0])) return {};
  const auto values = [&](std::size_t i) {
    return graph.constant(node.inputs[i])->data<float>();
  };
  const double epsilon = node.attributes.Float("epsilon", 1e-5F);
  std::vector<float> factors;
  std::vector<float> offsets;
  for (std::size_t c = 0; c < values(1).size(); ++c) {
    const double factor =
        values(1)[c] / std::sqrt(double{values(4)[c]} + epsilon);
    factors.push_back(static_cast<float>(factor));
    offsets.push_back(
        static_cast<float>(double{values(2)[c]} - values(3)[c] * factor));
  }
  const int rank = graph.shape(node.inputs[0]).rank();
  Dims dims(static_cast<std::size_t>(std::max(rank, 2)), 1);
  const int channel = ChannelAxis(graph, node);
  dims[static_cast<std::size_t>(channel)] =
      static_cast<std::int64_t>(factors.size());
  const ValueId factor = editor.AddConstant(
      node.inputs[1],
      Tensor::Of<float>(Shape(dims), std::span<const float>(factors)));
  const ValueId offset = editor.AddConstant(
      node.inputs[2],
      Tensor::Of<float>(Shape(dims), std::span<const float>(offsets)));
  SKERRY_ASSIGN_OR_RETURN(const ValueId product,
                          editor.Add(index, "Mul", {node.inputs[0], factor}));
  SKERRY_ASSIGN_OR_RETURN(const ValueId sum,
                          editor.Add(index, "Add", {product, offset}));
  editor.ReplaceUses(node.outputs[0], sum);
  return {};
}

/// `x` with its two axes exchanged if `turned`, times `factor`.
Result<ValueId> GemmOperand(Editor& editor, NodeIndex index, ValueId x,
                            bool turned, float factor) {
  if (turned) {
    SKERRY_ASSIGN_OR_RETURN(x, AddTranspose(editor, index, x, {1, 0}));
  }
  if (factor == 1) return x;
  const ValueId scale = editor.AddConstant(x, Tensor::Of<float>({}, {factor}));
  return editor.Add(index, "Mul", {x, scale});
}

/// C as a bias of one element for each of `columns`, if it is that; constant.
Result<ValueId> GemmBias(Editor& editor, NodeIndex index, ValueId c,
                         std::int64_t columns) {
  if (c == kNoValue) return kNoValue;
  const auto values = PerChannel(editor.graph(), c, 2, 1, columns);
  if (!values.has_value()) return kNoValue;
  const float beta = editor.node(index).attributes.Float("beta", 1);
  std::vector<float> bias = *values;
  for (float& value : bias) value *= beta;
  return editor.AddConstant(c, FloatsTensor(bias));
}

Result<void> MakeMatMul(Editor& editor, NodeIndex index) {
  const Graph& graph = editor.graph();
  const Node& node = editor.node(index);
  if (!IsFloat32(graph, node.inputs[0]) || node.attributes.Has("activation")) {
    return {};
  }
  const Attributes& attributes = node.attributes;
  SKERRY_ASSIGN_OR_RETURN(const ValueId a,
                          GemmOperand(editor, index, node.inputs[0],
                                      attributes.Int("transA", 0) != 0, 1));
  SKERRY_ASSIGN_OR_RETURN(const ValueId b,
                          GemmOperand(editor, index, node.inputs[1],
                                      attributes.Int("transB", 0) != 0,
                                      attributes.Float("alpha", 1)));
  const ValueId c = InputOf(node, 2);
  SKERRY_ASSIGN_OR_RETURN(
      const ValueId bias,
      GemmBias(editor, index, c, graph.shape(node.outputs[0])[1]));
  std::vector<ValueId> inputs = {a, b};
  if (bias != kNoValue) inputs.push_back(bias);
  SKERRY_ASSIGN_OR_RETURN(ValueId result, editor.Add(index, "MatMul", inputs));
  if (c != kNoValue && bias == kNoValue) {
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId scaled,
        GemmOperand(editor, index, c, false, attributes.Float("beta", 1)));
    SKERRY_ASSIGN_OR_RETURN(result, editor.Add(index, "Add", {result, scaled}));
  }
  editor.ReplaceUses(node.outputs[0], result);
  return {};
}

/// x - c to x + -c, x / c to x * (1 / c), for constants c.
void TurnAround(Editor& editor, NodeIndex index) {
  const Node& node = editor.node(index);
  const Tensor* constant = editor.graph().constant(node.inputs[1]);
  if (constant == nullptr || constant->data_type() != DataType::kFloat32) {
    return;
  }
  const bool quotient = node.op == "Div";
  Tensor turned = *constant;
  for (float& value : turned.data<float>()) {
    value = quotient ? 1 / value : -value;
    // Dividing by a tiny number is not multiplying by an infinite one.
    if (!std::isfinite(value)) return;
  }
  editor.SetInput(index, 1,
                  editor.AddConstant(node.inputs[1], std::move(turned)));
  editor.SetOp(index, quotient ? "Mul" : "Add");
}

/// Constants of Add and Mul come second.
void PutConstantSecond(Editor& editor, NodeIndex index) {
  const Node& node = editor.node(index);
  if (editor.graph().constant(node.inputs[0]) != nullptr &&
      editor.graph().constant(node.inputs[1]) == nullptr) {
    editor.SetInputs(index, {node.inputs[1], node.inputs[0]});
  }
}

/// A mean or maximum over all of space to a global pool.
Result<void> MakeGlobalPool(Editor& editor, NodeIndex index) {
  const Graph& graph = editor.graph();
  const Node& node = editor.node(index);
  const ValueId x = node.inputs[0];
  if (graph.shape(x).rank() != 4 || !IsFloat32(graph, x) ||
      graph.shape(x).element_count() == 0 || InputOf(node, 1) == kNoValue) {
    return {};
  }
  auto axes = IntsOf(graph, node.inputs[1]);
  if (!axes.has_value()) return {};
  for (std::int64_t& axis : *axes) axis += axis < 0 ? 4 : 0;
  std::ranges::sort(*axes);
  Attributes attributes;
  if (*axes == Dims{1, 2}) {
    attributes.Set("layout", std::string("NHWC"));
  } else if (*axes != Dims{2, 3}) {
    return {};
  }
  SKERRY_ASSIGN_OR_RETURN(
      const ValueId pooled,
      editor.Add(
          index,
          node.op == "ReduceMean" ? "GlobalAveragePool" : "GlobalMaxPool", {x},
          std::move(attributes)));
  SKERRY_ASSIGN_OR_RETURN(
      const ValueId shaped,
      AddReshape(editor, index, pooled, graph.shape(node.outputs[0]).dims()));
  editor.ReplaceUses(node.outputs[0], shaped);
  return {};
}

/// An average over all of space, without padding, to a global pool.
Result<void> WidenPool(Editor& editor, NodeIndex index) {
  const Graph& graph = editor.graph();
  const Node& node = editor.node(index);
  const Shape& shape = graph.shape(node.inputs[0]);
  const Dims kernel = node.attributes.Ints("kernel_shape");
  const auto first = shape.dims().begin() + SpatialAxis(node);
  const Dims pads = node.attributes.Ints("pads");
  const auto made = graph.shape(node.outputs[0]).dims().begin() +  //
                    SpatialAxis(node);
  // ceil_mode may make a second window, which hangs over.
  if (!std::equal(kernel.begin(), kernel.end(), first) ||
      std::any_of(made, made + std::ssize(kernel),
                  [](std::int64_t extent) { return extent != 1; }) ||
      std::ranges::any_of(pads, [](std::int64_t pad) { return pad != 0; })) {
    return {};
  }
  Attributes attributes;
  if (node.attributes.Has("layout")) {
    attributes.Set("layout", node.attributes.Text("layout", ""));
  }
  SKERRY_ASSIGN_OR_RETURN(const ValueId pooled,
                          editor.Add(index, "GlobalAveragePool",
                                     {node.inputs[0]}, std::move(attributes)));
  editor.ReplaceUses(node.outputs[0], pooled);
  return {};
}

/// DepthToSpace and SpaceToDepth as a Transpose between two Reshapes, which can
/// meet others.
Result<void> SpellOutBlocks(Editor& editor, NodeIndex index) {
  const Graph& graph = editor.graph();
  const Node& node = editor.node(index);
  if (node.attributes.Text("layout", "NCHW") != "NCHW") return {};
  const std::int64_t block = node.attributes.Int("blocksize", 1);
  const Shape from = graph.shape(node.inputs[0]);
  const Dims to = graph.shape(node.outputs[0]).dims();
  const bool channels_first = node.attributes.Text("mode", "DCR") == "CRD";
  Dims split = {from[0], from[1], to[2], block, to[3], block};
  Dims perm = {0, 3, 5, 1, 2, 4};
  if (node.op == "DepthToSpace") {
    split = channels_first
                ? Dims{from[0], to[1], block, block, from[2], from[3]}
                : Dims{from[0], block, block, to[1], from[2], from[3]};
    perm = channels_first ? Dims{0, 1, 4, 2, 5, 3} : Dims{0, 3, 4, 1, 5, 2};
  }
  SKERRY_ASSIGN_OR_RETURN(ValueId x,
                          AddReshape(editor, index, node.inputs[0], split));
  SKERRY_ASSIGN_OR_RETURN(x, AddTranspose(editor, index, x, perm));
  SKERRY_ASSIGN_OR_RETURN(x, AddReshape(editor, index, x, to));
  editor.ReplaceUses(node.outputs[0], x);
  return {};
}

/// A slope that is the same everywhere is LeakyRelu's.
Result<void> MakeLeakyRelu(Editor& editor, NodeIndex index) {
  const Node& node = editor.node(index);
  const auto slope = ScalarOf(editor.graph(), node.inputs[1]);
  if (!slope.has_value()) return {};
  Attributes attributes;
  attributes.SetFloat("alpha", *slope);
  SKERRY_ASSIGN_OR_RETURN(
      const ValueId result,
      editor.Add(index, "LeakyRelu", {node.inputs[0]}, std::move(attributes)));
  editor.ReplaceUses(node.outputs[0], result);
  return {};
}

Result<void> CanonicaliseNode(Editor& editor, NodeIndex index) {
  const std::string& op = editor.node(index).op;
  if (op == "BatchNormalization") return SpellOutBatchNorm(editor, index);
  if (op == "AveragePool") return WidenPool(editor, index);
  if (op == "DepthToSpace" || op == "SpaceToDepth") {
    return SpellOutBlocks(editor, index);
  }
  if (op == "Gemm") return MakeMatMul(editor, index);
  if (op == "PRelu") return MakeLeakyRelu(editor, index);
  if (op == "ReduceMean" || op == "ReduceMax") {
    return MakeGlobalPool(editor, index);
  }
  if (op == "Sub" || op == "Div") {
    TurnAround(editor, index);
  } else if (op == "Add" || op == "Mul") {
    PutConstantSecond(editor, index);
  }
  return {};
}

}  // namespace

Result<bool> Canonicalise(Graph& graph) {
  Editor editor(graph);
  for (NodeIndex i = 0; i < editor.size(); ++i) {
    if (!editor.removed(i)) {
      SKERRY_RETURN_IF_ERROR(CanonicaliseNode(editor, i));
    }
  }
  return editor.changed();
}

}  // namespace skerry::compiler
