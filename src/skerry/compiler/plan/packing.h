#pragma once

#include <cstdint>
#include <vector>

namespace skerry::compiler {

/// Offsets are multiples of this: a cache line, and the widest vector.
inline constexpr std::int64_t kBlockAlignment = 64;

/// Memory that is needed in the steps `first` to `last`, both included.
struct Block {
  int first;
  int last;
  std::int64_t bytes;
  std::int64_t offset;  ///< the answer
};

/// `bytes` up to the next multiple of `kBlockAlignment`.
std::int64_t AlignBlock(std::int64_t bytes);

/// Chooses the offsets so that blocks which are needed in the same step do
/// not overlap, and returns the bytes that all take together: close to the
/// least possible, `LiveBytesMax`, and never less.
///
/// The problem is NP-hard. Blocks are placed one by one into the smallest gap
/// that holds them, in several orders; the best result is taken, and made
/// better by placing first what stuck out.
std::int64_t PackBlocks(std::vector<Block>& blocks);

/// The most bytes that are needed in any one step.
std::int64_t LiveBytesMax(const std::vector<Block>& blocks);

}  // namespace skerry::compiler
