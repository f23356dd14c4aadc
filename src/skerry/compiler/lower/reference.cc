// The plan that never declines: a call of the operator's reference kernel,
// with types, shapes and attributes written out as constants.

#include <algorithm>

#include "skerry/compiler/lower/cpp_text.h"
#include "skerry/compiler/lower/flops.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/ops/op.h"

namespace skerry::compiler {
namespace {

std::string ViewText(const TensorType& type, const std::string& data) {
  return "{k::Type(" + std::to_string(static_cast<int>(type.type)) + "), " +
         std::to_string(type.shape.rank()) + ", " + CppInts(type.shape.dims()) +
         ", " + data + "}";
}

// Declares `name`, an array of `views`; an empty one is a null pointer.
std::string ViewArray(const std::string& name,
                      const std::vector<std::string>& views) {
  if (views.empty()) return "const k::View* " + name + " = nullptr;\n";
  std::string text = "const k::View " + name + "[] = {\n";
  for (const std::string& view : views) text += "    " + view + ",\n";
  return text + "};\n";
}

struct AttributeText {
  std::string lists;  // declarations of the lists
  std::string rows;   // one initialiser of k::Attribute each
};

void AddAttribute(const std::string& name, const Attribute& value,
                  std::size_t index, AttributeText& text) {
  const std::string list = "list" + std::to_string(index);
  std::string row = "{" + CppString(name);
  std::size_t count = 0;
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&value)) {
    count = ints->size();
    text.lists += "static constexpr i64 " + list +
                  "[] = " + (ints->empty() ? "{0}" : CppInts(*ints)) + ";\n";
    row += ", " + list + ", nullptr, nullptr, ";
  } else if (const auto* floats = std::get_if<std::vector<float>>(&value)) {
    count = floats->size();
    text.lists += "static constexpr f32 " + list +
                  "[] = " + (floats->empty() ? "{0}" : CppFloats(*floats)) +
                  ";\n";
    row += ", nullptr, " + list + ", nullptr, ";
  } else {
    const auto& words = std::get<std::string>(value);
    count = words.size();
    row += ", nullptr, nullptr, " + CppString(words) + ", ";
  }
  text.rows += "    " + row + std::to_string(count) + "},\n";
}

std::string AttributeArray(const Attributes& attributes) {
  if (attributes.map().empty()) {
    return "static constexpr k::Attribute* attributes = nullptr;\n";
  }
  AttributeText text;
  std::size_t index = 0;
  for (const auto& [name, value] : attributes.map()) {
    AddAttribute(name, value, index++, text);
  }
  return text.lists + "static constexpr k::Attribute attributes[] = {\n" +
         text.rows + "};\n";
}

}  // namespace

Result<KernelPlan> LowerReference(const Graph& graph, const Node& node) {
  const OpInfo* info = FindOp(node.op);
  if (info == nullptr || info->reference == nullptr) {
    return Unimplemented(Describe(node) +
                         ": the operator has no kernel to run it");
  }
  KernelPlan plan;
  plan.headers = {"skerry/kernels/reference/" + std::string(info->header) +
                  ".h"};
  plan.kernel = "reference";
  plan.flops = EstimateFlops(graph, node);

  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (id == kNoValue) {
      inputs.emplace_back("{}");
      continue;
    }
    plan.used_inputs.push_back(static_cast<int>(i));
    inputs.push_back(
        ViewText(graph.type(id), "const_cast<" +
                                     std::string(CppType(graph.type(id).type)) +
                                     "*>(in" + std::to_string(i) + ")"));
  }
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const ValueId id = node.outputs[i];
    outputs.push_back(
        id == kNoValue ? "{}"
                       : ViewText(graph.type(id), "out" + std::to_string(i)));
  }
  plan.body = ViewArray("inputs", inputs) + ViewArray("outputs", outputs) +
              AttributeArray(node.attributes) + "k::reference::" + node.op +
              "({inputs, " + std::to_string(inputs.size()) + ", outputs, " +
              std::to_string(outputs.size()) + ", attributes, " +
              std::to_string(node.attributes.map().size()) + "});\n";
  return plan;
}

}  // namespace skerry::compiler
