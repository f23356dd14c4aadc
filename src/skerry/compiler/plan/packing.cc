#include "skerry/compiler/plan/packing.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

namespace skerry::compiler {
namespace {

/// Placing takes time quadratic in the number of blocks; large graphs get
/// fewer attempts.
constexpr std::size_t kAttemptsMax = 64;
constexpr std::size_t kAttemptWorkMax = std::size_t{1} << 26;

using Order = std::vector<std::size_t>;

bool Meet(const Block& a, const Block& b) {
  return a.first <= b.last && b.first <= a.last;
}

/// Puts `block` into the smallest gap between `placed`, which is sorted by
/// offset, or behind all that it meets.
std::int64_t BestOffset(const std::vector<Block>& blocks, const Order& placed,
                        const Block& block) {
  const std::int64_t bytes = AlignBlock(block.bytes);
  std::int64_t end = 0;  // of what was passed so far
  std::int64_t best = -1;
  std::int64_t best_gap = std::numeric_limits<std::int64_t>::max();
  for (const std::size_t index : placed) {
    const Block& other = blocks[index];
    if (!Meet(block, other)) continue;
    const std::int64_t gap = other.offset - end;
    if (gap >= bytes && gap < best_gap) {
      best = end;
      best_gap = gap;
    }
    end = std::max(end, other.offset + AlignBlock(other.bytes));
  }
  return best >= 0 ? best : end;
}

/// Places all blocks in the given order; returns the bytes taken together.
std::int64_t PlaceBlocks(std::vector<Block>& blocks, const Order& order) {
  Order placed;  // by offset
  std::int64_t total = 0;
  for (const std::size_t index : order) {
    Block& block = blocks[index];
    block.offset = BestOffset(blocks, placed, block);
    total = std::max(total, block.offset + AlignBlock(block.bytes));
    const auto at = std::ranges::upper_bound(
        placed, block.offset, {},
        [&](std::size_t other) { return blocks[other].offset; });
    placed.insert(at, index);
  }
  return total;
}

Order Sorted(const std::vector<Block>& blocks,
             const std::function<std::int64_t(const Block&)>& key) {
  Order order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const std::int64_t key_a = key(blocks[a]);
    const std::int64_t key_b = key(blocks[b]);
    return key_a != key_b ? key_a > key_b : a < b;
  });
  return order;
}

/// Moves the block that reaches furthest to the front.
void PromoteHighest(const std::vector<Block>& blocks, Order& order) {
  const auto highest =
      std::ranges::max_element(order, {}, [&](std::size_t index) {
        return blocks[index].offset + AlignBlock(blocks[index].bytes);
      });
  std::rotate(order.begin(), highest, highest + 1);
}

}  // namespace

std::int64_t AlignBlock(std::int64_t bytes) {
  return (bytes + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment;
}

std::int64_t LiveBytesMax(const std::vector<Block>& blocks) {
  std::int64_t most = 0;
  // The maximum is reached in a step in which something begins.
  for (const Block& start : blocks) {
    std::int64_t live = 0;
    for (const Block& block : blocks) {
      if (block.first <= start.first && start.first <= block.last) {
        live += AlignBlock(block.bytes);
      }
    }
    most = std::max(most, live);
  }
  return most;
}

std::int64_t PackBlocks(std::vector<Block>& blocks) {
  if (blocks.empty()) return 0;
  const std::int64_t least = LiveBytesMax(blocks);
  const std::size_t attempts =
      std::clamp(kAttemptWorkMax / (blocks.size() * blocks.size()),
                 std::size_t{1}, kAttemptsMax);
  const auto steps = [](const Block& b) {
    return std::int64_t{b.last} - b.first + 1;
  };
  std::vector<Block> best;
  std::int64_t best_total = std::numeric_limits<std::int64_t>::max();
  for (const Order& start :
       {Sorted(blocks, [](const Block& b) { return b.bytes; }),
        Sorted(blocks, [&](const Block& b) { return b.bytes * steps(b); }),
        Sorted(blocks, [&](const Block& b) { return steps(b); }),
        Sorted(blocks,
               [](const Block& b) { return -std::int64_t{b.first}; })}) {
    Order order = start;
    for (std::size_t attempt = 0; attempt < attempts; ++attempt) {
      const std::int64_t total = PlaceBlocks(blocks, order);
      if (total < best_total) {
        best_total = total;
        best = blocks;
      }
      if (best_total == least) break;
      PromoteHighest(blocks, order);
    }
  }
  blocks = std::move(best);
  return best_total;
}

}  // namespace skerry::compiler
