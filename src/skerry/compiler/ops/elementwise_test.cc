#include <gtest/gtest.h>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TEST(ElementwiseInferTest, UnaryOperatorsKeepTheType) {
  EXPECT_EQ(TestNode("Exp").Input({2, 3}).Type(), "float32[2, 3]");
  EXPECT_EQ(TestNode("Relu").Input({2}, DataType::kInt8).Type(), "int8[2]");
  EXPECT_EQ(TestNode("Identity").Input({}, DataType::kBool).Type(), "bool[]");
}

TEST(ElementwiseInferTest, UnaryOperatorsCheckTheType) {
  EXPECT_EQ(TestNode("Exp").Input({2}, DataType::kInt32).Type(),
            "Exp 'n': input is int32, want a float type");
  EXPECT_EQ(TestNode("Neg").Input({2}, DataType::kBool).Type(),
            "Neg 'n': input is bool, want a number type");
  EXPECT_EQ(TestNode("Not").Input({2}).Type(),
            "Not 'n': input is float32, want bool");
  EXPECT_EQ(TestNode("BitwiseNot").Input({2}).Type(),
            "BitwiseNot 'n': input is float32, want an integer type");
}

TEST(ElementwiseInferTest, TestsOfFloatsGiveBools) {
  EXPECT_EQ(TestNode("IsNaN").Input({2}).Type(), "bool[2]");
}

TEST(ElementwiseInferTest, BinaryOperatorsBroadcast) {
  EXPECT_EQ(TestNode("Add").Input({2, 1, 4}).Input({3, 1}).Type(),
            "float32[2, 3, 4]");
  EXPECT_EQ(TestNode("Add").Input({2}).Input({3}).Type(),
            "Add 'n': shapes [2] and [3] do not broadcast");
}

TEST(ElementwiseInferTest, BinaryOperatorsWantOneType) {
  EXPECT_EQ(TestNode("Add").Input({2}).Input({2}, DataType::kInt8).Type(),
            "Add 'n': the first input is float32, the second is int8; they "
            "must be of one type");
}

TEST(ElementwiseInferTest, PowMayHaveAnExponentOfAnotherType) {
  EXPECT_EQ(TestNode("Pow").Input({2}).Input({}, DataType::kInt64).Type(),
            "float32[2]");
}

TEST(ElementwiseInferTest, ModOfFloatsWantsFmod) {
  EXPECT_EQ(TestNode("Mod").Input({2}).Input({2}).Type(),
            "Mod 'n': input is float32, which wants attribute 'fmod' 1");
  EXPECT_EQ(TestNode("Mod").Input({2}).Input({2}).Set("fmod", {1}).Type(),
            "float32[2]");
}

TEST(ElementwiseInferTest, ComparisonsGiveBools) {
  EXPECT_EQ(TestNode("Less").Input({2, 1}).Input({3}).Type(), "bool[2, 3]");
  EXPECT_EQ(TestNode("Equal")
                .Input({1}, DataType::kBool)
                .Input({2}, DataType::kBool)
                .Type(),
            "bool[2]");
}

TEST(ElementwiseInferTest, LogicTakesBoolsOnly) {
  EXPECT_EQ(TestNode("And").Input({2}).Input({2}).Type(),
            "And 'n': input is float32, want bool");
}

TEST(ElementwiseInferTest, WhereBroadcastsAllThree) {
  EXPECT_EQ(TestNode("Where")
                .Input({2, 1, 1}, DataType::kBool)
                .Input({3, 1})
                .Input({4})
                .Type(),
            "float32[2, 3, 4]");
  EXPECT_EQ(TestNode("Where").Input({2}).Input({2}).Input({2}).Type(),
            "Where 'n': the condition is float32, want bool");
}

TEST(ElementwiseInferTest, PReluBroadcastsTheSlopeOnly) {
  EXPECT_EQ(TestNode("PRelu").Input({1, 4, 2, 2}).Input({4, 1, 1}).Type(),
            "float32[1, 4, 2, 2]");
  EXPECT_EQ(TestNode("PRelu").Input({4}).Input({2, 4}).Type(),
            "PRelu 'n': slope has shape [2, 4], which does not broadcast to "
            "[4]");
}

TEST(ElementwiseInferTest, CastNamesTypesThatAreNotSupported) {
  EXPECT_EQ(TestNode("Cast").Input({2}).Set("to", {7}).Type(), "int64[2]");
  EXPECT_EQ(TestNode("Cast").Input({2}).Set("to", {8}).Type(),
            "Cast 'n': attribute 'to' is 8, which is no element type that is "
            "supported");
}

TEST(ElementwiseInferTest, ClipWantsScalarBounds) {
  EXPECT_EQ(TestNode("Clip").Input({2}).None().Input({}).Type(), "float32[2]");
  EXPECT_EQ(TestNode("Clip").Input({2}).Input({2}).Type(),
            "Clip 'n': input 'min' has shape [2], want a scalar");
}

TEST(ElementwiseInferTest, BitShiftWantsADirection) {
  const auto node = [] {
    return TestNode("BitShift")
        .Input({2}, DataType::kUint8)
        .Input({2}, DataType::kUint8);
  };

  EXPECT_EQ(node().Text("direction", "LEFT").Type(), "uint8[2]");
  EXPECT_EQ(node().Type(),
            "BitShift 'n': attribute 'direction' is '', want LEFT or RIGHT");
}

TEST(ElementwiseInferTest, ProgramsBroadcastTheirInputs) {
  EXPECT_EQ(TestNode("Elementwise")
                .Input({2, 1})
                .Input({3})
                .Text("program", "i0 i1 add relu")
                .Type(),
            "float32[2, 3]");
}

TEST(ElementwiseInferTest, ProgramsMustParse) {
  EXPECT_EQ(
      TestNode("Elementwise").Input({2}).Text("program", "i0 oops").Type(),
      "Elementwise 'n': attribute 'program' is 'i0 oops', which is no "
      "element-wise program");
  EXPECT_EQ(TestNode("Elementwise").Input({2}).Text("program", "i1").Type(),
            "Elementwise 'n': attribute 'program' reads 2 inputs, the node "
            "has 1");
}

}  // namespace
}  // namespace skerry::compiler
