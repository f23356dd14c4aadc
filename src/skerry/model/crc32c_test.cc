#include "skerry/model/crc32c.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "skerry/model/crc32c_lanes.h"

namespace skerry {
namespace {

std::uint32_t OfText(std::string_view text) {
  return Crc32c(std::as_bytes(std::span(text)));
}

std::vector<std::byte> Pattern(std::size_t byte_count) {
  std::vector<std::byte> bytes(byte_count);
  std::uint32_t state = 1;
  for (std::byte& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24);
  }
  return bytes;
}

// One bit at a time, from the definition.
std::uint32_t Definition(std::span<const std::byte> data) {
  std::uint32_t state = ~std::uint32_t{0};
  for (const std::byte byte : data) {
    state ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      state = (state >> 1) ^ ((state & 1) != 0 ? 0x82F63B78 : 0);
    }
  }
  return ~state;
}

TEST(Crc32cTest, HasThePublishedValues) {
  // The check value, and those of RFC 3720, appendix B.4.
  EXPECT_EQ(OfText("123456789"), 0xE3069283);
  EXPECT_EQ(OfText(""), 0u);
  EXPECT_EQ(OfText(std::string(32, '\0')), 0x8A9136AA);
  EXPECT_EQ(OfText(std::string(32, '\xFF')), 0x62A8AB43);
}

TEST(Crc32cTest, IsTheDefinitionAtEveryLengthAndAlignment) {
  const std::vector<std::byte> bytes = Pattern(300);

  for (std::size_t begin = 0; begin < 8; ++begin) {
    for (std::size_t count = 0; count + begin <= bytes.size(); ++count) {
      const std::span<const std::byte> part =
          std::span(bytes).subspan(begin, count);
      ASSERT_EQ(Crc32c(part), Definition(part)) << begin << "+" << count;
    }
  }
}

TEST(Crc32cTest, InstructionAndTableAgree) {
  const CrcAdvance instruction = FindCrcInstruction();
  if (instruction == nullptr) GTEST_SKIP() << "this CPU has no instruction";
  const std::vector<std::byte> bytes = Pattern(4 * 1001);
  const CrcLanes start = {1, 2, 3, 0xFFFFFFFF};

  EXPECT_EQ(instruction(start, bytes.data(), 1001),
            AdvanceCrcByTable(start, bytes.data(), 1001));
}

}  // namespace
}  // namespace skerry
