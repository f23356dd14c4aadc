#include <algorithm>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// (x - mean x) / sqrt(mean (x - mean x)^2 + epsilon), over the axes from
/// `axis` on.
struct Normalisation {
  ValueId x;
  int axis;
  float epsilon;
};

class NormalisationRecogniser {
 public:
  explicit NormalisationRecogniser(Editor& editor)
      : editor_(editor), graph_(editor.graph()) {}

  Result<void> Run() {
    for (NodeIndex i = 0; i < editor_.size(); ++i) {
      if (editor_.removed(i)) continue;
      if (const auto found = Match(editor_.node(i))) {
        SKERRY_RETURN_IF_ERROR(Replace(i, *found));
      }
    }
    return {};
  }

 private:
  /// centred / deviation, or centred * (1 / deviation).
  std::optional<Normalisation> Match(const Node& node) const {
    if (node.op == "Div") {
      return MatchParts(node.inputs[0], node.inputs[1]);
    }
    if (node.op != "Mul") return std::nullopt;
    for (std::size_t i = 0; i < 2; ++i) {
      const Node* inverse = editor_.ProducerOf(node.inputs[i], "Reciprocal");
      if (inverse != nullptr) {
        return MatchParts(node.inputs[1 - i], inverse->inputs[0]);
      }
    }
    return std::nullopt;
  }

  std::optional<Normalisation> MatchParts(ValueId centred,
                                          ValueId deviation) const {
    const Node* sub = editor_.ProducerOf(centred, "Sub");
    const Node* sqrt = editor_.ProducerOf(deviation, "Sqrt");
    if (sub == nullptr || sqrt == nullptr) return std::nullopt;
    const ValueId x = sub->inputs[0];
    const auto axis = MeanOf(sub->inputs[1], x);
    const Node* add = editor_.ProducerOf(sqrt->inputs[0], "Add");
    if (!axis.has_value() || add == nullptr) return std::nullopt;
    const auto epsilon = ScalarOf(graph_, add->inputs[1]);
    const Node* mean = editor_.ProducerOf(add->inputs[0], "ReduceMean");
    if (!epsilon.has_value() || mean == nullptr) return std::nullopt;
    const ValueId square = mean->inputs[0];
    if (MeanOf(add->inputs[0], square) != axis || !IsSquare(square, x, *sub)) {
      return std::nullopt;
    }
    return Normalisation{x, *axis, *epsilon};
  }

  /// The first axis, if `id` is the mean of `x` over all axes from it on.
  std::optional<int> MeanOf(ValueId id, ValueId x) const {
    const Node* mean = editor_.ProducerOf(id, "ReduceMean");
    if (mean == nullptr || mean->inputs[0] != x ||
        mean->attributes.Int("keepdims", 1) == 0 ||
        InputOf(*mean, 1) == kNoValue) {
      return std::nullopt;
    }
    auto axes = IntsOf(graph_, mean->inputs[1]);
    if (!axes.has_value() || axes->empty()) return std::nullopt;
    const int rank = graph_.shape(x).rank();
    for (std::int64_t& axis : *axes) axis += axis < 0 ? rank : 0;
    std::ranges::sort(*axes);
    for (std::size_t i = 0; i < axes->size(); ++i) {
      if (std::cmp_not_equal((*axes)[i] + static_cast<int>(axes->size() - i),
                             rank)) {
        return std::nullopt;
      }
    }
    return static_cast<int>(axes->front());
  }

  /// The square of `centred` or of a node that does the same.
  bool IsSquare(ValueId square, ValueId x, const Node& centred) const {
    const Node* mul = editor_.ProducerOf(square, "Mul");
    const Node* pow = editor_.ProducerOf(square, "Pow");
    ValueId base = kNoValue;
    if (mul != nullptr && mul->inputs[0] == mul->inputs[1]) {
      base = mul->inputs[0];
    } else if (pow != nullptr && IsScalar(graph_, pow->inputs[1], 2)) {
      base = pow->inputs[0];
    }
    const Node* sub = editor_.ProducerOf(base, "Sub");
    return sub != nullptr && sub->inputs[0] == x &&
           sub->inputs[1] == centred.inputs[1];
  }

  /// The constant operand of the only user of `id`, an `op`, if it has an
  /// element for each normalised one; `id` becomes the user's result.
  std::optional<Tensor> TakeConstant(ValueId& id, std::string_view op,
                                     int axis) const {
    if (editor_.UseCount(id) != 1 || editor_.Users(id).empty()) {
      return std::nullopt;
    }
    const Node& user = editor_.node(editor_.Users(id)[0]);
    if (user.op != op || graph_.type(user.outputs[0]) != graph_.type(id)) {
      return std::nullopt;
    }
    const ValueId other = user.inputs[user.inputs[0] == id ? 1 : 0];
    auto constant = Normalised(other, graph_.shape(id), axis);
    if (constant.has_value()) id = user.outputs[0];
    return constant;
  }

  std::optional<Tensor> Normalised(ValueId id, const Shape& shape,
                                   int axis) const {
    const int rank = shape.rank();
    if (axis == rank - 1) {
      const auto values = PerChannel(graph_, id, rank, axis, shape[axis]);
      if (!values.has_value()) return std::nullopt;
      return FloatsTensor(*values);
    }
    const Tensor* constant = graph_.constant(id);
    const Dims dims(shape.dims().begin() + axis, shape.dims().end());
    if (constant == nullptr || constant->shape().dims() != dims) {
      return std::nullopt;
    }
    return *constant;
  }

  Result<void> Replace(NodeIndex index, const Normalisation& found) {
    ValueId result = editor_.node(index).outputs[0];
    const TensorType type = graph_.type(result);
    if (type != graph_.type(found.x) || type.type != DataType::kFloat32) {
      return {};
    }
    auto scale = TakeConstant(result, "Mul", found.axis);
    const auto bias = TakeConstant(result, "Add", found.axis);
    if (!scale.has_value()) {
      scale = Tensor({DataType::kFloat32,
                      Shape(Dims(type.shape.dims().begin() + found.axis,
                                 type.shape.dims().end()))});
      std::ranges::fill(scale->data<float>(), 1.F);
    }
    std::vector<ValueId> inputs = {
        found.x, editor_.AddConstant(found.x, *std::move(scale))};
    if (bias.has_value()) inputs.push_back(editor_.AddConstant(found.x, *bias));
    Attributes attributes;
    attributes.SetInt("axis", found.axis);
    attributes.SetFloat("epsilon", found.epsilon);
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId normalised,
        editor_.Add(index, "LayerNormalization", std::move(inputs),
                    std::move(attributes)));
    editor_.ReplaceUses(result, normalised);
    return {};
  }

  Editor& editor_;
  const Graph& graph_;
};

}  // namespace

Result<bool> RecogniseNormalisation(Graph& graph) {
  Editor editor(graph);
  SKERRY_RETURN_IF_ERROR(NormalisationRecogniser(editor).Run());
  return editor.changed();
}

}  // namespace skerry::compiler
