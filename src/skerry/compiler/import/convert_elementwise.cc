#include "skerry/compiler/import/convert.h"

namespace skerry::compiler {
namespace {

Result<void> WantAllInputs(const SourceNode& source, std::size_t min) {
  if (source.node.inputs.size() < min ||
      Contains(source.node.inputs, kNoValue)) {
    return InvalidArgument("wants at least " + std::to_string(min) +
                           " inputs, all present");
  }
  return {};
}

}  // namespace

Result<Ids> ConvertCastLike(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantAllInputs(source, 2));
  Node node;
  node.op = "Cast";
  node.inputs = {InputOf(source, 0)};
  node.attributes.SetInt(
      "to", static_cast<std::int64_t>(builder.data_type(InputOf(source, 1))));
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertChain(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantAllInputs(source, 1));
  const std::string& op = source.node.op;
  const bool mean = op == "Mean";
  const std::vector<ValueId>& inputs = source.node.inputs;
  const std::string step = mean || op == "Sum" ? "Add" : op;
  ValueId so_far = inputs.front();
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (i + 1 == inputs.size() && !mean) {
      Node last;
      last.op = step;
      last.inputs = {so_far, inputs[i]};
      return Finish(builder, source, std::move(last));
    }
    SKERRY_ASSIGN_OR_RETURN(so_far,
                            builder.AddInner(step, {so_far, inputs[i]}));
  }
  if (!mean) return Ids{so_far};
  Node last;
  last.op = "Div";
  SKERRY_ASSIGN_OR_RETURN(const ValueId count,
                          builder.AddScalar("count", builder.data_type(so_far),
                                            static_cast<float>(inputs.size())));
  last.inputs = {so_far, count};
  return Finish(builder, source, std::move(last));
}

Result<Ids> ConvertClip(Builder& builder, const SourceNode& source) {
  Node node = source.node;
  if (source.opset < 11) {
    SKERRY_RETURN_IF_ERROR(WantAllInputs(source, 1));
    const DataType type = builder.data_type(InputOf(source, 0));
    for (const auto& [name, index] : {std::pair("min", 1), {"max", 2}}) {
      if (!source.Has(name)) continue;
      SKERRY_ASSIGN_OR_RETURN(
          const ValueId bound,
          builder.AddScalar(name, type, source.node.attributes.Float(name, 0)));
      SetInput(node, index, bound);
    }
  }
  node.attributes = {};
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertDropout(Builder& builder, const SourceNode& source) {
  const ValueId x = InputOf(source, 0);
  if (x == kNoValue) return InvalidArgument("input 0 is left out");
  if (const ValueId training = InputOf(source, 2); training != kNoValue) {
    const Tensor* constant = builder.graph().constant(training);
    if (constant == nullptr || constant->data_type() != DataType::kBool ||
        constant->data<bool>().size() != 1 || constant->data<bool>()[0]) {
      return Unimplemented(
          "input 'training_mode' is not false; export the model for "
          "inference");
    }
  }
  if (source.outputs.size() < 2 || source.outputs[1].empty()) return Ids{x};
  SKERRY_ASSIGN_OR_RETURN(const ValueId all,
                          builder.AddScalar("kept", DataType::kBool, 1));
  const ValueId shape = builder.AddInts("shape", builder.shape(x).dims());
  SKERRY_ASSIGN_OR_RETURN(
      const ValueId mask,
      builder.AddLast("Expand", {all, shape}, source.outputs[1]));
  return Ids{x, mask};
}

Result<Ids> ConvertSwish(Builder& builder, const SourceNode& source) {
  SKERRY_RETURN_IF_ERROR(WantAllInputs(source, 1));
  const ValueId x = InputOf(source, 0);
  const float alpha = source.node.attributes.Float("alpha", 1);
  Node node;
  node.op = "Silu";
  node.inputs = {x};
  if (alpha != 1) {
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId factor,
        builder.AddScalar("alpha", builder.data_type(x), alpha));
    SKERRY_ASSIGN_OR_RETURN(ValueId gate, builder.AddInner("Mul", {x, factor}));
    SKERRY_ASSIGN_OR_RETURN(gate, builder.AddInner("Sigmoid", {gate}));
    node.op = "Mul";
    node.inputs = {x, gate};
  }
  return Finish(builder, source, std::move(node));
}

}  // namespace skerry::compiler
