#include <gtest/gtest.h>

#include "skerry/compiler/ops/ops_test_node.h"

namespace skerry::compiler {
namespace {

TestNode Conv(Shape x, Shape w) {
  return TestNode("Conv").Input(std::move(x)).Input(std::move(w));
}

TEST(ConvInferTest, CountsWindows) {
  EXPECT_EQ(Conv({1, 3, 224, 224}, {32, 3, 3, 3})
                .Set("strides", {2, 2})
                .Set("pads", {1, 1, 1, 1})
                .Type(),
            "float32[1, 32, 112, 112]");
  EXPECT_EQ(Conv({1, 2, 9}, {4, 2, 3}).Set("dilations", {2}).Type(),
            "float32[1, 4, 5]");
}

TEST(ConvInferTest, ReadsChannelsLastInNhwc) {
  EXPECT_EQ(Conv({1, 8, 6, 3}, {32, 3, 3, 3}).Text("layout", "NHWC").Type(),
            "float32[1, 6, 4, 32]");
}

TEST(ConvInferTest, ComparesChannelsWithTheWeight) {
  EXPECT_EQ(Conv({1, 4, 8, 8}, {8, 3, 1, 1}).Type(),
            "Conv 'n': weight has 3 input channels in group 1, input has 4");
  EXPECT_EQ(Conv({1, 4, 8, 8}, {8, 1, 1, 1}).Set("group", {4}).Type(),
            "float32[1, 8, 8, 8]");
  EXPECT_EQ(Conv({1, 4, 8, 8}, {6, 1, 1, 1}).Set("group", {4}).Type(),
            "Conv 'n': weight has 6 output channels, not a multiple of group "
            "4");
}

TEST(ConvInferTest, RefusesKernelsThatDoNotFit) {
  EXPECT_EQ(Conv({1, 1, 2, 8}, {1, 1, 3, 3}).Type(),
            "Conv 'n': kernel covers 3 elements of spatial axis 0, the padded "
            "input has 2");
}

TEST(ConvInferTest, ChecksAttributes) {
  const auto conv = [] { return Conv({1, 1, 8, 8}, {1, 1, 3, 3}); };

  EXPECT_EQ(conv().Set("strides", {0, 1}).Type(),
            "Conv 'n': attribute 'strides' is [0, 1], want elements of at "
            "least 1");
  EXPECT_EQ(conv().Set("pads", {1, 1}).Type(),
            "Conv 'n': attribute 'pads' has 2 elements, want 4");
  EXPECT_EQ(conv().Set("pads", {-1, 0, 0, 0}).Type(),
            "Conv 'n': attribute 'pads' is [-1, 0, 0, 0], want elements of at "
            "least 0");
  EXPECT_EQ(conv().Set("group", {0}).Type(),
            "Conv 'n': attribute 'group' is 0, want at least 1");
  EXPECT_EQ(conv().Set("kernel_shape", {5, 5}).Type(),
            "Conv 'n': attribute 'kernel_shape' is [5, 5], weight has [3, 3]");
  EXPECT_EQ(conv().Text("layout", "CHWN").Type(),
            "Conv 'n': attribute 'layout' is 'CHWN', want NCHW or NHWC");
}

TEST(ConvInferTest, AbsurdAttributesAreErrors) {
  const std::int64_t huge = std::int64_t{1} << 62;

  EXPECT_FALSE(Conv({1, 1, 8}, {1, 1, 3}).Set("dilations", {huge}).Infer());
  EXPECT_FALSE(Conv({1, 1, 8}, {1, 1, 3}).Set("pads", {huge, huge}).Infer());
  EXPECT_FALSE(
      Conv({1, 1, 8}, {1, 1, 3}).Set("dilations", {kElementCountMax}).Infer());
}

TEST(ConvInferTest, ChecksBias) {
  EXPECT_EQ(Conv({1, 3, 8, 8}, {4, 3, 1, 1}).Input({3}).Type(),
            "Conv 'n': bias has shape [3], want [4]");
  EXPECT_EQ(
      Conv({1, 3, 8, 8}, {4, 3, 1, 1}).Input({4}, DataType::kFloat64).Type(),
      "Conv 'n': the input is float32, the bias is float64; they must be of "
      "one type");
}

TEST(ConvInferTest, ChecksWhatIsFusedBehind) {
  const auto conv = [] { return Conv({1, 3, 8, 8}, {4, 3, 1, 1}).None(); };

  EXPECT_EQ(conv().Input({1, 4, 8, 8}).Text("activation", "HardSwish").Type(),
            "float32[1, 4, 8, 8]");
  EXPECT_EQ(conv().Input({1, 4, 1, 1}).Type(),
            "Conv 'n': residual has shape [1, 4, 1, 1], want [1, 4, 8, 8]");
  EXPECT_EQ(conv().Text("activation", "Softmax").Type(),
            "Conv 'n': attribute 'activation' is 'Softmax', which cannot be "
            "fused");
}

TEST(ConvTransposeInferTest, CountsOutputs) {
  EXPECT_EQ(TestNode("ConvTranspose")
                .Input({1, 8, 5, 5})
                .Input({8, 3, 4, 4})
                .Set("strides", {2, 2})
                .Set("pads", {1, 1, 1, 1})
                .Set("output_padding", {1, 0})
                .Set("group", {2})
                .Type(),
            "float32[1, 6, 11, 10]");
}

TEST(ConvTransposeInferTest, ComparesChannelsWithTheWeight) {
  EXPECT_EQ(TestNode("ConvTranspose").Input({1, 8, 5}).Input({4, 3, 2}).Type(),
            "ConvTranspose 'n': weight has 4 input channels in group 1, input "
            "has 8");
}

TEST(ConvTransposeInferTest, RefusesPadsThatLeaveNothing) {
  EXPECT_EQ(TestNode("ConvTranspose")
                .Input({1, 1, 2})
                .Input({1, 1, 2})
                .Set("pads", {2, 1})
                .Type(),
            "ConvTranspose 'n': pads remove 3 of 3 elements of spatial axis "
            "0");
}

TEST(QuantizedConvInferTest, ChecksScalesAndZeroPoints) {
  const auto conv = [](Shape w_scale) {
    return TestNode("QLinearConv")
        .Input({1, 2, 4, 4}, DataType::kUint8)
        .Input({})
        .Input({}, DataType::kUint8)
        .Input({6, 2, 1, 1}, DataType::kInt8)
        .Input(w_scale)
        .Input(w_scale, DataType::kInt8)
        .Input({})
        .Input({}, DataType::kUint8);
  };

  EXPECT_EQ(conv({6}).Type(), "uint8[1, 6, 4, 4]");
  EXPECT_EQ(conv({5}).Type(),
            "QLinearConv 'n': w_scale has shape [5], want a scalar or one "
            "element for each of 6 channels");
}

TEST(ConvIntegerInferTest, SumsToInt32) {
  EXPECT_EQ(TestNode("ConvInteger")
                .Input({1, 2, 4, 4}, DataType::kUint8)
                .Input({6, 2, 2, 2}, DataType::kInt8)
                .Type(),
            "int32[1, 6, 3, 3]");
}

}  // namespace
}  // namespace skerry::compiler
