#include "skerry/compiler/reference/evaluate.h"

#include <optional>

#include "skerry/compiler/ops/op.h"

namespace skerry::compiler {
namespace {

kernels::View ViewOf(const TensorType& type, const std::byte* data) {
  kernels::View view;
  view.type = static_cast<kernels::Type>(type.type);
  view.rank = type.shape.rank();
  for (int i = 0; i < view.rank; ++i) view.dims[i] = type.shape[i];
  // Kernels do not write through the views of their inputs.
  view.data = const_cast<std::byte*>(data);
  return view;
}

/// A node's attributes as kernels take them. Borrows from the node; the lists
/// of integers are copied, as the kernels' i64 is another type.
class CallAttributes {
 public:
  explicit CallAttributes(const Attributes& attributes) {
    lists_.reserve(attributes.map().size());
    for (const auto& [name, value] : attributes.map()) {
      rows_.push_back(Row(name, value));
    }
  }

  std::span<const kernels::Attribute> rows() const { return rows_; }

 private:
  kernels::Attribute Row(const std::string& name, const Attribute& value) {
    kernels::Attribute row{.name = name.c_str()};
    if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&value)) {
      auto& list = lists_.emplace_back(ints->begin(), ints->end());
      list.push_back(0);  // an empty list is a list too, not a null pointer
      row.ints = list.data();
      row.count = static_cast<kernels::i64>(ints->size());
    } else if (const auto* floats = std::get_if<std::vector<float>>(&value)) {
      static constexpr float kNone = 0;
      row.floats = floats->empty() ? &kNone : floats->data();
      row.count = static_cast<kernels::i64>(floats->size());
    } else {
      const auto& text = std::get<std::string>(value);
      row.text = text.c_str();
      row.count = static_cast<kernels::i64>(text.size());
    }
    return row;
  }

  std::vector<std::vector<kernels::i64>> lists_;
  std::vector<kernels::Attribute> rows_;
};

}  // namespace

Result<std::vector<Tensor>> EvaluateNode(
    const Graph& graph, const Node& node,
    std::span<const Tensor* const> inputs) {
  const OpInfo* op = FindOp(node.op);
  if (op == nullptr || op->reference == nullptr) {
    return Unimplemented(Describe(node) + ": the operator has no kernel");
  }
  std::vector<kernels::View> input_views;
  for (const Tensor* input : inputs) {
    input_views.push_back(input == nullptr
                              ? kernels::View{}
                              : ViewOf(input->type(), input->bytes().data()));
  }
  std::vector<Tensor> outputs;
  std::vector<kernels::View> output_views;
  outputs.reserve(node.outputs.size());
  for (const ValueId id : node.outputs) {
    if (id == kNoValue) {
      outputs.emplace_back();
      output_views.emplace_back();
      continue;
    }
    Tensor& output = outputs.emplace_back(graph.type(id));
    output_views.push_back(ViewOf(output.type(), output.bytes().data()));
  }
  const CallAttributes attributes(node.attributes);
  op->reference(
      {.inputs = input_views.data(),
       .input_count = static_cast<int>(input_views.size()),
       .outputs = output_views.data(),
       .output_count = static_cast<int>(output_views.size()),
       .attributes = attributes.rows().data(),
       .attribute_count = static_cast<int>(attributes.rows().size())});
  return outputs;
}

Result<std::vector<Tensor>> Evaluate(const Graph& graph,
                                     std::span<const Tensor> inputs) {
  if (inputs.size() != graph.inputs.size()) {
    return InvalidArgument("graph takes " +
                           std::to_string(graph.inputs.size()) +
                           " inputs, got " + std::to_string(inputs.size()));
  }
  // What each value holds now: a constant's or an input's own tensor, or one
  // of `made`, which is dropped after its last use.
  std::vector<const Tensor*> held(graph.values.size());
  std::vector<std::optional<Tensor>> made(graph.values.size());
  std::vector<int> uses = graph.UseCounts();
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    held[i] = graph.values[i].constant.get();
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const ValueId id = graph.inputs[i];
    if (inputs[i].type() != graph.type(id)) {
      return InvalidArgument("input '" + graph.value(id).name + "': got " +
                             inputs[i].type().ToString() + ", want " +
                             graph.type(id).ToString());
    }
    held[static_cast<std::size_t>(id)] = &inputs[i];
  }
  for (const Node& node : graph.nodes) {
    std::vector<const Tensor*> operands;
    for (const ValueId id : node.inputs) {
      operands.push_back(id == kNoValue ? nullptr
                                        : held[static_cast<std::size_t>(id)]);
    }
    SKERRY_ASSIGN_OR_RETURN(std::vector<Tensor> outputs,
                            EvaluateNode(graph, node, operands));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      const auto id = static_cast<std::size_t>(node.outputs[i]);
      held[id] = &made[id].emplace(std::move(outputs[i]));
    }
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      if (--uses[static_cast<std::size_t>(id)] == 0) {
        made[static_cast<std::size_t>(id)].reset();
      }
    }
  }
  std::vector<Tensor> results;
  for (const ValueId id : graph.outputs) {
    results.push_back(*held[static_cast<std::size_t>(id)]);
  }
  return results;
}

}  // namespace skerry::compiler
