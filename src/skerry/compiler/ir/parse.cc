#include "skerry/compiler/ir/parse.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "skerry/compiler/ir/base64.h"
#include "skerry/compiler/ir/print.h"
#include "skerry/compiler/ir/text_cursor.h"

namespace skerry::compiler {
namespace {

template <class T>
bool ReadNumber(std::string_view text, T& value) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits =
        std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    if (text.starts_with("nan:")) {
      Bits bits = 0;
      const auto end =
          std::from_chars(text.data() + 4, text.data() + text.size(), bits, 16);
      value = std::bit_cast<T>(bits);
      return end.ec == std::errc() && end.ptr == text.data() + text.size() &&
             value != value;
    }
    if (text.find_first_of("nN") != std::string_view::npos && text != "inf" &&
        text != "-inf") {
      return false;
    }
  }
  const auto end =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

template <class T>
bool ReadElementAs(std::string_view text, std::byte* target) {
  T value{};
  if (!ReadNumber(text, value)) return false;
  std::memcpy(target, &value, sizeof value);
  return true;
}

bool ReadElement(DataType type, std::string_view text, std::byte* target) {
  switch (type) {
    case DataType::kFloat32:
      return ReadElementAs<float>(text, target);
    case DataType::kFloat64:
      return ReadElementAs<double>(text, target);
    case DataType::kInt8:
      return ReadElementAs<std::int8_t>(text, target);
    case DataType::kInt16:
      return ReadElementAs<std::int16_t>(text, target);
    case DataType::kInt32:
      return ReadElementAs<std::int32_t>(text, target);
    case DataType::kInt64:
      return ReadElementAs<std::int64_t>(text, target);
    case DataType::kBool:
      if (text != "0" && text != "1") return false;
      [[fallthrough]];
    case DataType::kUint8:
      return ReadElementAs<std::uint8_t>(text, target);
    case DataType::kFloat16:
    case DataType::kBfloat16:
    case DataType::kUint16:
      return ReadElementAs<std::uint16_t>(text, target);
    case DataType::kUint32:
      return ReadElementAs<std::uint32_t>(text, target);
    case DataType::kUint64:
      return ReadElementAs<std::uint64_t>(text, target);
  }
  return false;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : cursor_(text) {}

  Result<Graph> Run() {
    SKERRY_RETURN_IF_ERROR(cursor_.Want("graph"));
    SKERRY_ASSIGN_OR_RETURN(graph_.name, cursor_.QuotedText());
    SKERRY_RETURN_IF_ERROR(cursor_.Want("{"));
    while (!cursor_.Take("}")) SKERRY_RETURN_IF_ERROR(Line());
    if (!cursor_.AtEnd()) return cursor_.Found("the end of the text");
    if (auto valid = graph_.Verify(); !valid.has_value()) {
      return InvalidArgument(valid.error().message());
    }
    return std::move(graph_);
  }

 private:
  struct Defined {
    std::string name;
    std::optional<TensorType> type;
  };

  Result<void> Line() {
    if (cursor_.TakeWord("input")) {
      SKERRY_ASSIGN_OR_RETURN(const ValueId id, NewValue());
      graph_.inputs.push_back(id);
      return {};
    }
    if (cursor_.TakeWord("output")) {
      SKERRY_ASSIGN_OR_RETURN(const ValueId id, Use());
      graph_.outputs.push_back(id);
      return {};
    }
    if (cursor_.Peek() != '%' && cursor_.Peek() != '_') {
      return cursor_.Found("'input', 'output', '%', '_' or '}'");
    }
    return Definition();
  }

  /// "%a: type, _ = Op(...)" or "%a: type = const ...".
  Result<void> Definition() {
    // Outputs are added after the operands have been read: a node must not
    // read what it makes.
    std::vector<std::optional<Defined>> made;
    do {
      if (cursor_.TakeWord("_")) {
        made.emplace_back();
        continue;
      }
      SKERRY_ASSIGN_OR_RETURN(Defined defined, Define());
      made.emplace_back(std::move(defined));
    } while (cursor_.Take(","));
    SKERRY_RETURN_IF_ERROR(cursor_.Want("="));
    if (cursor_.TakeWord("const")) return ConstantOf(made);
    SKERRY_ASSIGN_OR_RETURN(Node node, Operation());
    for (std::optional<Defined>& value : made) {
      node.outputs.push_back(value.has_value()
                                 ? graph_.AddValue(value->name, value->type)
                                 : kNoValue);
    }
    graph_.nodes.push_back(std::move(node));
    return {};
  }

  Result<ValueId> NewValue() {
    SKERRY_ASSIGN_OR_RETURN(Defined defined, Define());
    return graph_.AddValue(defined.name, std::move(defined.type));
  }

  Result<std::string> Name() {
    SKERRY_RETURN_IF_ERROR(cursor_.Want("%"));
    if (cursor_.Peek() == '"') return cursor_.QuotedText();
    SKERRY_ASSIGN_OR_RETURN(const std::string_view name,
                            cursor_.Run(IsBareCharacter, "a name"));
    return std::string(name);
  }

  Result<Defined> Define() {
    const std::size_t position = cursor_.position();
    SKERRY_ASSIGN_OR_RETURN(std::string name, Name());
    if (name.empty()) return cursor_.At(position, "a value's name is empty");
    const auto id = static_cast<ValueId>(ids_.size());
    if (!ids_.emplace(name, id).second) {
      return cursor_.At(position, "'" + name + "' is defined twice");
    }
    SKERRY_RETURN_IF_ERROR(cursor_.Want(":"));
    SKERRY_ASSIGN_OR_RETURN(std::optional<TensorType> type, Type());
    return Defined{std::move(name), std::move(type)};
  }

  Result<ValueId> Use() {
    const std::size_t position = cursor_.position();
    SKERRY_ASSIGN_OR_RETURN(const std::string name, Name());
    const auto found = ids_.find(name);
    if (found == ids_.end() ||
        static_cast<std::size_t>(found->second) >= graph_.values.size()) {
      return cursor_.At(position,
                        "'" + name + "' is not defined before this use");
    }
    return found->second;
  }

  Result<std::optional<TensorType>> Type() {
    if (cursor_.Take("?")) return std::optional<TensorType>();
    const std::size_t position = cursor_.position();
    SKERRY_ASSIGN_OR_RETURN(const std::string_view word,
                            cursor_.Run(IsBareCharacter, "a type"));
    const std::optional<DataType> type = ParseDataType(word);
    if (!type.has_value()) {
      return cursor_.At(position, "found '" + std::string(word) +
                                      "', want an element type such as "
                                      "float32");
    }
    SKERRY_RETURN_IF_ERROR(cursor_.Want("["));
    std::vector<std::int64_t> dims;
    if (!cursor_.Take("]")) {
      do {
        SKERRY_ASSIGN_OR_RETURN(const std::int64_t dim, Extent());
        dims.push_back(dim);
      } while (cursor_.Take(","));
      SKERRY_RETURN_IF_ERROR(cursor_.Want("]"));
    }
    auto shape = Shape::Create(std::move(dims));
    if (!shape.has_value()) {
      return cursor_.At(position, shape.error().message());
    }
    return std::optional<TensorType>({*type, *std::move(shape)});
  }

  Result<std::int64_t> Extent() {
    const std::size_t position = cursor_.position();
    SKERRY_ASSIGN_OR_RETURN(const std::string_view text,
                            cursor_.Run(IsNumberCharacter, "an extent"));
    std::int64_t dim = 0;
    if (!ReadNumber(text, dim)) {
      return cursor_.At(position,
                        "found '" + std::string(text) + "', want an extent");
    }
    return dim;
  }

  Result<void> ConstantOf(const std::vector<std::optional<Defined>>& made) {
    const std::size_t position = cursor_.position();
    if (made.size() != 1 || !made[0].has_value() ||
        !made[0]->type.has_value()) {
      return cursor_.At(position, "a constant is one value of a known type");
    }
    const TensorType& type = *made[0]->type;
    constant_bytes_ += type.byte_count();
    if (constant_bytes_ > kGraphConstantBytesMax) {
      return cursor_.At(position, "the constants take more than " +
                                      std::to_string(kGraphConstantBytesMax) +
                                      " bytes");
    }
    SKERRY_ASSIGN_OR_RETURN(Tensor tensor, Elements(type));
    graph_.AddConstant(made[0]->name, std::move(tensor));
    return {};
  }

  Result<Tensor> Elements(const TensorType& type) {
    const std::size_t position = cursor_.position();
    if (cursor_.Peek() == '[') return ListedElements(type);
    if (cursor_.TakeWord("fill")) return FilledElements(type);
    if (cursor_.TakeWord("elided")) {
      return cursor_.At(position,
                        "the constant is elided; print the graph in full");
    }
    if (!cursor_.TakeWord("base64")) {
      return cursor_.Found("'[', 'fill' or 'base64'");
    }
    SKERRY_ASSIGN_OR_RETURN(const std::string_view text, cursor_.QuotedView());
    const auto bytes = DecodeBase64(text);
    if (!bytes.has_value()) return cursor_.At(position, "bad base64");
    if (std::cmp_not_equal(bytes->size(), type.byte_count())) {
      return cursor_.At(position, "found " + std::to_string(bytes->size()) +
                                      " bytes, want " +
                                      std::to_string(type.byte_count()) +
                                      " for " + type.ToString());
    }
    Tensor tensor(type);
    std::ranges::copy(*bytes, tensor.bytes().begin());
    if (type.type == DataType::kBool && !HoldsBools(tensor)) {
      return cursor_.At(position, "a bool is neither 0 nor 1");
    }
    return tensor;
  }

  static bool HoldsBools(const Tensor& tensor) {
    return std::ranges::all_of(tensor.bytes(),
                               [](std::byte b) { return b <= std::byte{1}; });
  }

  Result<void> Element(DataType type, std::byte* target) {
    const std::size_t position = cursor_.position();
    SKERRY_ASSIGN_OR_RETURN(const std::string_view text,
                            cursor_.Run(IsNumberCharacter, "an element"));
    if (!ReadElement(type, text, target)) {
      return cursor_.At(position, "found '" + std::string(text) + "', want " +
                                      std::string(DataTypeName(type)));
    }
    return {};
  }

  Result<Tensor> ListedElements(const TensorType& type) {
    SKERRY_RETURN_IF_ERROR(cursor_.Want("["));
    const std::size_t size = ElementBytes(type.type);
    const auto count = static_cast<std::size_t>(type.shape.element_count());
    std::vector<std::byte> bytes;
    while (cursor_.Peek() != ']') {
      if (!bytes.empty()) SKERRY_RETURN_IF_ERROR(cursor_.Want(","));
      if (bytes.size() == count * size) {
        return cursor_.Found("']' after " + std::to_string(count) +
                             " elements");
      }
      bytes.resize(bytes.size() + size);
      SKERRY_RETURN_IF_ERROR(
          Element(type.type, bytes.data() + bytes.size() - size));
    }
    if (bytes.size() != count * size) {
      return cursor_.Found(std::to_string(count) + " elements for " +
                           type.ToString());
    }
    SKERRY_RETURN_IF_ERROR(cursor_.Want("]"));
    Tensor tensor(type);
    std::ranges::copy(bytes, tensor.bytes().begin());
    return tensor;
  }

  Result<Tensor> FilledElements(const TensorType& type) {
    if (type.shape.element_count() > kFillElementsMax) {
      return cursor_.At(cursor_.position(),
                        "found " + type.ToString() + ", fill is for at most " +
                            std::to_string(kFillElementsMax) + " elements");
    }
    std::byte element[8];
    SKERRY_RETURN_IF_ERROR(Element(type.type, element));
    Tensor tensor(type);
    const std::size_t size = ElementBytes(type.type);
    for (std::size_t i = 0; i < tensor.bytes().size(); i += size) {
      std::memcpy(tensor.bytes().data() + i, element, size);
    }
    return tensor;
  }

  /// "Op(%a, _) {name=value} @"node"", without outputs.
  Result<Node> Operation() {
    Node node;
    SKERRY_ASSIGN_OR_RETURN(const std::string_view op,
                            cursor_.Run(IsBareCharacter, "an operator"));
    node.op = std::string(op);
    SKERRY_RETURN_IF_ERROR(cursor_.Want("("));
    if (!cursor_.Take(")")) {
      do {
        ValueId id = kNoValue;
        if (!cursor_.TakeWord("_")) {
          SKERRY_ASSIGN_OR_RETURN(id, Use());
        }
        node.inputs.push_back(id);
      } while (cursor_.Take(","));
      SKERRY_RETURN_IF_ERROR(cursor_.Want(")"));
    }
    if (cursor_.Take("{")) SKERRY_RETURN_IF_ERROR(ReadAttributes(node));
    if (cursor_.Take("@")) {
      SKERRY_ASSIGN_OR_RETURN(node.name, cursor_.QuotedText());
    }
    return node;
  }

  Result<void> ReadAttributes(Node& node) {
    do {
      const std::size_t position = cursor_.position();
      std::string name;
      if (cursor_.Peek() == '"') {
        SKERRY_ASSIGN_OR_RETURN(name, cursor_.QuotedText());
      } else {
        SKERRY_ASSIGN_OR_RETURN(
            const std::string_view bare,
            cursor_.Run(IsBareCharacter, "an attribute's name"));
        name = std::string(bare);
      }
      if (node.attributes.Has(name)) {
        return cursor_.At(position, "attribute '" + name + "' is given twice");
      }
      SKERRY_RETURN_IF_ERROR(cursor_.Want("="));
      SKERRY_ASSIGN_OR_RETURN(Attribute value, AttributeValue());
      node.attributes.Set(std::move(name), std::move(value));
    } while (cursor_.Take(","));
    return cursor_.Want("}");
  }

  Result<Attribute> AttributeValue() {
    if (cursor_.Peek() == '"') {
      SKERRY_ASSIGN_OR_RETURN(std::string text, cursor_.QuotedText());
      return Attribute(std::move(text));
    }
    Numbers numbers;
    if (!cursor_.Take("[")) {
      SKERRY_RETURN_IF_ERROR(ReadAttributeNumber(numbers));
    } else if (!cursor_.Take("]")) {
      do {
        SKERRY_RETURN_IF_ERROR(ReadAttributeNumber(numbers));
      } while (cursor_.Take(","));
      SKERRY_RETURN_IF_ERROR(cursor_.Want("]"));
    } else if (cursor_.Take("f")) {
      return Attribute(std::vector<float>());
    }
    if (!numbers.floats.empty()) return Attribute(std::move(numbers.floats));
    return Attribute(std::move(numbers.ints));
  }

  struct Numbers {
    std::vector<std::int64_t> ints;
    std::vector<float> floats;
  };

  /// One integer or, with an `f` behind it, float; a list has one kind.
  Result<void> ReadAttributeNumber(Numbers& numbers) {
    const std::size_t position = cursor_.position();
    SKERRY_ASSIGN_OR_RETURN(std::string_view text,
                            cursor_.Run(IsNumberCharacter, "a number"));
    if (std::int64_t value = 0;
        ReadNumber(text, value) && numbers.floats.empty()) {
      numbers.ints.push_back(value);
      return {};
    }
    const std::string whole(text);
    if (text.ends_with('f')) {
      text.remove_suffix(1);
      if (float value = 0; ReadNumber(text, value) && numbers.ints.empty()) {
        numbers.floats.push_back(value);
        return {};
      }
    }
    return cursor_.At(position, "found '" + whole +
                                    "', want an integer or a float such as "
                                    "0.5f, all of a list of one kind");
  }

  TextCursor cursor_;
  Graph graph_;
  std::unordered_map<std::string, ValueId> ids_;
  std::int64_t constant_bytes_ = 0;
};

}  // namespace

Result<Graph> ParseGraph(std::string_view text) {
  if (text.size() > kGraphTextBytesMax) {
    return InvalidArgument("the text has " + std::to_string(text.size()) +
                           " bytes, at most " +
                           std::to_string(kGraphTextBytesMax) + " are read");
  }
  return Parser(text).Run();
}

}  // namespace skerry::compiler
