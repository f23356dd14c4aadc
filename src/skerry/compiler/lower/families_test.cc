// Which nodes the light families take, and what they say of them. That the
// kernels are right is for tests/conformance.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/compiler/lower/kernel_plan.h"

namespace skerry::compiler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A graph of one node, built operand by operand.
class FamiliesTest : public testing::Test {
 protected:
  void Input(TensorType type) {
    node_.inputs.push_back(graph_.AddValue("x", std::move(type)));
  }
  void Input(Shape shape) { Input({DataType::kFloat32, std::move(shape)}); }
  void Constant(Tensor tensor) {
    node_.inputs.push_back(graph_.AddConstant("c", std::move(tensor)));
  }
  void Output(TensorType type) {
    node_.outputs.push_back(graph_.AddValue("y", std::move(type)));
  }
  void Output(Shape shape) { Output({DataType::kFloat32, std::move(shape)}); }

  std::optional<KernelPlan> Plan(LowerFamily family, std::string op) {
    node_.op = std::move(op);
    auto plan = family(graph_, node_, Target{});
    EXPECT_TRUE(plan.has_value());
    return plan ? *std::move(plan) : std::nullopt;
  }

  Graph graph_;
  Node node_;
};

TEST_F(FamiliesTest, ElementwiseTakesThePlaceOfAnInputOfItsShape) {
  Input({1, 1, 8});
  Input({4, 4, 8});
  Output({4, 4, 8});

  const auto plan = Plan(LowerElementwise, "Add");

  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->in_place_input, 1);
  EXPECT_THAT(plan->used_inputs, ElementsAre(0, 1));
}

TEST_F(FamiliesTest, ElementwisePutsScalarConstantsIntoTheCode) {
  Input(Shape{100});
  Constant(Tensor::Of<float>({1}, {0.25F}));
  Output(Shape{100});

  const auto plan = Plan(LowerElementwise, "Mul");

  ASSERT_TRUE(plan.has_value());
  EXPECT_THAT(plan->used_inputs, ElementsAre(0));
  EXPECT_THAT(plan->body, HasSubstr("i0 * k::Broadcast(0.25f)"));
}

TEST_F(FamiliesTest, ElementwiseRepeatsConstantsOfShortRows) {
  Input({1, 6, 7, 3});
  Constant(Tensor::Of<float>({3}, {1, 2, 3}));
  Output({1, 6, 7, 3});

  const auto plan = Plan(LowerElementwise, "Add");

  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->packed.size(), 1U);
  EXPECT_EQ(plan->packed[0].shape(), Shape({42, 3}));
  EXPECT_THAT(plan->used_inputs, ElementsAre(0));
}

TEST_F(FamiliesTest, ElementwiseLeavesIntegersToTheReference) {
  Input({DataType::kInt64, {4}});
  Input({DataType::kInt64, {4}});
  Output({DataType::kInt64, {4}});

  EXPECT_FALSE(Plan(LowerElementwise, "Add").has_value());
}

TEST_F(FamiliesTest, ElementwiseLeavesFunctionsWithoutAVectorForm) {
  Input(Shape{4});
  Output(Shape{4});

  EXPECT_FALSE(Plan(LowerElementwise, "Acosh").has_value());
}

TEST_F(FamiliesTest, MovementInterleavesFewChannels) {
  Input({1, 3, 8, 8});
  Output({1, 8, 8, 3});
  node_.attributes.Set("perm", std::vector<std::int64_t>{0, 2, 3, 1});

  const auto plan = Plan(LowerMovement, "Transpose");

  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->kernel, "CopyInterleaved");
}

TEST_F(FamiliesTest, MovementOfOneChannelIsAPlainCopy) {
  Input({1, 1, 8, 8});
  Output({1, 8, 8, 1});
  node_.attributes.Set("perm", std::vector<std::int64_t>{0, 2, 3, 1});

  const auto plan = Plan(LowerMovement, "Transpose");

  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->kernel, "CopyRuns");
}

TEST_F(FamiliesTest, MovementLeavesBordersThatMirror) {
  Input(Shape{8});
  Constant(Tensor::Of<std::int64_t>({2}, {1, 1}));
  Output(Shape{10});
  node_.attributes.Set("mode", std::string("reflect"));

  EXPECT_FALSE(Plan(LowerMovement, "Pad").has_value());
}

TEST_F(FamiliesTest, LargePoolingWindowsAreSeparated) {
  Input({1, 13, 13, 64});
  Output({1, 13, 13, 64});
  node_.attributes.Set("layout", std::string("NHWC"));
  node_.attributes.Set("kernel_shape", std::vector<std::int64_t>{5, 5});
  node_.attributes.Set("pads", std::vector<std::int64_t>{2, 2, 2, 2});

  const auto plan = Plan(LowerWindow, "MaxPool");

  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->kernel, "PoolSeparated");
  EXPECT_EQ(plan->scratch_bytes, 13 * 64 * 4);
}

TEST_F(FamiliesTest, ReductionsLeaveAxesThatAreApart) {
  Input({4, 5, 6});
  Constant(Tensor::Of<std::int64_t>({2}, {0, 2}));
  Output({1, 5, 1});

  EXPECT_FALSE(Plan(LowerReduction, "ReduceSum").has_value());
}

TEST_F(FamiliesTest, NothingIsTakenThatHasNoElements) {
  Input({0, 5});
  Output({0, 5});

  EXPECT_FALSE(Plan(LowerElementwise, "Relu").has_value());
  EXPECT_FALSE(Plan(LowerMovement, "Identity").has_value());
  EXPECT_FALSE(Plan(LowerReduction, "Softmax").has_value());
}

}  // namespace
}  // namespace skerry::compiler
