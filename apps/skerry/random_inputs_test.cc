#include "random_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::cli {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::Le;
using testing::Lt;

TEST(RandomInputsTest, AreTheSameEveryTimeAndInRange) {
  const std::vector<TensorSpec> specs = {{"x", {DataType::kFloat32, {1000}}},
                                         {"i", {DataType::kInt64, {1000}}},
                                         {"p", {DataType::kUint8, {1000}}}};

  const std::vector<Tensor> inputs = RandomInputs(specs);

  EXPECT_EQ(inputs, RandomInputs(specs));
  EXPECT_THAT(inputs[0].data<float>(), Each(AllOf(Ge(-1), Lt(1))));
  EXPECT_THAT(inputs[1].data<std::int64_t>(), Each(AllOf(Ge(0), Le(1))));
  EXPECT_EQ(inputs[2].type(), specs[2].type);
}

}  // namespace
}  // namespace skerry::cli
