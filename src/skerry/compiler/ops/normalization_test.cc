#include <gtest/gtest.h>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TEST(BatchNormalizationInferTest, WantsAnElementPerChannel) {
  const auto node = [](Shape x) {
    return TestNode("BatchNormalization")
        .Input(std::move(x))
        .Input({3})
        .Input({3})
        .Input({3})
        .Input({3});
  };

  EXPECT_EQ(node({1, 3, 4, 4}).Type(), "float32[1, 3, 4, 4]");
  EXPECT_EQ(node({1, 4, 4, 3}).Text("layout", "NHWC").Type(),
            "float32[1, 4, 4, 3]");
  EXPECT_EQ(node({1, 4, 4, 3}).Type(),
            "BatchNormalization 'n': input 1 has shape [3], want [4]");
}

TEST(InstanceNormalizationInferTest, WantsAPlane) {
  EXPECT_EQ(TestNode("InstanceNormalization")
                .Input({1, 3})
                .Input({3})
                .Input({3})
                .Type(),
            "InstanceNormalization 'n': input has shape [1, 3], want at least "
            "3 dimensions");
}

TEST(GroupNormalizationInferTest, DividesTheChannels) {
  const auto node = [](std::int64_t groups) {
    return TestNode("GroupNormalization")
        .Input({1, 6, 2, 2})
        .Input({6})
        .Input({6})
        .Set("num_groups", {groups})
        .Type();
  };

  EXPECT_EQ(node(3), "float32[1, 6, 2, 2]");
  EXPECT_EQ(node(4),
            "GroupNormalization 'n': attribute 'num_groups' is 4, input has 6 "
            "channels");
  EXPECT_EQ(node(0),
            "GroupNormalization 'n': attribute 'num_groups' is 0, input has 6 "
            "channels");
}

TEST(LayerNormalizationInferTest, GivesMomentsOnRequest) {
  const auto types = TestNode("LayerNormalization", 3)
                         .Input({2, 5, 7})
                         .Input({7})
                         .Input({7})
                         .Infer();

  EXPECT_EQ(types->at(0).ToString(), "float32[2, 5, 7]");
  EXPECT_EQ(types->at(2).ToString(), "float32[2, 5, 1]");
}

TEST(LayerNormalizationInferTest, ChecksTheScale) {
  EXPECT_EQ(TestNode("LayerNormalization").Input({2, 7}).Input({2}).Type(),
            "LayerNormalization 'n': scale has shape [2], which does not "
            "broadcast to [7]");
}

TEST(RecurrentInferTest, GivesAllStepsAndTheLast) {
  const auto types = TestNode("LSTM", 3)
                         .Input({5, 2, 3})
                         .Input({2, 16, 3})
                         .Input({2, 16, 4})
                         .Input({2, 32})
                         .Text("direction", "bidirectional")
                         .Infer();

  ASSERT_TRUE(types.has_value());
  EXPECT_EQ(types->at(0).ToString(), "float32[5, 2, 2, 4]");
  EXPECT_EQ(types->at(1).ToString(), "float32[2, 2, 4]");
  EXPECT_EQ(types->at(2).ToString(), "float32[2, 2, 4]");
}

TEST(RecurrentInferTest, ChecksWeights) {
  EXPECT_EQ(TestNode("GRU")
                .Input({5, 2, 3})
                .Input({1, 16, 3})
                .Input({1, 12, 4})
                .Type(),
            "GRU 'n': W has shape [1, 16, 3], want [1, 12, 3]");
  EXPECT_EQ(TestNode("RNN")
                .Input({5, 2, 3})
                .Input({1, 4, 3})
                .Input({1, 4, 4})
                .Set("hidden_size", {5})
                .Type(),
            "RNN 'n': attribute 'hidden_size' is 5, R has 4");
}

TEST(QuantizeInferTest, TakesItsTypeFromTheZeroPoint) {
  EXPECT_EQ(TestNode("QuantizeLinear").Input({2, 3}).Input({}).Type(),
            "uint8[2, 3]");
  EXPECT_EQ(TestNode("QuantizeLinear")
                .Input({2, 3})
                .Input({})
                .Input({}, DataType::kInt8)
                .Type(),
            "int8[2, 3]");
  EXPECT_EQ(TestNode("QuantizeLinear")
                .Input({2, 3})
                .Input({})
                .Input({}, DataType::kInt64)
                .Type(),
            "QuantizeLinear 'n': zero point is int64, supported are int8, "
            "uint8, int16 and uint16");
}

TEST(QuantizeInferTest, ComparesScalesWithTheAxis) {
  EXPECT_EQ(TestNode("DequantizeLinear")
                .Input({2, 3}, DataType::kInt8)
                .Input({3})
                .Type(),
            "float32[2, 3]");
  EXPECT_EQ(TestNode("DequantizeLinear")
                .Input({2, 3}, DataType::kInt8)
                .Input({2})
                .Type(),
            "DequantizeLinear 'n': scale has 2 elements, axis 1 has 3");
}

}  // namespace
}  // namespace skerry::compiler
