#include <gtest/gtest.h>

#include "kernel_harness.h"

namespace skerry::conformance {
namespace {

compiler::Attributes Program(const std::string& words) {
  compiler::Attributes attributes;
  attributes.Set("program", words);
  return attributes;
}

KernelCase Chain(const std::string& words, std::vector<Operand> operands) {
  KernelCase chain = Case("Elementwise", std::move(operands), Program(words));
  chain.name += " " + words;
  return chain;
}

std::vector<KernelCase> SingleOperators() {
  std::vector<KernelCase> cases;
  for (const char* op :
       {"Abs",         "Ceil",      "Celu",      "Elu",
        "Erf",         "Exp",       "Floor",     "Gelu",
        "HardSigmoid", "HardSwish", "LeakyRelu", "Mish",
        "Neg",         "Relu",      "Round",     "Selu",
        "Shrink",      "Sigmoid",   "Sign",      "Silu",
        "Softplus",    "Softsign",  "Tanh",      "ThresholdedRelu"}) {
    cases.push_back(Case(op, {{2, 37}}));
  }
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min"}) {
    cases.push_back(Case(op, {{3, 5, 7}, {3, 5, 7}}));
  }
  compiler::Attributes tanh;
  tanh.Set("approximate", std::string("tanh"));
  cases.push_back(Case("Gelu", {{33}}, tanh));
  cases.push_back(Case(
      "Clip",
      {{33}, Tensor::Of<float>({}, {-0.5F}), Tensor::Of<float>({}, {0.75F})}));
  cases.push_back(Case("Clip", {{33}, Shape{}, Shape{}}));
  cases.push_back(Case("PRelu", {{1, 9, 5}, Constant({9, 1})}));
  cases.push_back(
      Case("BatchNormalization", {{1, 5, 3, 3},
                                  Constant({5}),
                                  Constant({5}),
                                  Constant({5}),
                                  Tensor::Of<float>({5}, {1, 2, 3, 4, 5})}));
  return cases;
}

std::vector<KernelCase> Broadcasts() {
  std::vector<KernelCase> cases;
  // One scalar, given or constant.
  cases.push_back(Case("Mul", {{3, 50}, Shape{1}}));
  cases.push_back(Case("Sub", {Tensor::Of<float>({1, 1}, {3}), {3, 50}}));
  // Along the last axis, with rows short and long, constant or not.
  cases.push_back(Case("Add", {{1, 6, 7, 3}, Constant({3})}));
  cases.push_back(Case("Add", {{1, 6, 7, 3}, {3}}));
  cases.push_back(Case("Add", {{1, 4, 4, 99}, {1, 1, 1, 99}}));
  // The gate of a squeeze and excitation block, in both layouts.
  cases.push_back(Case("Mul", {{2, 5, 5, 24}, {2, 1, 1, 24}}));
  cases.push_back(Case("Mul", {{2, 24, 5, 5}, {2, 24, 1, 1}}));
  // Both sides grow, and an operand has fewer axes.
  cases.push_back(Case("Add", {{4, 1, 6}, {5, 1}}));
  cases.push_back(Case("Max", {{7, 1}, {1, 19}}));
  cases.push_back(Case("Add", {Shape{}, Shape{}}));
  // Work for several tasks, over one axis and over rows.
  cases.push_back(Case("Add", {{1, 56, 57, 33}, {1, 56, 57, 33}}));
  cases.push_back(Case("Mul", {{1, 56, 57, 33}, {1, 1, 1, 33}}));
  cases.push_back(Case("Mul", {{1, 2, 50000}, {1, 2, 1}}));
  return cases;
}

std::vector<KernelCase> Chains() {
  std::vector<KernelCase> cases;
  cases.push_back(Chain("i0 i1 add relu", {{5, 40}, {5, 40}}));
  cases.push_back(Chain("i0 dup sigmoid mul", {{5, 41}}));
  cases.push_back(
      Chain("i0 i1 swap sub #0.5 mul clip:-1:inf", {{4, 3, 20}, {3, 1}}));
  cases.push_back(Chain("i0 i1 mul i2 add hardswish",
                        {{2, 9, 3}, Constant({3}), Constant({3})}));
  cases.push_back(Chain("i0 #2 pow i1 #0.5 pow add", {{30}, Shape{}}));
  cases.push_back(Chain("i0 abs #2.5 pow", {{30}}));
  cases.push_back(Chain("i0 abs #1 add log", {{30}}));
  cases.push_back(
      Chain("i0 abs #1 add dup rsqrt swap reciprocal add sqrt", {{30}}));
  cases.push_back(
      Chain("i0 affine:2:-1 scaledtanh:1.5:0.5 selu:1.6:1.05", {{30}}));
  return cases;
}

TEST(ElementwiseKernelsTest, GiveWhatTheReferenceGives) {
  KernelTest test;
  test.families = {compiler::LowerElementwise};
  for (auto list : {SingleOperators(), Broadcasts(), Chains()}) {
    for (KernelCase& kernel_case : list) {
      test.cases.push_back(std::move(kernel_case));
    }
  }
  for (const compiler::Target& target : RunnableTargets()) {
    SCOPED_TRACE(target.name);
    ExpectReferenceResults(test, target);
  }
}

}  // namespace
}  // namespace skerry::conformance
