#include "skerry/agent/capture/random.h"

#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <exception>
#include <random>

namespace skerry::agent {
namespace {

std::uint64_t Random() {
  try {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32U | device();
  } catch (const std::exception&) {
    // A system that has none: the time still tells runs apart.
    return static_cast<std::uint64_t>(
        std::chrono::system_clock::now().time_since_epoch().count());
  }
}

}  // namespace

std::uint32_t RandomSeed() { return static_cast<std::uint32_t>(Random()); }

std::string RandomName() {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%016" PRIx64, Random());
  return text.data();
}

}  // namespace skerry::agent
