#include <gtest/gtest.h>

#include <limits>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max();

std::string Slice(Shape x, std::int64_t start, std::int64_t end,
                  std::int64_t step) {
  return TestNode("Slice")
      .Input(std::move(x))
      .Ints({start})
      .Ints({end})
      .Ints({0})
      .Ints({step})
      .Type();
}

TestNode Pad(Shape x, std::vector<std::int64_t> pads) {
  return TestNode("Pad").Input(std::move(x)).Ints(std::move(pads));
}

TEST(TransposeInferTest, PermutesAxes) {
  EXPECT_EQ(TestNode("Transpose").Input({2, 3, 4}).Type(), "float32[4, 3, 2]");
  EXPECT_EQ(
      TestNode("Transpose").Input({2, 3, 4}).Set("perm", {1, 0, 2}).Type(),
      "float32[3, 2, 4]");
}

TEST(TransposeInferTest, RefusesWhatIsNoPermutation) {
  EXPECT_EQ(TestNode("Transpose").Input({2, 3}).Set("perm", {0, 0}).Type(),
            "Transpose 'n': attribute 'perm' is [0, 0], want an order of 2 "
            "axes");
  EXPECT_FALSE(TestNode("Transpose").Input({2, 3}).Set("perm", {0}).Infer());
}

TEST(ConcatInferTest, AddsExtents) {
  EXPECT_EQ(
      TestNode("Concat").Input({1, 2}).Input({1, 3}).Set("axis", {-1}).Type(),
      "float32[1, 5]");
}

TEST(ConcatInferTest, ComparesOtherExtents) {
  EXPECT_EQ(
      TestNode("Concat").Input({1, 2}).Input({2, 3}).Set("axis", {1}).Type(),
      "Concat 'n': input 1 has shape [2, 3], want [1, 3]");
  EXPECT_EQ(TestNode("Concat").Input({1, 2}).Set("axis", {2}).Type(),
            "Concat 'n': attribute 'axis' is 2, want one of 2 axes");
  EXPECT_EQ(TestNode("Concat").Input({1, 2}).Type(),
            "Concat 'n': attribute 'axis' is missing");
}

TEST(SplitInferTest, TakesSizesOrSplitsEvenly) {
  EXPECT_EQ(TestNode("Split", 2).Input({5}).Ints({2, 3}).Type(1), "float32[3]");
  EXPECT_EQ(TestNode("Split", 3).Input({7}).Type(2), "float32[1]");
}

TEST(SplitInferTest, WantsSizesThatAddUp) {
  EXPECT_EQ(TestNode("Split", 2).Input({5}).Ints({2, 2}).Type(),
            "Split 'n': input 'split' is [2, 2], which does not add up to 5");
  EXPECT_FALSE(TestNode("Split", 2).Input({5}).Ints({kFar, kFar}).Infer());
  EXPECT_FALSE(TestNode("Split", 2).Input({5}).Ints({6, -1}).Infer());
  EXPECT_EQ(TestNode("Split", 2).Input({5}).Ints({5}).Type(),
            "Split 'n': input 'split' has 1 elements, the node has 2 outputs");
}

TEST(SliceInferTest, ClampsAsOnnxSays) {
  EXPECT_EQ(Slice({10}, 2, 5, 1), "float32[3]");
  EXPECT_EQ(Slice({10}, -3, kFar, 1), "float32[3]");
  EXPECT_EQ(Slice({10}, 0, 10, 3), "float32[4]");
  EXPECT_EQ(Slice({10}, 5, 2, 1), "float32[0]");
  EXPECT_EQ(Slice({10}, -1, -kFar - 1, -1), "float32[10]");
  EXPECT_EQ(Slice({10}, kFar, 0, -2), "float32[5]");
  EXPECT_EQ(Slice({10}, 0, 10, kFar), "float32[1]");
  EXPECT_EQ(Slice({0}, 0, 10, -1), "float32[0]");
}

TEST(SliceInferTest, RefusesStepsOfZero) {
  EXPECT_EQ(Slice({10}, 0, 10, 0), "Slice 'n': input 'steps' has a 0");
}

TEST(SliceInferTest, WantsConstantBounds) {
  EXPECT_EQ(TestNode("Slice")
                .Input({4})
                .Input({1}, DataType::kInt64)
                .Ints({1})
                .Type(),
            "Slice 'n': input 'starts' ('x_1') depends on the data; it shapes "
            "the result and must be a constant");
}

TEST(PadInferTest, GrowsAndCrops) {
  EXPECT_EQ(Pad({2, 5}, {0, 1, 3, -2}).Type(), "float32[5, 4]");
  EXPECT_EQ(Pad({2, 5}, {0, -6, 0, 0}).Type(),
            "Pad 'n': input 'pads' is [0, -6, 0, 0], input has shape [2, 5]");
  EXPECT_FALSE(Pad({2}, {kFar, kFar}).Infer());
}

TEST(PadInferTest, ReflectionNeedsElements) {
  EXPECT_EQ(Pad({3}, {2, 0}).Text("mode", "reflect").Type(), "float32[5]");
  EXPECT_EQ(Pad({3}, {3, 0}).Text("mode", "reflect").Type(),
            "Pad 'n': mode reflect cannot pad an extent of 3 by 3");
  EXPECT_EQ(Pad({3}, {1, 0}).Text("mode", "mirror").Type(),
            "Pad 'n': attribute 'mode' is 'mirror', want constant, reflect, "
            "edge or wrap");
}

TEST(TileInferTest, MultipliesExtents) {
  EXPECT_EQ(TestNode("Tile").Input({2, 3}).Ints({2, 1}).Type(),
            "float32[4, 3]");
  EXPECT_FALSE(TestNode("Tile").Input({2, 3}).Ints({kFar, kFar}).Infer());
  EXPECT_FALSE(TestNode("Tile").Input({2, 3}).Ints({2}).Infer());
}

TEST(ExpandInferTest, BroadcastsBothWays) {
  EXPECT_EQ(TestNode("Expand").Input({3, 1}).Ints({2, 1, 6}).Type(),
            "float32[2, 3, 6]");
  EXPECT_FALSE(TestNode("Expand").Input({3}).Ints({-1}).Infer());
}

TEST(DepthToSpaceInferTest, MovesChannelsIntoThePlane) {
  EXPECT_EQ(
      TestNode("DepthToSpace").Input({1, 8, 2, 3}).Set("blocksize", {2}).Type(),
      "float32[1, 2, 4, 6]");
  EXPECT_EQ(TestNode("DepthToSpace")
                .Input({1, 2, 3, 8})
                .Set("blocksize", {2})
                .Text("layout", "NHWC")
                .Type(),
            "float32[1, 4, 6, 2]");
  EXPECT_EQ(
      TestNode("DepthToSpace").Input({1, 6, 2, 3}).Set("blocksize", {2}).Type(),
      "DepthToSpace 'n': input has 6 channels, not a multiple of "
      "blocksize 2 squared");
}

TEST(SpaceToDepthInferTest, MovesThePlaneIntoChannels) {
  EXPECT_EQ(
      TestNode("SpaceToDepth").Input({1, 2, 4, 6}).Set("blocksize", {2}).Type(),
      "float32[1, 8, 2, 3]");
  EXPECT_FALSE(TestNode("SpaceToDepth").Input({1, 2, 4, 6}).Infer());
}

}  // namespace
}  // namespace skerry::compiler
