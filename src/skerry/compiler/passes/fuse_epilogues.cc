#include <algorithm>
#include <array>
#include <limits>

#include "skerry/compiler/ops/activation.h"
#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// The parameters of an activation, as its node's attributes have them.
struct ParameterRow {
  std::string_view op;
  std::string_view alpha;  ///< attribute that becomes activation_alpha
  float alpha_default;
  std::string_view beta;
  float beta_default;
};

constexpr auto kParameters =
    std::to_array<ParameterRow>({{"Elu", "alpha", 1, "", 0},
                                 {"HardSigmoid", "alpha", 0.2F, "beta", 0.5F},
                                 {"LeakyRelu", "alpha", 0.01F, "", 0},
                                 {"Selu", "alpha", 1.67326319217681884765625F,
                                  "gamma", 1.05070102214813232421875F}});

struct Activation {
  std::string name;
  std::optional<float> alpha;
  std::optional<float> beta;
};

/// What `node` becomes inside another node, if it can.
std::optional<Activation> ActivationOf(const Graph& graph, const Node& node) {
  if (!IsFusedActivation(node.op) ||
      node.attributes.Text("approximate", "none") != "none") {
    return std::nullopt;
  }
  Activation activation;
  activation.name = node.op;
  if (node.op == "Clip") {
    const float infinity = std::numeric_limits<float>::infinity();
    const ValueId low = InputOf(node, 1);
    const ValueId high = InputOf(node, 2);
    activation.alpha = low == kNoValue ? -infinity : ScalarOf(graph, low);
    activation.beta = high == kNoValue ? infinity : ScalarOf(graph, high);
    if (!activation.alpha.has_value() || !activation.beta.has_value()) {
      return std::nullopt;
    }
  }
  const auto* row = std::ranges::find(kParameters, node.op, &ParameterRow::op);
  if (row != kParameters.end()) {
    activation.alpha = node.attributes.Float(row->alpha, row->alpha_default);
    if (!row->beta.empty()) {
      activation.beta = node.attributes.Float(row->beta, row->beta_default);
    }
  }
  return activation;
}

class EpilogueFuser {
 public:
  explicit EpilogueFuser(Editor& editor)
      : editor_(editor), graph_(editor.graph()) {}

  /// From the last node to the first: where both operands of an Add could
  /// take it, the later one does, whose operands are all there anyway.
  void Run() {
    for (NodeIndex i = editor_.size() - 1; i >= 0; --i) {
      if (editor_.removed(i) || !HasEpilogue(editor_.node(i))) continue;
      while (FuseActivation(i) || FuseResidual(i)) {
      }
    }
  }

 private:
  bool HasEpilogue(const Node& node) const {
    return (node.op == "Conv" || node.op == "ConvTranspose" ||
            node.op == "MatMul") &&
           graph_.type(node.outputs[0]).type == DataType::kFloat32;
  }

  /// The only user of what node `index` makes.
  NodeIndex OnlyUser(NodeIndex index) const {
    const ValueId output = editor_.node(index).outputs[0];
    return editor_.UseCount(output) == 1 && !editor_.IsGraphOutput(output)
               ? editor_.Users(output)[0]
               : kNoNode;
  }

  bool FuseActivation(NodeIndex index) {
    const Node& node = editor_.node(index);
    const NodeIndex user = OnlyUser(index);
    if (user == kNoNode || node.attributes.Has("activation")) return false;
    const auto activation = ActivationOf(graph_, editor_.node(user));
    if (!activation.has_value() ||
        editor_.node(user).inputs[0] != node.outputs[0]) {
      return false;
    }
    Attributes attributes = node.attributes;
    attributes.Set("activation", activation->name);
    if (activation->alpha) {
      attributes.SetFloat("activation_alpha", *activation->alpha);
    }
    if (activation->beta) {
      attributes.SetFloat("activation_beta", *activation->beta);
    }
    editor_.SetAttributes(index, std::move(attributes));
    editor_.TakeOutput(index, editor_.node(user).outputs[0]);
    return true;
  }

  /// y = activation(product + bias + residual), or, if the node has its
  /// activation already, activation(product + bias) + residual. The residual
  /// cannot depend on the node: the Add is the node's only user.
  bool FuseResidual(NodeIndex index) {
    const Node& node = editor_.node(index);
    const NodeIndex user = OnlyUser(index);
    if (user == kNoNode || node.op == "ConvTranspose" ||
        InputOf(node, 3) != kNoValue) {
      return false;
    }
    const Node& add = editor_.node(user);
    if (add.op != "Add") return false;
    const ValueId residual =
        add.inputs[add.inputs[0] == node.outputs[0] ? 1 : 0];
    if (graph_.constant(residual) != nullptr ||
        graph_.type(residual) != graph_.type(node.outputs[0]) ||
        graph_.type(add.outputs[0]) != graph_.type(node.outputs[0])) {
      return false;
    }
    std::vector<ValueId> inputs = node.inputs;
    inputs.resize(4, kNoValue);
    inputs[3] = residual;
    if (node.attributes.Has("activation")) {
      Attributes attributes = node.attributes;
      attributes.SetInt("activation_before_residual", 1);
      editor_.SetAttributes(index, std::move(attributes));
    }
    const ValueId output = add.outputs[0];
    editor_.SetInputs(index, std::move(inputs));
    editor_.TakeOutput(index, output);
    return true;
  }

  Editor& editor_;
  const Graph& graph_;
};

}  // namespace

Result<bool> FuseEpilogues(Graph& graph) {
  Editor editor(graph);
  EpilogueFuser(editor).Run();
  return editor.changed();
}

}  // namespace skerry::compiler
