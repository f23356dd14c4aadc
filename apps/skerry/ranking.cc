#include "ranking.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <set>
#include <span>
#include <utility>

namespace skerry::cli {
namespace {

constexpr std::size_t kFileNameMax = 200;

template <class T>
std::vector<double> Widen(std::span<const std::byte> bytes) {
  std::vector<double> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, &bytes[i * sizeof(T)], sizeof(T));
    values[i] = static_cast<double>(value);
  }
  return values;
}

std::vector<double> WidenBfloat16(std::span<const std::byte> bytes) {
  std::vector<double> values(bytes.size() / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    float value = 0;
    std::memcpy(reinterpret_cast<std::byte*>(&value) + 2, &bytes[2 * i], 2);
    values[i] = static_cast<double>(value);
  }
  return values;
}

bool IsSafe(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ||
         c == '_' || c == '.';
}

}  // namespace

std::vector<double> ToDoubles(const Tensor& tensor) {
  const std::span<const std::byte> bytes = tensor.bytes();
  switch (tensor.data_type()) {
    case DataType::kFloat32:
      return Widen<float>(bytes);
    case DataType::kFloat64:
      return Widen<double>(bytes);
    case DataType::kFloat16:
      return Widen<_Float16>(bytes);
    case DataType::kBfloat16:
      return WidenBfloat16(bytes);
    case DataType::kUint8:
    case DataType::kBool:
      return Widen<std::uint8_t>(bytes);
    case DataType::kInt8:
      return Widen<std::int8_t>(bytes);
    case DataType::kUint16:
      return Widen<std::uint16_t>(bytes);
    case DataType::kInt16:
      return Widen<std::int16_t>(bytes);
    case DataType::kUint32:
      return Widen<std::uint32_t>(bytes);
    case DataType::kInt32:
      return Widen<std::int32_t>(bytes);
    case DataType::kUint64:
      return Widen<std::uint64_t>(bytes);
    case DataType::kInt64:
      return Widen<std::int64_t>(bytes);
  }
  return {};
}

Result<std::vector<Ranked>> RankTop(const std::string& output,
                                    const Tensor& scores, std::size_t count,
                                    const std::vector<std::string>& labels) {
  const std::vector<double> values = ToDoubles(scores);
  const bool one_list =
      std::ranges::all_of(scores.shape().dims(), [&](std::int64_t dim) {
        return dim == 1 || dim == static_cast<std::int64_t>(values.size());
      });
  if (!one_list || values.empty()) {
    return InvalidArgument("output '" + output + "' is " +
                           scores.type().ToString() +
                           ", --top wants one list of scores");
  }
  if (!labels.empty() && labels.size() != values.size()) {
    return InvalidArgument("labels file has " + std::to_string(labels.size()) +
                           " lines, output '" + output + "' has " +
                           std::to_string(values.size()) + " scores");
  }
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  // NaN ranks last; a comparison with it would be no order.
  const auto before = [&](std::size_t a, std::size_t b) {
    const bool a_number = values[a] == values[a];
    const bool b_number = values[b] == values[b];
    if (a_number != b_number) return a_number;
    if (a_number && values[a] != values[b]) return values[a] > values[b];
    return a < b;
  };
  std::ranges::partial_sort(
      order, order.begin() + static_cast<std::ptrdiff_t>(count), before);
  std::vector<Ranked> top;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = order[i];
    top.push_back({index, values[index], labels.empty() ? "" : labels[index]});
  }
  return top;
}

std::vector<std::string> ParseLabels(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    labels.emplace_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return labels;
}

std::vector<std::string> FileNames(const std::vector<TensorSpec>& specs) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) {
    std::string base = spec.name.substr(0, kFileNameMax);
    std::ranges::replace_if(base, [](char c) { return !IsSafe(c); }, '_');
    if (base.empty()) base = "_";
    std::string name = base;
    for (int number = 2; !taken.insert(name).second; ++number) {
      name = base + "_" + std::to_string(number);
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace skerry::cli
