#include "skerry/compiler/ops/op.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TEST(OpTest, OperatorsAreListedOnce) {
  std::set<std::string_view> names;
  for (const OpInfo& op : Operators()) {
    EXPECT_TRUE(names.insert(op.name).second) << op.name;
    EXPECT_EQ(FindOp(op.name), &op);
  }
}

TEST(OpTest, FindOpKnowsNoOthers) { EXPECT_EQ(FindOp("Loop"), nullptr); }

TEST(OpTest, OperatorsStateASourceForTheirKernel) {
  for (const OpInfo& op : Operators()) {
    EXPECT_EQ(op.reference == nullptr, op.header.empty()) << op.name;
  }
}

TEST(OpTest, InferTypesNamesOperatorsThatThereAreNot) {
  EXPECT_EQ(TestNode("Loop").Infer().error().code(), ErrorCode::kUnimplemented);
  EXPECT_EQ(TestNode("Loop").Type(), "Loop 'n': operator is not supported");
}

TEST(OpTest, InferTypesCountsInputs) {
  EXPECT_EQ(TestNode("Add").Input({1}).Type(), "Add 'n': has 1 inputs, want 2");
  EXPECT_EQ(TestNode("Concat").Type(),
            "Concat 'n': has 0 inputs, want at least 1");
  EXPECT_EQ(TestNode("Clip").Type(), "Clip 'n': has 0 inputs, want 1 to 3");
}

TEST(OpTest, InferTypesCountsOutputs) {
  EXPECT_EQ(TestNode("Relu", 2).Input({1}).Type(),
            "Relu 'n': has 2 outputs, want 1");
  EXPECT_EQ(TestNode("Relu", 0).Input({1}).Type(),
            "Relu 'n': has 0 outputs, want 1");
}

TEST(OpTest, InferTypesWantsRequiredInputs) {
  EXPECT_EQ(TestNode("Add").Input({1}).None().Type(),
            "Add 'n': input 1 is left out");
  EXPECT_EQ(TestNode("Concat").Input({1}).None().Type(),
            "Concat 'n': input 1 is left out");
}

TEST(OpTest, InferTypesGivesATypeForEachOutput) {
  const auto one = TestNode("TopK").Input({5}).Ints({2}).Infer();
  const auto two = TestNode("TopK", 2).Input({5}).Ints({2}).Infer();

  EXPECT_EQ(one->size(), 1U);
  EXPECT_EQ(two->size(), 2U);
}

}  // namespace
}  // namespace skerry::compiler
