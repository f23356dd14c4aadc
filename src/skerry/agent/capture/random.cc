#include "skerry/agent/capture/random.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <span>

#include "skerry/platform/random.h"

namespace skerry::agent {
namespace {

std::uint64_t Random() {
  std::uint64_t number = 0;
  platform::FillRandom(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

}  // namespace

std::uint32_t RandomSeed() { return static_cast<std::uint32_t>(Random()); }

std::string RandomName() {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%016" PRIx64, Random());
  return text.data();
}

}  // namespace skerry::agent
