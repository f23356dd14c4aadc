#include "skerry/media/npy_header.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "skerry/base/check.h"

namespace skerry::media {
namespace {

constexpr std::array<std::pair<DataType, std::string_view>, 12> kDescriptions =
    {{
        {DataType::kFloat32, "<f4"},
        {DataType::kFloat64, "<f8"},
        {DataType::kFloat16, "<f2"},
        {DataType::kUint8, "|u1"},
        {DataType::kInt8, "|i1"},
        {DataType::kUint16, "<u2"},
        {DataType::kInt16, "<i2"},
        {DataType::kUint32, "<u4"},
        {DataType::kInt32, "<i4"},
        {DataType::kUint64, "<u8"},
        {DataType::kInt64, "<i8"},
        {DataType::kBool, "|b1"},
    }};

std::string Quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

Result<DataType> ParseDescription(std::string_view text) {
  for (const auto& [type, description] : kDescriptions) {
    // Byte order means nothing for single bytes; numpy writes '|', some '<'.
    const bool order_fits =
        text.starts_with(description[0]) ||
        (description[0] == '|' && text.find_first_of("<>=") == 0);
    if (order_fits && text.substr(1) == description.substr(1)) return type;
  }
  if (text.starts_with('>')) {
    return InvalidArgument("elements are big-endian (" + Quoted(text) +
                           "), want little-endian; write them with "
                           "array.astype(array.dtype.newbyteorder('<'))");
  }
  return InvalidArgument("element type is " + Quoted(text) +
                         ", want a number or bool of at most 8 bytes");
}

/// A cursor over the dictionary's text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Take(char wanted) {
    SkipSpace();
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool TakeWord(std::string_view word) {
    SkipSpace();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  Result<std::string_view> TakeString() {
    SkipSpace();
    const char quote = text_.empty() ? '\0' : text_[0];
    if (quote != '\'' && quote != '"') return Unexpected("a quoted text");
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) return Unexpected("a closing quote");
    const std::string_view value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return value;
  }

  Result<std::int64_t> TakeInteger() {
    SkipSpace();
    std::int64_t value = 0;
    const char* begin = text_.data();
    const auto [end, error] =
        std::from_chars(begin, begin + text_.size(), value);
    if (error != std::errc()) return Unexpected("an extent");
    text_.remove_prefix(static_cast<std::size_t>(end - begin));
    return value;
  }

  bool at_end() {
    SkipSpace();
    return text_.empty();
  }

  Error Unexpected(std::string_view wanted) const {
    const std::string found =
        text_.empty() ? "the end" : Quoted(text_.substr(0, 16));
    return InvalidArgument("header has " + found + " where " +
                           std::string(wanted) + " should be");
  }

 private:
  void SkipSpace() {
    const std::size_t begin = text_.find_first_not_of(" \t\n");
    text_.remove_prefix(begin == std::string_view::npos ? text_.size() : begin);
  }

  std::string_view text_;
};

Result<Shape> TakeShape(Scanner& scanner) {
  if (!scanner.Take('(')) return scanner.Unexpected("a shape in parentheses");
  std::vector<std::int64_t> dims;
  while (!scanner.Take(')')) {
    SKERRY_ASSIGN_OR_RETURN(const std::int64_t dim, scanner.TakeInteger());
    if (dims.size() == kRankMax) {
      return InvalidArgument("array has more than " + std::to_string(kRankMax) +
                             " dimensions");
    }
    dims.push_back(dim);
    if (!scanner.Take(',')) {
      if (!scanner.Take(')')) return scanner.Unexpected("',' or ')'");
      break;
    }
  }
  return Shape::Create(std::move(dims));
}

Result<bool> TakeBool(Scanner& scanner) {
  if (scanner.TakeWord("True")) return true;
  if (scanner.TakeWord("False")) return false;
  return scanner.Unexpected("True or False");
}

}  // namespace

Result<NpyHeader> ParseNpyHeader(std::string_view text) {
  Scanner scanner(text);
  std::optional<DataType> type;
  std::optional<bool> fortran_order;
  std::optional<Shape> shape;
  if (!scanner.Take('{')) return scanner.Unexpected("'{'");
  while (!scanner.Take('}')) {
    SKERRY_ASSIGN_OR_RETURN(const std::string_view key, scanner.TakeString());
    if (!scanner.Take(':')) return scanner.Unexpected("':'");
    if (key == "descr" && !type) {
      SKERRY_ASSIGN_OR_RETURN(const std::string_view value,
                              scanner.TakeString());
      SKERRY_ASSIGN_OR_RETURN(type, ParseDescription(value));
    } else if (key == "fortran_order" && !fortran_order) {
      SKERRY_ASSIGN_OR_RETURN(fortran_order, TakeBool(scanner));
    } else if (key == "shape" && !shape) {
      SKERRY_ASSIGN_OR_RETURN(shape, TakeShape(scanner));
    } else {
      return InvalidArgument("header has an unknown or repeated key " +
                             Quoted(key));
    }
    if (!scanner.Take(',')) {
      if (!scanner.Take('}')) return scanner.Unexpected("',' or '}'");
      break;
    }
  }
  if (!scanner.at_end()) return scanner.Unexpected("the end");
  if (!type || !fortran_order || !shape) {
    return InvalidArgument(
        "header lacks one of 'descr', 'fortran_order' and 'shape'");
  }
  return NpyHeader{{*type, *std::move(shape)}, *fortran_order};
}

std::string_view NpyDescription(DataType type) {
  for (const auto& [known, description] : kDescriptions) {
    if (known == type) return description;
  }
  SKERRY_CHECK(false);
}

}  // namespace skerry::media
