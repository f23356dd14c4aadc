// What ONNX's own test vectors do not reach: the attributes that passes add.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "skerry/compiler/reference/node_runner.h"

namespace skerry::compiler {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

Tensor Permuted(const Tensor& x, std::vector<std::int64_t> order) {
  return NodeRunner("Transpose")
      .Input(x)
      .SetInts("perm", std::move(order))
      .Run();
}
Tensor ChannelsLast(const Tensor& x) { return Permuted(x, {0, 2, 3, 1}); }
Tensor ChannelsFirst(const Tensor& x) { return Permuted(x, {0, 3, 1, 2}); }

/// A use of an operator: its constants and attributes.
struct LayoutCase {
  std::string op;
  std::vector<Tensor> constants;
  std::function<void(NodeRunner&)> set = [](NodeRunner&) {};
};

void PrintTo(const LayoutCase& use, std::ostream* out) { *out << use.op; }

Tensor RunLayout(const LayoutCase& use, const Tensor& x,
                 const std::string& layout) {
  NodeRunner runner(use.op);
  runner.Input(x);
  for (const Tensor& constant : use.constants) runner.Input(constant);
  runner.SetText("layout", layout);
  use.set(runner);
  return runner.Run();
}

std::vector<LayoutCase> LayoutCases() {
  const auto window = [](NodeRunner& runner) {
    runner.SetInts("kernel_shape", {3, 2}).SetInts("strides", {2, 1});
    runner.SetInts("pads", {1, 0, 2, 1}).SetInts("dilations", {1, 2});
  };
  const auto grouped = [window](NodeRunner& runner) {
    window(runner);
    runner.SetInts("group", {2});
  };
  const auto blocks = [](const char* mode) {
    return [mode](NodeRunner& runner) {
      runner.SetInts("blocksize", {2}).SetText("mode", mode);
    };
  };
  return {
      {"Conv", {RandomTensor({6, 4, 3, 2}, 1), RandomTensor({6}, 2)}, window},
      {"Conv", {RandomTensor({70, 2, 3, 2}, 1)}, grouped},
      {"ConvTranspose",
       {RandomTensor({4, 3, 3, 2}, 1), RandomTensor({6}, 2)},
       grouped},
      {"MaxPool", {}, window},
      {"AveragePool",
       {},
       [window](NodeRunner& runner) {
         window(runner);
         runner.SetInts("count_include_pad", {1}).SetInts("ceil_mode", {1});
       }},
      {"LpPool", {}, window},
      {"GlobalAveragePool", {}},
      {"GlobalMaxPool", {}},
      {"BatchNormalization",
       {RandomTensor({4}, 1), RandomTensor({4}, 2), RandomTensor({4}, 3),
        Tensor::Of<float>({4}, {1, 2, 3, 4})}},
      {"InstanceNormalization", {RandomTensor({4}, 1), RandomTensor({4}, 2)}},
      {"GroupNormalization",
       {RandomTensor({4}, 1), RandomTensor({4}, 2)},
       [](NodeRunner& runner) { runner.SetInts("num_groups", {2}); }},
      {"LRN",
       {},
       [](NodeRunner& runner) {
         runner.SetInts("size", {3}).SetFloat("alpha", 1);
       }},
      {"DepthToSpace", {}, blocks("DCR")},
      {"DepthToSpace", {}, blocks("CRD")},
      {"SpaceToDepth",
       {},
       [](NodeRunner& runner) { runner.SetInts("blocksize", {2}); }},
  };
}

class LayoutTest : public testing::TestWithParam<LayoutCase> {};

TEST_P(LayoutTest, ChannelsLastGivesWhatChannelsFirstGives) {
  const Tensor x = RandomTensor({2, 4, 8, 6}, 9);

  const Tensor first = RunLayout(GetParam(), x, "NCHW");
  const Tensor last = RunLayout(GetParam(), ChannelsLast(x), "NHWC");

  const Tensor back = ChannelsFirst(last);
  ASSERT_EQ(back.type(), first.type());
  EXPECT_THAT(back.data<float>(),
              Pointwise(FloatNear(1e-6F), first.data<float>()));
}

INSTANTIATE_TEST_SUITE_P(All, LayoutTest, testing::ValuesIn(LayoutCases()),
                         [](const auto& info) {
                           return info.param.op + std::to_string(info.index);
                         });

/// A convolution with a bias and a residual: 2 x + 1 and 10.
NodeRunner Fused(const char* activation) {
  NodeRunner runner("Conv");
  runner.Input(Tensor::Of<float>({1, 1, 3}, {-8, -1, 2}))
      .Input(Tensor::Of<float>({1, 1, 1}, {2}))
      .Input(Tensor::Of<float>({1}, {1}))
      .Input(Tensor::Of<float>({1, 1, 3}, {10, 10, 10}))
      .SetText("activation", activation);
  return runner;
}

TEST(FusionTest, AnActivationComesAfterTheResidual) {
  EXPECT_THAT(Fused("Relu").Run().data<float>(), ElementsAre(0, 9, 15));
}

TEST(FusionTest, AnActivationMayComeBeforeTheResidual) {
  NodeRunner runner = Fused("Relu");

  runner.SetInts("activation_before_residual", {1});

  EXPECT_THAT(runner.Run().data<float>(), ElementsAre(10, 10, 15));
}

TEST(FusionTest, AnActivationHasItsParameters) {
  NodeRunner clip = Fused("Clip");
  clip.SetFloat("activation_alpha", 0).SetFloat("activation_beta", 12);
  NodeRunner leaky = Fused("LeakyRelu");
  leaky.SetFloat("activation_alpha", 0.5F);

  EXPECT_THAT(clip.Run().data<float>(), ElementsAre(0, 9, 12));
  EXPECT_THAT(leaky.Run().data<float>(), ElementsAre(-2.5F, 9, 15));
}

TEST(FusionTest, AResidualNeedsNoBias) {
  const Tensor y = NodeRunner("Conv")
                       .Input(Tensor::Of<float>({1, 1, 2}, {1, 2}))
                       .Input(Tensor::Of<float>({1, 1, 1}, {3}))
                       .NoInput()
                       .Input(Tensor::Of<float>({1, 1, 2}, {10, 20}))
                       .Run();

  EXPECT_THAT(y.data<float>(), ElementsAre(13, 26));
}

TEST(FusionTest, AMatMulTakesBiasResidualAndActivation) {
  const Tensor y = NodeRunner("MatMul")
                       .Input(Tensor::Of<float>({2, 1}, {1, -1}))
                       .Input(Tensor::Of<float>({1, 2}, {2, 3}))
                       .Input(Tensor::Of<float>({2}, {10, 20}))
                       .Input(Tensor::Of<float>({2, 2}, {1, 2, 3, -50}))
                       .SetText("activation", "Relu")
                       .Run();

  EXPECT_THAT(y.data<float>(), ElementsAre(13, 25, 11, 0));
}

TEST(FusionTest, AnElementwiseProgramBroadcastsItsInputs) {
  const Tensor y = NodeRunner("Elementwise")
                       .Input(Tensor::Of<float>({2, 1}, {1, 2}))
                       .Input(Tensor::Of<float>({3}, {10, 20, -30}))
                       .SetText("program", "i0 i1 mul relu #1 add")
                       .Run();

  EXPECT_EQ(y.shape(), Shape({2, 3}));
  EXPECT_THAT(y.data<float>(), ElementsAre(11, 21, 1, 21, 41, 1));
}

TEST(BoundsTest, IndicesThatAreDataDoNotLeaveTheTensor) {
  // Constant ones are refused, so the node is run on other tensors than those
  // that its types are inferred from.
  Graph graph;
  const ValueId x = graph.AddValue("x", TensorType{DataType::kFloat32, {3}});
  const ValueId i = graph.AddValue("i", TensorType{DataType::kInt64, {4}});
  const ValueId y = graph.AddValue("y", TensorType{DataType::kFloat32, {4}});
  const Node node = {.op = "Gather",
                     .name = "g",
                     .inputs = {x, i},
                     .outputs = {y},
                     .attributes = {}};
  const Tensor data = Tensor::Of<float>({3}, {1, 2, 3});
  const Tensor indices = Tensor::Of<std::int64_t>({4}, {-1, 3, 1000, -1000});

  const auto outputs = EvaluateNode(graph, node, {{&data, &indices}});

  ASSERT_TRUE(outputs);
  EXPECT_THAT((*outputs)[0].data<float>(), ElementsAre(3, 3, 3, 1));
}

TEST(BoundsTest, IntegersWrapAndDivideWithoutFaults) {
  constexpr std::int64_t kLowest = INT64_MIN;
  const auto run = [](const char* op, std::int64_t a, std::int64_t b) {
    return NodeRunner(op)
        .Input(Tensor::Of<std::int64_t>({1}, {a}))
        .Input(Tensor::Of<std::int64_t>({1}, {b}))
        .Run()
        .data<std::int64_t>()[0];
  };

  EXPECT_EQ(run("Add", INT64_MAX, 1), kLowest);
  EXPECT_EQ(run("Mul", kLowest, -1), kLowest);
  EXPECT_EQ(run("Div", kLowest, -1), kLowest);
  EXPECT_EQ(run("Div", 5, 0), 0);
  EXPECT_EQ(run("Mod", kLowest, -1), 0);
  EXPECT_EQ(run("Mod", -7, 3), 2);
  EXPECT_EQ(run("Mod", 7, 0), 0);
}

}  // namespace
}  // namespace skerry::compiler
