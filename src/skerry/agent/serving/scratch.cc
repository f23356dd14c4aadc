#include "skerry/agent/serving/scratch.h"

#include <cstdint>
#include <utility>

namespace skerry::agent {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t PaddedBytes(const TensorSpec& spec) {
  const auto byte_count = static_cast<std::size_t>(spec.type.byte_count());
  return (byte_count + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

Result<Scratch> Scratch::Create(const Manifest& manifest) {
  std::size_t total = kAlignment;  // never nothing
  for (const TensorSpec& spec : manifest.inputs) total += PaddedBytes(spec);
  for (const TensorSpec& spec : manifest.outputs) total += PaddedBytes(spec);
  Scratch scratch;
  SKERRY_ASSIGN_OR_RETURN(scratch.memory_, platform::Mapping::OfMemory(total));
  std::size_t offset = 0;
  const auto place = [&](const TensorSpec& spec) {
    const auto byte_count = static_cast<std::size_t>(spec.type.byte_count());
    const std::size_t start = std::exchange(offset, offset + PaddedBytes(spec));
    return scratch.memory_.bytes().subspan(start, byte_count);
  };
  for (const TensorSpec& spec : manifest.inputs) {
    scratch.inputs_.push_back(place(spec));
  }
  for (const TensorSpec& spec : manifest.outputs) {
    scratch.outputs_.push_back(place(spec));
  }
  return scratch;
}

bool IsAligned(std::span<const std::byte> bytes, DataType type) {
  return reinterpret_cast<std::uintptr_t>(bytes.data()) % ElementBytes(type) ==
         0;
}

}  // namespace skerry::agent
