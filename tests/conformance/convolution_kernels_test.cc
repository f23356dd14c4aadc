// Tuned convolutions and matrix products against the reference kernels, on
// each kind of vector unit.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernel_harness.h"

namespace skerry::conformance {
namespace {

using compiler::Attributes;

struct ConvCase {
  std::int64_t n, h, w, c;  ///< the input's
  std::int64_t out_c;
  std::int64_t kernel_h, kernel_w;
  std::int64_t stride = 1;
  std::int64_t pad = 0;
  std::int64_t dilation = 1;
  std::int64_t group = 1;
  const char* activation = "";
  bool bias = true;
  bool residual = false;
  bool activation_first = false;
  const char* op = "Conv";
  std::int64_t output_padding = 0;
};

/// Activation `name`, with parameters that suit it.
void SetActivation(const std::string& name, Attributes& attributes) {
  if (name.empty()) return;
  attributes.Set("activation", name);
  attributes.SetFloat("activation_alpha", name == "Clip" ? 0.0f : 0.2f);
  attributes.SetFloat("activation_beta", name == "Clip" ? 6.0f : 0.5f);
}

Shape OutputShape(const KernelCase& kernel_case) {
  return kernel_case.graph.shape(kernel_case.graph.outputs[0]);
}

KernelCase ConvolutionCase(const ConvCase& c) {
  const bool transposed = std::string_view(c.op) == "ConvTranspose";
  Attributes attributes;
  attributes.Set("kernel_shape", std::vector{c.kernel_h, c.kernel_w});
  attributes.Set("strides", std::vector{c.stride, c.stride});
  attributes.Set("dilations", std::vector{c.dilation, c.dilation});
  attributes.Set("pads", std::vector{c.pad, c.pad, c.pad, c.pad});
  attributes.SetInt("group", c.group);
  attributes.Set("layout", "NHWC");
  if (c.output_padding > 0) {
    attributes.Set("output_padding",
                   std::vector{c.output_padding, c.output_padding});
  }
  SetActivation(c.activation, attributes);
  const Shape weight =
      transposed ? Shape{c.c, c.out_c / c.group, c.kernel_h, c.kernel_w}
                 : Shape{c.out_c, c.c / c.group, c.kernel_h, c.kernel_w};
  std::vector<Operand> operands = {Shape{c.n, c.h, c.w, c.c}, Constant(weight)};
  if (c.bias) operands.push_back(Constant({c.out_c}));
  KernelCase without = Case(c.op, operands, attributes);
  if (!c.residual) return without;
  attributes.SetInt("activation_before_residual", c.activation_first ? 1 : 0);
  operands.emplace_back(OutputShape(without));
  return Case(c.op, std::move(operands), std::move(attributes));
}

constexpr ConvCase kConvolutions[] = {
    // Pointwise: whole and broken tiles, panels and vectors; batches.
    {1, 14, 14, 24, 96, 1, 1, 1, 0, 1, 1, "Clip"},
    {1, 7, 7, 33, 40, 1, 1, 1, 0, 1, 1, "", false},
    {2, 5, 5, 16, 17, 1, 1, 1, 0, 1, 1, "Relu", true, true},
    {1, 13, 13, 20, 5, 1, 1, 1, 0, 1, 1, "Sigmoid"},
    {3, 1, 1, 64, 100, 1, 1, 1, 0, 1, 1, "Silu", true, true, true},
    {1, 9, 11, 1, 1, 1, 1},
    {1, 29, 31, 12, 80, 1, 1, 2, 0, 1, 1, "HardSwish"},
    // Direct: borders, strides, dilations, narrow and wide channels.
    {1, 14, 14, 16, 32, 3, 3, 1, 1, 1, 1, "Relu"},
    {1, 15, 17, 8, 24, 3, 3, 2, 1, 1, 1, "LeakyRelu", true, true},
    {1, 33, 33, 3, 32, 3, 3, 2, 1, 1, 1, "Clip"},
    {2, 16, 12, 5, 7, 5, 5, 1, 2, 1, 1, "Tanh"},
    {1, 28, 28, 1, 8, 5, 5, 1, 2, 1, 1, "Relu"},
    {1, 17, 17, 6, 20, 3, 3, 1, 6, 6, 1, ""},
    {1, 9, 9, 4, 48, 3, 3, 1, 18, 18, 1, ""},
    {1, 30, 30, 3, 64, 7, 7, 2, 3, 1, 1, "Relu"},
    {1, 12, 40, 7, 9, 1, 5, 1, 2, 1, 1, "Gelu"},
    {1, 7, 7, 12, 20, 7, 7, 1, 0, 1, 1, "HardSigmoid"},
    {1, 6, 6, 4, 50, 3, 3, 3, 2, 1, 1, "Elu"},
    {1, 20, 20, 18, 1, 3, 3, 1, 1, 1, 1, "Softplus"},
    {1, 4, 4, 3, 5, 2, 2, 2, 0, 1, 1, "Mish"},
    {1, 10, 10, 9, 33, 3, 3, 1, 4, 1, 1, "Selu"},
    // Winograd's method, or the direct sum where it is faster.
    {1, 14, 14, 32, 32, 3, 3, 1, 1, 1, 1, "Relu"},
    {2, 13, 11, 24, 36, 3, 3, 1, 1, 1, 1, "Clip", true, true},
    {1, 9, 10, 50, 20, 3, 3, 1, 0, 1, 1, ""},
    {1, 7, 7, 96, 80, 3, 3, 1, 1, 1, 1, "Silu", true, true, true},
    {1, 6, 30, 17, 9, 3, 3, 1, 2, 1, 1, "", false},
    {1, 7, 7, 256, 256, 3, 3, 1, 1, 1, 1, "Relu"},
    // Groups.
    {1, 10, 10, 24, 48, 1, 1, 1, 0, 1, 3, "Relu"},
    {1, 11, 11, 32, 16, 3, 3, 2, 1, 1, 8, ""},
    {1, 8, 8, 6, 12, 3, 3, 1, 1, 1, 6, "Relu"},
    // Depthwise.
    {1, 14, 14, 48, 48, 3, 3, 1, 1, 1, 48, "Clip"},
    {1, 28, 30, 20, 20, 3, 3, 2, 1, 1, 20, "Relu", true, true},
    {2, 9, 9, 35, 35, 5, 5, 1, 2, 1, 35, "Silu"},
    {1, 31, 33, 16, 16, 5, 5, 2, 2, 1, 16, "", false},
    {1, 12, 12, 7, 7, 7, 7, 1, 3, 1, 7, "HardSwish"},
    {1, 33, 33, 24, 24, 3, 3, 1, 4, 4, 24, "Clip"},
    {1, 6, 50, 3, 3, 1, 9, 1, 4, 1, 3, ""},
    {1, 7, 7, 64, 64, 7, 7, 1, 0, 1, 64, ""},
    // Transposed.
    {1, 7, 9, 12, 20, 2, 2, 2, 0, 1, 1, "Relu", true, false, false,
     "ConvTranspose"},
    {1, 6, 6, 8, 18, 4, 4, 2, 1, 1, 1, "", true, true, false, "ConvTranspose"},
    {2, 5, 5, 6, 10, 3, 3, 2, 1, 1, 2, "Clip", true, false, false,
     "ConvTranspose", 1},
    {1, 5, 6, 4, 9, 3, 3, 1, 1, 1, 1, "", true, false, false, "ConvTranspose"},
    {1, 5, 6, 4, 9, 3, 3, 1, 0, 2, 1, "", false, false, false, "ConvTranspose"},
    {1, 4, 4, 5, 6, 2, 2, 3, 0, 1, 1, "Relu", true, false, false,
     "ConvTranspose"},
};

struct ProductCase {
  Shape a;
  Shape b;
  bool constant_b = true;
  bool bias = true;
  bool residual = false;
  const char* activation = "";
  const char* op = "MatMul";
  std::int64_t transposed_b = 0;
  float alpha = 1;
  float beta = 1;
};

KernelCase MultiplicationCase(const ProductCase& c) {
  Attributes attributes;
  if (std::string_view(c.op) == "Gemm") {
    attributes.SetInt("transB", c.transposed_b);
    attributes.SetFloat("alpha", c.alpha);
    attributes.SetFloat("beta", c.beta);
  }
  SetActivation(c.activation, attributes);
  std::vector<Operand> operands = {c.a};
  operands.push_back(c.constant_b ? Constant(c.b) : Operand(c.b));
  if (c.bias) {
    operands.push_back(
        Constant({c.b[c.transposed_b != 0 ? 0 : c.b.rank() - 1]}));
  }
  KernelCase without = Case(c.op, operands, attributes);
  if (!c.residual) return without;
  operands.emplace_back(OutputShape(without));
  return Case(c.op, std::move(operands), std::move(attributes));
}

const std::vector<ProductCase>& Products() {
  static const std::vector<ProductCase> kProducts = {
      {{1, 640}, {640, 128}, true, true, false, "Relu", "Gemm"},
      {{1, 256}, {10, 256}, true, true, false, "", "Gemm", 1, 0.5f, 2},
      {{3, 50}, {70, 50}, true, false, false, "Gelu", "Gemm", 1},
      {{2, 19, 48}, {48, 33}, true, true, true, "Relu"},
      {{197, 24}, {24, 72}, true, true},
      {{64}, {64, 40}, true, false},
      {{5, 64}, {64, 1}, true, false},
      {{4, 25, 16}, {4, 16, 25}, false, false},
      {{2, 3, 17, 30}, {2, 3, 30, 9}, false, false},
      {{11, 20}, {2, 20, 37}, false, true, true, "Tanh"},
      {{2, 40, 20}, {20, 37}, false, true},
  };
  return kProducts;
}

class ConvolutionKernelsTest : public testing::TestWithParam<compiler::Target> {
};

TEST_P(ConvolutionKernelsTest, ConvolutionsAgreeWithTheReference) {
  KernelTest test{.cases = {}, .families = {compiler::LowerConvolution}};
  for (const ConvCase& c : kConvolutions) {
    test.cases.push_back(ConvolutionCase(c));
  }

  ExpectReferenceResults(test, GetParam());
}

TEST_P(ConvolutionKernelsTest, ProductsAgreeWithTheReference) {
  KernelTest test{.cases = {}, .families = {compiler::LowerMatMul}};
  for (const ProductCase& c : Products()) {
    test.cases.push_back(MultiplicationCase(c));
  }

  ExpectReferenceResults(test, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Targets, ConvolutionKernelsTest,
                         testing::ValuesIn(RunnableTargets()),
                         [](const auto& param) {
                           std::string name = param.param.name;
                           for (char& c : name) {
                             if (c == '-') c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace skerry::conformance
