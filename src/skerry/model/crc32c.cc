#include "skerry/model/crc32c.h"

#include "skerry/model/crc32c_lanes.h"

namespace skerry {
namespace {

// Polynomials over GF(2) modulo Castagnoli's, reflected: bit 31 is x^0.
constexpr std::uint32_t kPolynomial = 0x82F63B78;
constexpr std::uint32_t kOne = std::uint32_t{1} << 31;
constexpr std::uint32_t kX8 = std::uint32_t{1} << 23;

constexpr std::uint32_t TimesX(std::uint32_t a) {
  return (a >> 1) ^ ((a & 1) != 0 ? kPolynomial : 0);
}

constexpr std::uint32_t Multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = kOne; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = TimesX(b);
  }
  return product;
}

// The state that `byte_count` zero bytes turn `state` into.
constexpr std::uint32_t AdvanceOverZeros(std::uint32_t state,
                                         std::size_t byte_count) {
  std::uint32_t power = kX8;
  for (; byte_count != 0; byte_count >>= 1) {
    if ((byte_count & 1) != 0) state = Multiply(state, power);
    power = Multiply(power, power);
  }
  return state;
}

constexpr std::array<std::uint32_t, 256> MakeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t entry = i;
    for (int bit = 0; bit < 8; ++bit) entry = TimesX(entry);
    table[i] = entry;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = MakeTable();

std::uint32_t AdvanceByByte(std::uint32_t state, std::byte byte) {
  const std::uint32_t index =
      (state ^ std::to_integer<std::uint32_t>(byte)) & 0xFF;
  return (state >> 8) ^ kTable[index];
}

}  // namespace

CrcLanes AdvanceCrcByTable(CrcLanes lanes, const std::byte* data,
                           std::size_t lane_bytes) {
  for (std::size_t i = 0; i < lane_bytes; ++i) {
    for (std::size_t lane = 0; lane < kCrcLaneCount; ++lane) {
      lanes[lane] = AdvanceByByte(lanes[lane], data[lane * lane_bytes + i]);
    }
  }
  return lanes;
}

std::uint32_t Crc32c(std::span<const std::byte> data) {
  static const CrcAdvance kInstruction = FindCrcInstruction();
  const CrcAdvance advance =
      kInstruction != nullptr ? kInstruction : &AdvanceCrcByTable;

  // The state is linear in what came before, so each lane starts from zero
  // (the first from the checksum's start value), and the state after a lane
  // is carried over the next one as over zeros.
  const std::size_t lane_bytes = data.size() / kCrcLaneCount;
  const CrcLanes lanes = advance({~std::uint32_t{0}}, data.data(), lane_bytes);
  std::uint32_t state = lanes[0];
  for (std::size_t lane = 1; lane < kCrcLaneCount; ++lane) {
    state = AdvanceOverZeros(state, lane_bytes) ^ lanes[lane];
  }
  for (const std::byte byte : data.subspan(lane_bytes * kCrcLaneCount)) {
    state = AdvanceByByte(state, byte);
  }
  return ~state;
}

}  // namespace skerry
