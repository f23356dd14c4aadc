#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include <cstring>

#include "skerry/model/crc32c_lanes.h"

namespace skerry {
namespace {

__attribute__((target("+crc"))) CrcLanes Advance(CrcLanes lanes,
                                                 const std::byte* data,
                                                 std::size_t lane_bytes) {
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= lane_bytes; i += sizeof(std::uint64_t)) {
    for (std::size_t lane = 0; lane < kCrcLaneCount; ++lane) {
      std::uint64_t word = 0;
      std::memcpy(&word, data + lane * lane_bytes + i, sizeof word);
      lanes[lane] = __crc32cd(lanes[lane], word);
    }
  }
  for (std::size_t lane = 0; lane < kCrcLaneCount; ++lane) {
    for (std::size_t j = i; j < lane_bytes; ++j) {
      lanes[lane] =
          __crc32cb(lanes[lane],
                    std::to_integer<std::uint8_t>(data[lane * lane_bytes + j]));
    }
  }
  return lanes;
}

}  // namespace

CrcAdvance FindCrcInstruction() {
  return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0 ? &Advance : nullptr;
}

}  // namespace skerry
