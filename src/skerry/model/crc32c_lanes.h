#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace skerry {

/// How many stretches of equal length the checksum takes at once.
inline constexpr std::size_t kCrcLaneCount = 4;

using CrcLanes = std::array<std::uint32_t, kCrcLaneCount>;

/// Advances lane `i` of `lanes` over the `lane_bytes` bytes that start at
/// `data + i * lane_bytes`. The states are raw: nothing is inverted.
using CrcAdvance = CrcLanes (*)(CrcLanes lanes, const std::byte* data,
                                std::size_t lane_bytes);

/// By a table; works everywhere. Public so that a test compares the two.
CrcLanes AdvanceCrcByTable(CrcLanes lanes, const std::byte* data,
                           std::size_t lane_bytes);

/// By the CPU's instruction, or null if this CPU has none. One file for each
/// architecture defines it.
CrcAdvance FindCrcInstruction();

}  // namespace skerry
