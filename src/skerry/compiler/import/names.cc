#include "skerry/compiler/import/names.h"

#include <array>
#include <cstddef>
#include <string>

namespace skerry::compiler {
namespace {

/// Bytes of the character that `text` begins with; 0 if it is none or a
/// control character.
std::size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < count) return 0;
  unsigned code = first & (0x7fU >> count);
  for (std::size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  // The smallest code that wants so many bytes; what is below was written
  // longer than it may be.
  static constexpr std::array<unsigned, 5> kSmallest = {0, 0, 0x80, 0x800,
                                                        0x10000};
  const bool control = code < 0xa0;
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < kSmallest[count] || code > 0x10ffff || surrogate || control) {
    return 0;
  }
  return count;
}

std::string Escaped(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kShownMax = 64;
  std::string escaped;
  while (!text.empty() && escaped.size() < kShownMax) {
    const std::size_t count = CharacterBytes(text);
    if (count == 0) {
      const auto byte = static_cast<unsigned char>(text[0]);
      escaped += "\\x";
      escaped += kDigits[byte >> 4];
      escaped += kDigits[byte & 15];
    }
    escaped += text.substr(0, count);
    text.remove_prefix(count == 0 ? 1 : count);
  }
  return text.empty() ? escaped : escaped + "...";
}

Result<void> CheckGraph(const onnx::GraphProto& graph);

Result<void> CheckNode(const onnx::NodeProto& node) {
  SKERRY_RETURN_IF_ERROR(CheckText(node.name(), "the name of a node"));
  SKERRY_RETURN_IF_ERROR(CheckText(node.op_type(), "an operator"));
  SKERRY_RETURN_IF_ERROR(CheckText(node.domain(), "an operator's domain"));
  for (const std::string& name : node.input()) {
    SKERRY_RETURN_IF_ERROR(CheckText(name, "the name of a value"));
  }
  for (const std::string& name : node.output()) {
    SKERRY_RETURN_IF_ERROR(CheckText(name, "the name of a value"));
  }
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    SKERRY_RETURN_IF_ERROR(
        CheckText(attribute.name(), "the name of an attribute"));
    if (attribute.has_g()) SKERRY_RETURN_IF_ERROR(CheckGraph(attribute.g()));
  }
  return {};
}

Result<void> CheckValue(const onnx::ValueInfoProto& value) {
  SKERRY_RETURN_IF_ERROR(CheckText(value.name(), "the name of a value"));
  for (const auto& dim : value.type().tensor_type().shape().dim()) {
    SKERRY_RETURN_IF_ERROR(CheckText(dim.dim_param(), "a symbolic extent"));
  }
  return {};
}

Result<void> CheckGraph(const onnx::GraphProto& graph) {
  SKERRY_RETURN_IF_ERROR(CheckText(graph.name(), "the name of a graph"));
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    SKERRY_RETURN_IF_ERROR(
        CheckText(tensor.name(), "the name of an initialiser"));
  }
  for (const onnx::SparseTensorProto& tensor : graph.sparse_initializer()) {
    SKERRY_RETURN_IF_ERROR(
        CheckText(tensor.values().name(), "the name of an initialiser"));
  }
  for (const onnx::ValueInfoProto& input : graph.input()) {
    SKERRY_RETURN_IF_ERROR(CheckValue(input));
  }
  for (const onnx::ValueInfoProto& output : graph.output()) {
    SKERRY_RETURN_IF_ERROR(CheckValue(output));
  }
  for (const onnx::NodeProto& node : graph.node()) {
    SKERRY_RETURN_IF_ERROR(CheckNode(node));
  }
  return {};
}

}  // namespace

Result<void> CheckText(std::string_view text, std::string_view what) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t count = CharacterBytes(rest);
    if (count == 0) {
      return InvalidArgument(std::string(what) + " is no text: '" +
                             Escaped(text) + "'");
    }
    rest.remove_prefix(count);
  }
  return {};
}

Result<void> CheckNames(const onnx::ModelProto& model) {
  SKERRY_RETURN_IF_ERROR(CheckGraph(model.graph()));
  for (const onnx::FunctionProto& function : model.functions()) {
    for (const onnx::NodeProto& node : function.node()) {
      SKERRY_RETURN_IF_ERROR(CheckNode(node));
    }
  }
  return {};
}

}  // namespace skerry::compiler
