#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool IsClose(double found, double wanted) {
  return std::abs(found - wanted) <= 1e-5 * std::abs(wanted);
}

/// Bounds of a Clip with constant bounds, or of what is written otherwise.
struct Bounds {
  ValueId x;
  float low;
  float high;
};

/// A product, spelled out: factor * values[0] * values[1] * ...
struct Product {
  double factor = 1;
  std::vector<ValueId> values;
};

/// How long a product may be; longer ones are no activation.
constexpr std::size_t kProductMax = 4;

class ActivationRecogniser {
 public:
  explicit ActivationRecogniser(Editor& editor)
      : editor_(editor), graph_(editor.graph()) {}

  Result<void> Run() {
    for (NodeIndex i = 0; i < editor_.size(); ++i) {
      const Node& node = editor_.node(i);
      if (editor_.removed(i) || node.outputs.size() != 1 ||
          graph_.type(node.outputs[0]).type != DataType::kFloat32) {
        continue;
      }
      if (node.op == "Mul" || node.op == "Div") {
        SKERRY_RETURN_IF_ERROR(MatchProduct(i));
      } else if (node.op == "Min" || node.op == "Max" || node.op == "Clip" ||
                 node.op == "Relu") {
        SKERRY_RETURN_IF_ERROR(MatchClip(i));
      } else if (node.op == "Pow") {
        SKERRY_RETURN_IF_ERROR(MatchPower(i));
      }
    }
    return {};
  }

