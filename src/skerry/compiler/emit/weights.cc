#include "skerry/compiler/emit/weights.h"

#include <cstring>
#include <functional>

namespace skerry::compiler {
namespace {

constexpr std::size_t kAlignment = 64;

}  // namespace

std::int64_t WeightBlock::Add(const Tensor& tensor) {
  const std::span<const std::byte> bytes = tensor.bytes();
  const std::size_t hash = std::hash<std::string_view>{}(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto [first, last] = seen_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const auto [offset, size] = it->second;
    if (size == bytes.size() &&
        std::memcmp(bytes_.data() + offset, bytes.data(), size) == 0) {
      return offset;
    }
  }
  bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment);
  const auto offset = static_cast<std::int64_t>(bytes_.size());
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  seen_.emplace(hash, std::pair(offset, bytes.size()));
  return offset;
}

}  // namespace skerry::compiler
