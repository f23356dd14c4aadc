#include "ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace skerry::cli {
namespace {

using testing::ElementsAre;

std::vector<std::size_t> Indices(const Result<std::vector<Ranked>>& top) {
  EXPECT_TRUE(top);
  std::vector<std::size_t> indices;
  for (const Ranked& ranked : *top) indices.push_back(ranked.index);
  return indices;
}

TEST(RankingTest, ListsTheLargestFirstAndEqualOnesByIndex) {
  const Tensor scores = Tensor::Of<float>({1, 4, 1, 1}, {2, 5, 1, 5});

  EXPECT_THAT(Indices(RankTop("y", scores, 3, {})), ElementsAre(1, 3, 0));
  EXPECT_THAT(Indices(RankTop("y", scores, 9, {})), ElementsAre(1, 3, 0, 2));
}

TEST(RankingTest, PutsNotANumberLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor scores = Tensor::Of<float>({3}, {nan, -1, nan});

  EXPECT_THAT(Indices(RankTop("y", scores, 3, {})), ElementsAre(1, 0, 2));
}

TEST(RankingTest, NamesEachScore) {
  const Tensor scores = Tensor::Of<std::uint8_t>({2}, {3, 200});

  const auto top = RankTop("y", scores, 1, {"cat", "dog"});

  ASSERT_TRUE(top);
  EXPECT_EQ(top->front().label, "dog");
  EXPECT_EQ(top->front().score, 200);
}

TEST(RankingTest, RefusesOutputsThatAreNoListAndLabelsThatDoNotFit) {
  const auto matrix =
      RankTop("boxes", Tensor::Of<float>({2, 2}, {1, 2, 3, 4}), 1, {});
  const auto labels =
      RankTop("y", Tensor::Of<float>({2}, {1, 2}), 1, {"a", "b", "c"});

  ASSERT_FALSE(matrix || labels);
  EXPECT_EQ(matrix.error().message(),
            "output 'boxes' is float32[2, 2], --top wants one list of scores");
  EXPECT_EQ(labels.error().message(),
            "labels file has 3 lines, output 'y' has 2 scores");
}

TEST(RankingTest, LabelsMayEndLinesEitherWayOrNotAtAll) {
  EXPECT_THAT(ParseLabels("a\nb c\r\n\nd"), ElementsAre("a", "b c", "", "d"));
  EXPECT_THAT(ParseLabels("a\n"), ElementsAre("a"));
}

TEST(RankingTest, ReadsEveryElementType) {
  EXPECT_THAT(ToDoubles(Tensor::Of<bool>({2}, {true, false})),
              ElementsAre(1, 0));
  EXPECT_THAT(ToDoubles(Tensor::Of<std::int64_t>({1}, {-7})), ElementsAre(-7));
  Tensor half({DataType::kFloat16, {1}});
  half.bytes()[1] = std::byte{0xc0};  // -2
  EXPECT_THAT(ToDoubles(half), ElementsAre(-2));
  Tensor brain({DataType::kBfloat16, {1}});
  brain.bytes()[1] = std::byte{0x40};  // 2
  EXPECT_THAT(ToDoubles(brain), ElementsAre(2));
}

TEST(RankingTest, FileNamesAreSafeAndDiffer) {
  const TensorType type;

  EXPECT_THAT(FileNames({{"/head/out:0", type},
                         {"_head_out_0", type},
                         {"scores", type},
                         {"", type}}),
              ElementsAre("_head_out_0", "_head_out_0_2", "scores", "_"));
}

}  // namespace
}  // namespace skerry::cli