 private:
  Result<void> Replace(NodeIndex index, std::string op, ValueId x,
                       Attributes attributes = {}) {
    const ValueId output = editor_.node(index).outputs[0];
    if (graph_.type(x) != graph_.type(output)) return {};
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId result,
        editor_.Add(index, std::move(op), {x}, std::move(attributes)));
    editor_.ReplaceUses(output, result);
    return {};
  }

  /// Multiplies what makes `id` into `product`. Only products that nothing
  /// else uses are taken apart.
  void Multiply(ValueId id, bool is_root, Product& product) const {
    const Node* mul = editor_.ProducerOf(id, "Mul");
    const Node* div = editor_.ProducerOf(id, "Div");
    const bool own = is_root || editor_.UseCount(id) == 1;
    if (const auto scalar = ScalarOf(graph_, id)) {
      product.factor *= *scalar;
    } else if (mul != nullptr && own && product.values.size() < kProductMax) {
      Multiply(mul->inputs[0], false, product);
      Multiply(mul->inputs[1], false, product);
    } else if (div != nullptr && own &&
               ScalarOf(graph_, div->inputs[1]).has_value()) {
      product.factor /= *ScalarOf(graph_, div->inputs[1]);
      Multiply(div->inputs[0], false, product);
    } else {
      product.values.push_back(id);
    }
  }

  Result<void> MatchProduct(NodeIndex index) {
    const ValueId output = editor_.node(index).outputs[0];
    Product product;
    Multiply(output, true, product);
    // An operand of fewer axes would not have the result's shape.
    if (product.values.empty() || product.values.size() > 2 ||
        graph_.type(product.values[0]) != graph_.type(output)) {
      return {};
    }
    if (product.values.size() == 1) {
      return MatchHardSigmoid(index, product.values[0], product.factor);
    }
    const ValueId a = product.values[0];
    const ValueId b = product.values[1];
    const std::string op = GatedBy(a, b, product.factor);
    const std::string reverse = GatedBy(b, a, product.factor);
    const std::string& found = op.empty() ? reverse : op;
    if (found.empty()) return {};
    Attributes attributes;
    if (found == "GeluTanh") {
      attributes.Set("approximate", std::string("tanh"));
    }
    return Replace(index, found == "GeluTanh" ? "Gelu" : found,
                   op.empty() ? b : a, std::move(attributes));
  }

  /// The operator that factor * x * gate is, where the gate is made from x.
  std::string GatedBy(ValueId x, ValueId gate, double factor) const {
    if (const Node* sigmoid = editor_.ProducerOf(gate, "Sigmoid")) {
      return sigmoid->inputs[0] == x && factor == 1 ? "Silu" : "";
    }
    if (const Node* hard = editor_.ProducerOf(gate, "HardSigmoid")) {
      const bool sixth =
          IsClose(hard->attributes.Float("alpha", 0.2F), 1.0 / 6) &&
          IsClose(hard->attributes.Float("beta", 0.5F), 0.5);
      return hard->inputs[0] == x && sixth && factor == 1 ? "HardSwish" : "";
    }
    if (const Node* tanh = editor_.ProducerOf(gate, "Tanh")) {
      const Node* softplus = editor_.ProducerOf(tanh->inputs[0], "Softplus");
      return softplus != nullptr && softplus->inputs[0] == x && factor == 1
                 ? "Mish"
                 : "";
    }
    if (IsClose(factor, 1.0 / 6) && IsClipOfXPlusThree(gate, x)) {
      return "HardSwish";
    }
    return IsClose(factor, 0.5) ? GeluBy(x, gate) : "";
  }

  /// gate == Clip(x + 3, 0, 6)
  bool IsClipOfXPlusThree(ValueId gate, ValueId x) const {
    const auto clip = BoundsOf(gate);
    if (!clip.has_value() || clip->low != 0 || clip->high != 6) return false;
    return AddedTo(clip->x, 3) == x;
  }

  /// The other operand of an Add of the constant `wanted`.
  ValueId AddedTo(ValueId id, double wanted) const {
    const Node* add = editor_.ProducerOf(id, "Add");
    if (add == nullptr) return kNoValue;
    if (IsScalar(graph_, add->inputs[1], wanted)) return add->inputs[0];
    if (IsScalar(graph_, add->inputs[0], wanted)) return add->inputs[1];
    return kNoValue;
  }

  /// gate == 1 + Erf(x / sqrt 2), or 1 + Tanh(sqrt(2 / pi) (x + 0.044715
  /// x^3)).
  std::string GeluBy(ValueId x, ValueId gate) const {
    const ValueId inner = AddedTo(gate, 1);
    if (inner == kNoValue) return "";
    if (const Node* erf = editor_.ProducerOf(inner, "Erf")) {
      const Product scaled = ProductOf(erf->inputs[0]);
      return scaled.values == std::vector<ValueId>{x} &&
                     IsClose(scaled.factor, std::numbers::sqrt2 / 2)
                 ? "Gelu"
                 : "";
    }
    const Node* tanh = editor_.ProducerOf(inner, "Tanh");
    if (tanh == nullptr) return "";
    const Product scaled = ProductOf(tanh->inputs[0]);
    const double wanted = std::sqrt(2 / std::numbers::pi);
    if (scaled.values.size() != 1 || !IsClose(scaled.factor, wanted)) return "";
    const Node* sum = editor_.ProducerOf(scaled.values[0], "Add");
    if (sum == nullptr) return "";
    return (sum->inputs[0] == x && IsCubicTerm(sum->inputs[1], x)) ||
                   (sum->inputs[1] == x && IsCubicTerm(sum->inputs[0], x))
               ? "GeluTanh"
               : "";
  }

  Product ProductOf(ValueId id) const {
    Product product;
    Multiply(id, true, product);
    return product;
  }

  /// 0.044715 x^3, the power as Pow or as products.
  bool IsCubicTerm(ValueId id, ValueId x) const {
    const Product term = ProductOf(id);
    if (!IsClose(term.factor, 0.044715)) return false;
    if (term.values == std::vector<ValueId>{x, x, x}) return true;
    if (term.values.size() != 1) return false;
    const Node* pow = editor_.ProducerOf(term.values[0], "Pow");
    return pow != nullptr && pow->inputs[0] == x &&
           IsScalar(graph_, pow->inputs[1], 3);
  }

  /// factor * Clip(x + 3, 0, 6), which is HardSigmoid.
  Result<void> MatchHardSigmoid(NodeIndex index, ValueId clip, double factor) {
    if (!IsClose(factor, 1.0 / 6) || editor_.UseCount(clip) != 1) return {};
    const auto bounds = BoundsOf(clip);
    if (!bounds.has_value() || bounds->low != 0 || bounds->high != 6) return {};
    const ValueId x = AddedTo(bounds->x, 3);
    if (x == kNoValue || graph_.type(x) != graph_.type(clip)) return {};
    Attributes attributes;
    attributes.SetFloat("alpha", 1.F / 6);
    attributes.SetFloat("beta", 0.5F);
    return Replace(index, "HardSigmoid", x, std::move(attributes));
  }

  /// What limits `id`: Clip, Relu, Min or Max with a scalar.
  std::optional<Bounds> BoundsOf(ValueId id) const {
    const NodeIndex producer = editor_.Producer(id);
    return producer == kNoNode ? std::nullopt
                               : BoundsOf(editor_.node(producer));
  }

  std::optional<Bounds> BoundsOf(const Node& node) const {
    const auto bound = [&](std::size_t i, float fallback) {
      return InputOf(node, i) == kNoValue ? std::optional<float>(fallback)
                                          : ScalarOf(graph_, node.inputs[i]);
    };
    if (node.op == "Relu") return Bounds{node.inputs[0], 0, kInfinity};
    if (node.op == "Clip") {
      const auto low = bound(1, -kInfinity);
      const auto high = bound(2, kInfinity);
      if (!low.has_value() || !high.has_value()) return std::nullopt;
      return Bounds{node.inputs[0], *low, *high};
    }
    if (node.op != "Min" && node.op != "Max") return std::nullopt;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto limit = ScalarOf(graph_, node.inputs[i]);
      const ValueId x = node.inputs[1 - i];
      if (!limit.has_value() ||
          graph_.type(x) != graph_.type(node.outputs[0])) {
        continue;
      }
      return node.op == "Min" ? Bounds{x, -kInfinity, *limit}
                              : Bounds{x, *limit, kInfinity};
    }
    return std::nullopt;
  }

  /// Limits of limits become one Clip, and Clip(0, inf) becomes Relu.
  Result<void> MatchClip(NodeIndex index) {
    const Node& node = editor_.node(index);
    auto bounds = BoundsOf(node);
    if (!bounds.has_value() || !(bounds->low <= bounds->high)) return {};
    const auto inner = BoundsOf(bounds->x);
    const bool merges = inner.has_value() && inner->low <= inner->high;
    if (merges) {
      // clamp(clamp(x, a, b), c, d): the outer bounds win where they clash.
      bounds->low = std::clamp(inner->low, bounds->low, bounds->high);
      bounds->high = std::clamp(inner->high, bounds->low, bounds->high);
      bounds->x = inner->x;
    }
    const bool is_relu = bounds->low == 0 && bounds->high == kInfinity;
    if (!merges && (node.op == "Relu" || (node.op == "Clip" && !is_relu))) {
      return {};
    }
    if (is_relu) return Replace(index, "Relu", bounds->x);
    return ReplaceByClip(index, *bounds);
  }

  Result<void> ReplaceByClip(NodeIndex index, const Bounds& bounds) {
    const auto scalar = [&](float value) {
      return editor_.AddConstant(bounds.x, Tensor::Of<float>({}, {value}));
    };
    std::vector<ValueId> inputs = {bounds.x, kNoValue, kNoValue};
    if (bounds.low != -kInfinity) inputs[1] = scalar(bounds.low);
    if (bounds.high != kInfinity) inputs[2] = scalar(bounds.high);
    SKERRY_ASSIGN_OR_RETURN(const ValueId result,
                            editor_.Add(index, "Clip", std::move(inputs)));
    editor_.ReplaceUses(editor_.node(index).outputs[0], result);
    return {};
  }

  /// x^2 to x * x, x^0.5 to Sqrt.
  Result<void> MatchPower(NodeIndex index) {
    const Node& node = editor_.node(index);
    const ValueId x = node.inputs[0];
    if (graph_.type(x) != graph_.type(node.outputs[0])) return {};
    if (IsScalar(graph_, node.inputs[1], 0.5)) {
      return Replace(index, "Sqrt", x);
    }
    if (!IsScalar(graph_, node.inputs[1], 2)) return {};
    SKERRY_ASSIGN_OR_RETURN(const ValueId square,
                            editor_.Add(index, "Mul", {x, x}));
    editor_.ReplaceUses(node.outputs[0], square);
    return {};
  }

  Editor& editor_;
  const Graph& graph_;
};

}  // namespace

Result<bool> RecogniseActivations(Graph& graph) {
  Editor editor(graph);
  SKERRY_RETURN_IF_ERROR(ActivationRecogniser(editor).Run());
  return editor.changed();
}

}  // namespace skerry::compiler
