#include "skerry/compiler/emit/weights.h"

#include <gtest/gtest.h>

namespace skerry::compiler {
namespace {

TEST(WeightBlockTest, TensorsAreAlignedAndInOrder) {
  WeightBlock block;

  const std::int64_t first = block.Add(Tensor::Of<float>({1}, {1.0F}));
  const std::int64_t second = block.Add(Tensor::Of<float>({2}, {2.0F, 3.0F}));

  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 64);
  EXPECT_EQ(block.Take().size(), 72U);
}

TEST(WeightBlockTest, EqualBytesAreKeptOnce) {
  WeightBlock block;

  const std::int64_t first = block.Add(Tensor::Of<float>({2}, {1.0F, 2.0F}));
  block.Add(Tensor::Of<float>({2}, {1.0F, 3.0F}));

  EXPECT_EQ(block.Add(Tensor::Of<float>({2, 1}, {1.0F, 2.0F})), first);
  EXPECT_EQ(block.Take().size(), 72U);
}

}  // namespace
}  // namespace skerry::compiler
