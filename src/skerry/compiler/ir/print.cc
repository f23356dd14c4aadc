#include "skerry/compiler/ir/print.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <variant>
#include <vector>

#include "skerry/base/check.h"
#include "skerry/compiler/ir/base64.h"

namespace skerry::compiler {
namespace {

bool IsBare(std::string_view name) {
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '_' && c != '.' && c != '/' && c != '-') {
      return false;
    }
  }
  return !name.empty();
}

std::string Quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += "\\x";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

/// The shortest text that reads back as the same bits. A NaN carries its
/// bits, as it has many.
template <class T>
std::string Number(T value) {
  char text[64];
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) {
      using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t,  //
                                      std::uint64_t>;
      const auto end =
          std::to_chars(text, std::end(text), std::bit_cast<Bits>(value), 16);
      return "nan:" + std::string(text, end.ptr);
    }
  }
  const auto end = std::to_chars(text, std::end(text), value);
  SKERRY_CHECK(end.ec == std::errc());
  return {text, end.ptr};
}

template <class T>
std::string Elements(const Tensor& tensor, std::int64_t count) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value,
                tensor.bytes().data() + static_cast<std::size_t>(i) * sizeof(T),
                sizeof(T));
    if (i > 0) text += ", ";
    text += Number(value);
  }
  return text;
}

/// The first `count` elements, comma separated. Half floats are written as
/// their bits: what we print must read back exactly.
std::string ElementList(const Tensor& tensor, std::int64_t count) {
  switch (tensor.data_type()) {
    case DataType::kFloat32:
      return Elements<float>(tensor, count);
    case DataType::kFloat64:
      return Elements<double>(tensor, count);
    case DataType::kInt8:
      return Elements<std::int8_t>(tensor, count);
    case DataType::kInt16:
      return Elements<std::int16_t>(tensor, count);
    case DataType::kInt32:
      return Elements<std::int32_t>(tensor, count);
    case DataType::kInt64:
      return Elements<std::int64_t>(tensor, count);
    case DataType::kBool:
    case DataType::kUint8:
      return Elements<std::uint8_t>(tensor, count);
    case DataType::kFloat16:
    case DataType::kBfloat16:
    case DataType::kUint16:
      return Elements<std::uint16_t>(tensor, count);
    case DataType::kUint32:
      return Elements<std::uint32_t>(tensor, count);
    case DataType::kUint64:
      return Elements<std::uint64_t>(tensor, count);
  }
  SKERRY_CHECK(false);
}

bool AllElementsSame(const Tensor& tensor) {
  const std::size_t bytes = tensor.bytes().size();
  const std::size_t size = ElementBytes(tensor.data_type());
  return bytes > size &&
         std::memcmp(tensor.bytes().data(), tensor.bytes().data() + size,
                     bytes - size) == 0;
}

/// FNV-1a: enough to see in a diff that a constant changed.
std::string Digest(const Tensor& tensor) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : tensor.bytes()) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  char text[17];
  const auto end = std::to_chars(text, std::end(text), hash, 16);
  return {text, end.ptr};
}

std::string Constant(const Tensor& tensor, const PrintOptions& options) {
  const std::int64_t count = tensor.shape().element_count();
  if (count <= kInlineElementsMax) {
    return "[" + ElementList(tensor, count) + "]";
  }
  if (count <= kFillElementsMax && AllElementsSame(tensor)) {
    return "fill " + ElementList(tensor, 1);
  }
  if (options.elide_large_constants) return "elided " + Digest(tensor);
  return "base64 \"" + EncodeBase64(tensor.bytes()) + "\"";
}

template <class T>
std::string List(const std::vector<T>& list, std::string_view suffix) {
  std::string text;
  for (const T& value : list) {
    if (!text.empty()) text += ", ";
    text += Number(value);
    text += suffix;
  }
  if (list.size() == 1) return text;
  return "[" + text + "]" + std::string(list.empty() ? suffix : "");
}

std::string AttributeText(const Attribute& attribute) {
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&attribute)) {
    return List(*ints, "");
  }
  if (const auto* floats = std::get_if<std::vector<float>>(&attribute)) {
    return List(*floats, "f");
  }
  return Quoted(std::get<std::string>(attribute));
}

std::string Reference(const Graph& graph, ValueId id) {
  if (id == kNoValue) return "_";
  const std::string& name = graph.value(id).name;
  return "%" + (IsBare(name) ? name : Quoted(name));
}

std::string Definition(const Graph& graph, ValueId id) {
  if (id == kNoValue) return "_";
  const Value& value = graph.value(id);
  return Reference(graph, id) + ": " +
         (value.type.has_value() ? value.type->ToString() : "?");
}

class Printer {
 public:
  Printer(const Graph& graph, const PrintOptions& options)
      : graph_(graph),
        options_(options),
        printed_(graph.values.size(), false) {}

  std::string Run() {
    text_ = "graph " + Quoted(graph_.name) + " {\n";
    for (const ValueId id : graph_.inputs) {
      text_ += "  input " + Definition(graph_, id) + "\n";
      printed_[static_cast<std::size_t>(id)] = true;
    }
    for (const Node& node : graph_.nodes) {
      PrintConstants(node.inputs);
      text_ += "  " + PrintNode(graph_, node) + "\n";
    }
    PrintConstants(graph_.outputs);
    for (const ValueId id : graph_.outputs) {
      text_ += "  output " + Reference(graph_, id) + "\n";
    }
    return std::move(text_) + "}\n";
  }

 private:
  void PrintConstants(const std::vector<ValueId>& ids) {
    for (const ValueId id : ids) {
      if (graph_.constant(id) == nullptr ||
          printed_[static_cast<std::size_t>(id)]) {
        continue;
      }
      printed_[static_cast<std::size_t>(id)] = true;
      text_ += "  " + Definition(graph_, id) + " = const " +
               Constant(*graph_.constant(id), options_) + "\n";
    }
  }

  const Graph& graph_;
  const PrintOptions& options_;
  std::vector<bool> printed_;
  std::string text_;
};

}  // namespace

std::string PrintGraph(const Graph& graph, const PrintOptions& options) {
  return Printer(graph, options).Run();
}

std::string PrintNode(const Graph& graph, const Node& node) {
  std::string text;
  for (const ValueId id : node.outputs) {
    if (!text.empty()) text += ", ";
    text += Definition(graph, id);
  }
  text += " = " + node.op + "(";
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (i > 0) text += ", ";
    text += Reference(graph, node.inputs[i]);
  }
  text += ")";
  if (!node.attributes.map().empty()) {
    text += " {";
    bool first = true;
    for (const auto& [name, value] : node.attributes.map()) {
      if (!first) text += ", ";
      first = false;
      text += (IsBare(name) ? name : Quoted(name)) + "=" + AttributeText(value);
    }
    text += "}";
  }
  if (!node.name.empty()) text += " @" + Quoted(node.name);
  return text;
}

}  // namespace skerry::compiler
