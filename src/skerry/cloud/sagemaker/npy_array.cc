#include "skerry/cloud/sagemaker/npy_array.h"

#include <re2/re2.h>

#include <array>
#include <charconv>
#include <limits>

namespace skerry::cloud {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kNpyRankMax = 8;
// Data begin at a multiple of it.
constexpr std::size_t kAlignment = 64;

struct TypeRow {
  std::string_view protocol;
  std::string_view npy;
  std::size_t byte_count;
};
constexpr std::array<TypeRow, 12> kTypes = {{
    {"FP32", "<f4", 4},
    {"FP64", "<f8", 8},
    {"FP16", "<f2", 2},
    {"INT8", "|i1", 1},
    {"INT16", "<i2", 2},
    {"INT32", "<i4", 4},
    {"INT64", "<i8", 8},
    {"UINT8", "|u1", 1},
    {"UINT16", "<u2", 2},
    {"UINT32", "<u4", 4},
    {"UINT64", "<u8", 8},
    {"BOOL", "|b1", 1},
}};

std::size_t Byte(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// The header's text; `file` is left at the data.
std::optional<std::string_view> TakeHeader(std::string_view& file) {
  if (file.size() < 10 || !file.starts_with(kMagic)) return std::nullopt;
  const bool short_form = file[6] == 1;
  const std::size_t start = short_form ? 10 : 12;
  if (file.size() < start) return std::nullopt;
  std::size_t length = Byte(file, 8) | Byte(file, 9) << 8U;
  if (!short_form) length |= Byte(file, 10) << 16U | Byte(file, 11) << 24U;
  if (length > file.size() - start) return std::nullopt;
  const std::string_view header = file.substr(start, length);
  file.remove_prefix(start + length);
  return header;
}

// "1, 3, 224," as numbers.
std::optional<std::vector<std::size_t>> ReadShape(std::string_view text) {
  std::vector<std::size_t> shape;
  while (true) {
    const std::size_t digit = text.find_first_not_of(" ,");
    if (digit == std::string_view::npos) return shape;
    text.remove_prefix(digit);
    std::size_t extent = 0;
    const auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), extent);
    if (fault != std::errc() || shape.size() == kNpyRankMax)
      return std::nullopt;
    shape.push_back(extent);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

// Bytes of an array; none: more than an address holds.
std::optional<std::size_t> ByteCount(const std::vector<std::size_t>& shape,
                                     std::size_t element) {
  std::size_t count = element;
  for (const std::size_t extent : shape) {
    if (extent != 0 &&
        count > std::numeric_limits<std::size_t>::max() / extent) {
      return std::nullopt;
    }
    count *= extent;
  }
  return count;
}

}  // namespace

std::optional<NpyArray> ReadNpyArray(std::string_view file) {
  static const re2::RE2 kDescr(R"('descr': *'([<|][a-z][0-9])')");
  static const re2::RE2 kOrder(R"('fortran_order': *False)");
  static const re2::RE2 kShape(R"('shape': *\(([0-9, ]*)\))");
  const std::optional<std::string_view> header = TakeHeader(file);
  if (!header) return std::nullopt;
  const re2::StringPiece text(header->data(), header->size());
  std::string descr;
  std::string extents;
  if (!re2::RE2::PartialMatch(text, kDescr, &descr) ||
      !re2::RE2::PartialMatch(text, kOrder) ||
      !re2::RE2::PartialMatch(text, kShape, &extents)) {
    return std::nullopt;
  }
  const auto shape = ReadShape(extents);
  for (const TypeRow& type : kTypes) {
    if (!shape || type.npy != descr) continue;
    if (ByteCount(*shape, type.byte_count) != file.size()) return std::nullopt;
    return NpyArray{std::string(type.protocol), *shape, file};
  }
  return std::nullopt;
}

std::optional<std::string> WriteNpyArray(const NpyArray& array) {
  for (const TypeRow& type : kTypes) {
    if (type.protocol != array.datatype) continue;
    std::string header = "{'descr': '" + std::string(type.npy) +
                         "', 'fortran_order': False, 'shape': (";
    for (const std::size_t extent : array.shape) {
      header += std::to_string(extent) + ",";
    }
    header += "), }";
    constexpr std::size_t kStart = 10;
    header.resize(
        (kStart + header.size() + kAlignment) / kAlignment * kAlignment -
            kStart - 1,
        ' ');
    header += '\n';
    std::string file(kMagic);
    file += '\x01';
    file += '\0';
    file += static_cast<char>(header.size() & 0xFFU);
    file += static_cast<char>(header.size() >> 8U);
    return file + header + std::string(array.bytes);
  }
  return std::nullopt;
}

}  // namespace skerry::cloud
