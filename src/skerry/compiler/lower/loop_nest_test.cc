#include "skerry/compiler/lower/loop_nest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

using testing::ElementsAre;

TEST(LoopNestTest, BroadcastAxesHaveStrideZero) {
  EXPECT_THAT(BroadcastStrides(Shape{5, 1}, Shape{4, 5, 6}),
              ElementsAre(0, 1, 0));
  EXPECT_THAT(BroadcastStrides(Shape{}, Shape{4, 5}), ElementsAre(0, 0));
}

TEST(LoopNestTest, AxesThatAreWalkedAsOneBecomeOne) {
  const LoopNest simple = Simplified({{2, 3, 4}, {{12, 4, 1}, {12, 4, 1}}});

  EXPECT_THAT(simple.dims, ElementsAre(24));
  EXPECT_THAT(simple.strides, ElementsAre(ElementsAre(1), ElementsAre(1)));
}

TEST(LoopNestTest, AnAxisStaysWhereOneOperandTurns) {
  // The second operand repeats for each index of the first axis.
  const LoopNest simple = Simplified({{2, 3, 4}, {{12, 4, 1}, {0, 4, 1}}});

  EXPECT_THAT(simple.dims, ElementsAre(2, 12));
  EXPECT_THAT(simple.strides,
              ElementsAre(ElementsAre(12, 1), ElementsAre(0, 1)));
}

TEST(LoopNestTest, AxesOfOneIndexDisappear) {
  const LoopNest simple = Simplified({{1, 3, 1, 4}, {{7, 4, 9, 1}}});

  EXPECT_THAT(simple.dims, ElementsAre(12));
}

TEST(LoopNestTest, AScalarKeepsOneAxis) {
  const LoopNest simple = Simplified({{}, {{}, {}}});

  EXPECT_THAT(simple.dims, ElementsAre(1));
  EXPECT_THAT(simple.strides, ElementsAre(ElementsAre(1), ElementsAre(1)));
}

TEST(LoopNestTest, TasksShareTheFirstAxisThatGivesEachAnIndex) {
  EXPECT_EQ(SplitAxis({2, 100, 7}, 8), 1);
  EXPECT_EQ(SplitAxis({20, 100, 7}, 8), 0);
  EXPECT_EQ(SplitAxis({2, 5, 3}, 8), 1);
}

TEST(LoopNestTest, LittleWorkIsOneTask) {
  EXPECT_EQ(TaskCount(1000), 1);
  EXPECT_EQ(TaskCount(1 << 20), 8);
  EXPECT_EQ(TaskCount(std::int64_t{1} << 40), 32);
}

}  // namespace
}  // namespace skerry::compiler
