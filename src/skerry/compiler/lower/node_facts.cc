#include "skerry/compiler/lower/node_facts.h"

#include <algorithm>

namespace skerry::compiler {

bool IsFloat(const Graph& graph, const Node& node) {
  const auto is_float = [&](ValueId id) {
    return id == kNoValue || graph.type(id).type == DataType::kFloat32;
  };
  return std::ranges::all_of(node.inputs, is_float) &&
         std::ranges::all_of(node.outputs, is_float);
}

bool HasEmptyOutput(const Graph& graph, const Node& node) {
  return std::ranges::any_of(node.outputs, [&](ValueId id) {
    return id != kNoValue && graph.shape(id).element_count() == 0;
  });
}

std::size_t NormalAxis(std::int64_t axis, int rank) {
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

bool HasInput(const Node& node, std::size_t index) {
  return index < node.inputs.size() && node.inputs[index] != kNoValue;
}

std::optional<std::vector<std::int64_t>> ConstantInts(const Graph& graph,
                                                      const Node& node,
                                                      std::size_t index) {
  if (!HasInput(node, index)) return std::nullopt;
  const Tensor* tensor = graph.constant(node.inputs[index]);
  if (tensor == nullptr) return std::nullopt;
  std::vector<std::int64_t> ints;
  if (tensor->data_type() == DataType::kInt64) {
    const auto values = tensor->data<std::int64_t>();
    ints.assign(values.begin(), values.end());
  } else if (tensor->data_type() == DataType::kInt32) {
    const auto values = tensor->data<std::int32_t>();
    ints.assign(values.begin(), values.end());
  } else {
    return std::nullopt;
  }
  return ints;
}

bool ChannelsLast(const Node& node) {
  return node.attributes.Text("layout", "NCHW") == "NHWC";
}

AxisView ViewAlong(const Shape& shape, std::size_t first, std::size_t last) {
  AxisView view;
  for (std::size_t i = 0; i < shape.dims().size(); ++i) {
    (i < first  ? view.outer
     : i < last ? view.count
                : view.inner) *= shape.dims()[i];
  }
  return view;
}

std::string Fields(std::initializer_list<std::string> fields) {
  std::string text;
  for (const std::string& field : fields) {
    if (!text.empty()) text += ", ";
    text += field;
  }
  return text;
}

}  // namespace skerry::compiler
