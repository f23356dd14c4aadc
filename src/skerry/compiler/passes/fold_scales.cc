#include <algorithm>
#include <functional>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// A convolution or matrix product with constant weights and nothing fused
/// behind its bias.
struct WeightedProduct {
  NodeIndex index;
  const Node* node;
  const Tensor* weight;
  int channel_axis;  ///< of its output
  std::int64_t channels;
};

class ScaleFolder {
 public:
  explicit ScaleFolder(Editor& editor)
      : editor_(editor), graph_(editor.graph()) {}

  /// Into producers from the first node to the last, into users the other way
  /// round, so that of a chain of scales all can follow each other.
  void Run() {
    const NodeIndex count = editor_.size();
    for (NodeIndex i = 0; i < count; ++i) {
      const std::size_t x = ScaledOperand(i);
      if (x < 2) FoldIntoProducer(i, x);
    }
    for (NodeIndex i = count - 1; i >= 0; --i) {
      const std::size_t x = ScaledOperand(i);
      if (x < 2) FoldIntoUser(i, x);
    }
  }

 private:
  /// Which operand of a Mul or Add is not the constant one; 2 if the node is
  /// none with a constant.
  std::size_t ScaledOperand(NodeIndex index) const {
    const Node& node = editor_.node(index);
    if (editor_.removed(index) || (node.op != "Mul" && node.op != "Add")) {
      return 2;
    }
    if (graph_.constant(node.inputs[1]) != nullptr) return 0;
    return graph_.constant(node.inputs[0]) != nullptr ? 1 : 2;
  }

  std::optional<WeightedProduct> ProductAt(NodeIndex index) const {
    if (index == kNoNode) return std::nullopt;
    const Node& node = editor_.node(index);
    const bool matrix = node.op == "MatMul";
    if (!matrix && node.op != "Conv" && node.op != "ConvTranspose") {
      return std::nullopt;
    }
    const Tensor* weight = graph_.constant(node.inputs[1]);
    const ValueId bias = InputOf(node, 2);
    if (weight == nullptr || weight->data_type() != DataType::kFloat32 ||
        InputOf(node, 3) != kNoValue || node.attributes.Has("activation") ||
        (matrix && weight->shape().rank() != 2)) {
      return std::nullopt;
    }
    const Shape& shape = graph_.shape(node.outputs[0]);
    const int axis = matrix ? shape.rank() - 1 : ChannelAxis(graph_, node);
    if (bias != kNoValue && !PerChannel(graph_, bias, 1, 0, shape[axis])) {
      return std::nullopt;
    }
    return WeightedProduct{index, &node, weight, axis, shape[axis]};
  }

  /// The bias of `product`, zeros if it has none.
  std::vector<float> BiasOf(const WeightedProduct& product) const {
    const ValueId id = InputOf(*product.node, 2);
    const auto given = id == kNoValue
                           ? std::nullopt
                           : PerChannel(graph_, id, 1, 0, product.channels);
    return given.value_or(
        std::vector<float>(static_cast<std::size_t>(product.channels)));
  }

  void SetBias(const WeightedProduct& product, const std::vector<float>& bias) {
    std::vector<ValueId> inputs = product.node->inputs;
    inputs.resize(std::max<std::size_t>(inputs.size(), 3), kNoValue);
    inputs[2] = editor_.AddConstant(
        inputs[2] == kNoValue ? inputs[1] : inputs[2], FloatsTensor(bias));
    editor_.SetInputs(product.index, std::move(inputs));
  }

  /// Multiplies each weight by `factor(i)`, i its index in memory.
  void ScaleWeight(const WeightedProduct& product,
                   const std::function<double(std::int64_t)>& factor) {
    Tensor scaled = *product.weight;
    std::int64_t i = 0;
    for (float& value : scaled.data<float>()) {
      value = static_cast<float>(value * factor(i++));
    }
    const ValueId old = product.node->inputs[1];
    editor_.SetInput(product.index, 1,
                     editor_.AddConstant(old, std::move(scaled)));
  }

  /// Which output channel a weight belongs to.
  std::function<std::int64_t(std::int64_t)> OutputChannel(
      const WeightedProduct& product) const {
    const Shape& shape = product.weight->shape();
    if (product.node->op == "MatMul") {
      return [columns = shape[1]](std::int64_t i) { return i % columns; };
    }
    const std::int64_t outer = shape.element_count() / shape[0];
    if (product.node->op == "Conv") {
      return [outer](std::int64_t i) { return i / outer; };
    }
    // [input channels, output channels of a group, ...]
    const std::int64_t kernel = outer / shape[1];
    const std::int64_t group_inputs =
        shape[0] / product.node->attributes.Int("group", 1);
    return [=, outputs = shape[1]](std::int64_t i) {
      const std::int64_t group = i / outer / group_inputs;
      return group * outputs + i % outer / kernel;
    };
  }

