#include <cpuid.h>
#include <nmmintrin.h>

#include <cstring>

#include "skerry/model/crc32c_lanes.h"

namespace skerry {
namespace {

__attribute__((target("sse4.2"))) CrcLanes Advance(CrcLanes lanes,
                                                   const std::byte* data,
                                                   std::size_t lane_bytes) {
  std::array<std::uint64_t, kCrcLaneCount> states{};
  for (std::size_t lane = 0; lane < kCrcLaneCount; ++lane) {
    states[lane] = lanes[lane];
  }
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= lane_bytes; i += sizeof(std::uint64_t)) {
    for (std::size_t lane = 0; lane < kCrcLaneCount; ++lane) {
      std::uint64_t word = 0;
      std::memcpy(&word, data + lane * lane_bytes + i, sizeof word);
      states[lane] = _mm_crc32_u64(states[lane], word);
    }
  }
  for (std::size_t lane = 0; lane < kCrcLaneCount; ++lane) {
    lanes[lane] = static_cast<std::uint32_t>(states[lane]);
    for (std::size_t j = i; j < lane_bytes; ++j) {
      lanes[lane] = _mm_crc32_u8(lanes[lane], std::to_integer<std::uint8_t>(
                                                  data[lane * lane_bytes + j]));
    }
  }
  return lanes;
}

}  // namespace

CrcAdvance FindCrcInstruction() {
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
  const bool known = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0;
  return known && (ecx & bit_SSE4_2) != 0 ? &Advance : nullptr;
}

}  // namespace skerry
