#include "skerry/compiler/plan/packing.h"

#include <gtest/gtest.h>

#include <random>

namespace skerry::compiler {
namespace {

/// Compares every pair: slower than the packer, and none of its code.
void ExpectValid(const std::vector<Block>& blocks, std::int64_t total) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& a = blocks[i];
    EXPECT_EQ(a.offset % 64, 0);
    EXPECT_GE(a.offset, 0);
    EXPECT_LE(a.offset + a.bytes, total);
    for (std::size_t j = 0; j < i; ++j) {
      const Block& b = blocks[j];
      const bool apart_in_time = a.last < b.first || b.last < a.first;
      const bool apart_in_space =
          a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
      EXPECT_TRUE(apart_in_time || apart_in_space)
          << "blocks " << i << " and " << j;
    }
  }
}

TEST(PackingTest, AChainNeedsItsTwoLargestNeighbours) {
  std::vector<Block> blocks = {
      {0, 1, 640, -1}, {1, 2, 1280, -1}, {2, 3, 64, -1}, {3, 4, 1280, -1}};

  const std::int64_t total = PackBlocks(blocks);

  EXPECT_EQ(total, 640 + 1280);
  ExpectValid(blocks, total);
}

TEST(PackingTest, SizesAreRoundedToTheAlignment) {
  std::vector<Block> blocks = {{0, 1, 1, -1}, {0, 1, 65, -1}};

  const std::int64_t total = PackBlocks(blocks);

  EXPECT_EQ(total, 64 + 128);
  ExpectValid(blocks, total);
}

TEST(PackingTest, NothingTakesNothing) {
  std::vector<Block> none;
  std::vector<Block> empty = {{0, 3, 0, -1}};

  EXPECT_EQ(PackBlocks(none), 0);
  EXPECT_EQ(PackBlocks(empty), 0);
}

TEST(PackingTest, RandomBlocksNeverOverlapAndComeCloseToTheLeast) {
  std::mt19937 random(7);
  std::int64_t taken = 0;
  std::int64_t least = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> blocks;
    const int count = 1 + static_cast<int>(random() % 60);
    for (int i = 0; i < count; ++i) {
      const int first = static_cast<int>(random() % 50);
      const int last = first + static_cast<int>(random() % 8);
      blocks.push_back(
          {first, last, static_cast<std::int64_t>(random() % 5000), -1});
    }

    const std::int64_t total = PackBlocks(blocks);

    ExpectValid(blocks, total);
    EXPECT_GE(total, LiveBytesMax(blocks));
    taken += total;
    least += LiveBytesMax(blocks);
  }
  EXPECT_LT(static_cast<double>(taken), 1.05 * static_cast<double>(least));
}

TEST(PackingTest, IsTheSameEachTime) {
  std::vector<Block> first;
  for (int i = 0; i < 100; ++i) {
    first.push_back({i, i + 1 + i % 7, 64 * (1 + i * i % 13), -1});
  }
  std::vector<Block> second = first;

  PackBlocks(first);
  PackBlocks(second);

  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].offset, second[i].offset);
  }
}

}  // namespace
}  // namespace skerry::compiler