  /// Mul or Add behind a product: into weights and bias.
  void FoldIntoProducer(NodeIndex index, std::size_t x) {
    const Node& node = editor_.node(index);
    const ValueId made = node.inputs[x];
    if (graph_.type(made) != graph_.type(node.outputs[0]) ||
        editor_.UseCount(made) != 1) {
      return;
    }
    const auto product = ProductAt(editor_.Producer(made));
    if (!product.has_value()) return;
    const auto values =
        PerChannel(graph_, node.inputs[1 - x], graph_.shape(made).rank(),
                   product->channel_axis, product->channels);
    if (!values.has_value()) return;
    std::vector<float> bias = BiasOf(*product);
    const bool had_bias = InputOf(*product->node, 2) != kNoValue;
    if (node.op == "Add") {
      for (std::size_t c = 0; c < bias.size(); ++c) bias[c] += (*values)[c];
      SetBias(*product, bias);
    } else {
      const auto channel = OutputChannel(*product);
      ScaleWeight(*product, [&](std::int64_t i) {
        return double{(*values)[static_cast<std::size_t>(channel(i))]};
      });
      for (std::size_t c = 0; c < bias.size(); ++c) bias[c] *= (*values)[c];
      if (had_bias) SetBias(*product, bias);
    }
    editor_.ReplaceUses(node.outputs[0], made);
  }

  /// Mul before convolutions, Add before those without padding: into weights
  /// and bias, if all users can take it.
  void FoldIntoUser(NodeIndex index, std::size_t x) {
    const Node& node = editor_.node(index);
    const ValueId made = node.outputs[0];
    if (editor_.UseCount(made) != 1 || editor_.Users(made).empty() ||
        graph_.type(node.inputs[x]) != graph_.type(made)) {
      return;
    }
    const auto product = ProductAt(editor_.Users(made)[0]);
    if (!product.has_value() || product->node->op != "Conv" ||
        product->node->inputs[0] != made) {
      return;
    }
    const Dims pads = product->node->attributes.Ints("pads");
    const bool padded =
        std::ranges::any_of(pads, [](std::int64_t pad) { return pad != 0; });
    if (node.op == "Add" && padded) return;
    const int axis = ChannelAxis(graph_, *product->node);
    const auto values =
        PerChannel(graph_, node.inputs[1 - x], graph_.shape(made).rank(), axis,
                   graph_.shape(made)[axis]);
    if (!values.has_value()) return;
    const auto input_value = [&](std::int64_t i) {
      return double{(*values)[InputChannel(*product, i)]};
    };
    if (node.op == "Mul") {
      ScaleWeight(*product, input_value);
    } else {
      AddToBias(*product, input_value);
    }
    editor_.SetInput(product->index, 0, node.inputs[x]);
  }

  /// Which input channel a weight of a Conv reads.
  std::size_t InputChannel(const WeightedProduct& product,
                           std::int64_t i) const {
    const Shape& shape = product.weight->shape();
    const std::int64_t outer = shape.element_count() / shape[0];
    const std::int64_t kernel = outer / shape[1];
    const std::int64_t group_outputs =
        shape[0] / product.node->attributes.Int("group", 1);
    const std::int64_t group = i / outer / group_outputs;
    return static_cast<std::size_t>(group * shape[1] + i % outer / kernel);
  }

  /// What adding `value(i)` to the input of each weight adds to the output.
  void AddToBias(const WeightedProduct& product,
                 const std::function<double(std::int64_t)>& value) {
    const auto weights = product.weight->data<float>();
    std::vector<float> bias = BiasOf(product);
    const std::size_t outer = weights.size() / bias.size();
    for (std::size_t c = 0; c < bias.size(); ++c) {
      double sum = bias[c];
      for (std::size_t k = c * outer; k < (c + 1) * outer; ++k) {
        sum += weights[k] * value(static_cast<std::int64_t>(k));
      }
      bias[c] = static_cast<float>(sum);
    }
    SetBias(product, bias);
  }

  Editor& editor_;
  const Graph& graph_;
};

}  // namespace

Result<bool> FoldScales(Graph& graph) {
  Editor editor(graph);
  ScaleFolder(editor).Run();
  return editor.changed();
}

}  // namespace skerry::compiler
