#include <gtest/gtest.h>

#include <optional>

#include "kernel_harness.h"

namespace skerry::conformance {
namespace {

using compiler::Attributes;

using List = std::vector<std::int64_t>;

struct PoolOptions {
  List kernel = {3, 3};
  List strides = {1, 1};
  List pads = {0, 0, 0, 0};
  List dilations = {1, 1};
  std::int64_t ceil = 0;
  std::int64_t counts_padding = 0;
};

void AddPools(std::vector<KernelCase>& cases, Shape shape,
              const PoolOptions& options) {
  for (const char* op : {"MaxPool", "AveragePool"}) {
    Attributes attributes;
    attributes.Set("layout", std::string("NHWC"));
    attributes.Set("kernel_shape", options.kernel);
    attributes.Set("strides", options.strides);
    attributes.Set("pads", options.pads);
    attributes.Set("dilations", options.dilations);
    attributes.SetInt("ceil_mode", options.ceil);
    if (std::string_view(op) == "AveragePool") {
      attributes.SetInt("count_include_pad", options.counts_padding);
    }
    cases.push_back(Case(op, {shape}, attributes));
  }
}

std::vector<KernelCase> Pools() {
  std::vector<KernelCase> cases;
  AddPools(cases, {2, 9, 11, 17}, {});
  AddPools(cases, {1, 8, 8, 64}, {.kernel = {2, 2}, .strides = {2, 2}});
  AddPools(cases, {1, 9, 7, 5}, {.strides = {2, 2}, .pads = {1, 1, 1, 1}});
  AddPools(cases, {1, 9, 7, 24},
           {.strides = {2, 2}, .pads = {1, 0, 0, 1}, .counts_padding = 1});
  AddPools(cases, {1, 10, 10, 8},
           {.strides = {2, 3},
            .pads = {0, 1, 0, 1},
            .ceil = 1,
            .counts_padding = 1});
  AddPools(cases, {1, 10, 10, 8}, {.strides = {2, 3}, .ceil = 1});
  AddPools(cases, {1, 9, 12, 33}, {.dilations = {2, 3}});
  // Large windows go by columns and rows.
  AddPools(cases, {1, 13, 13, 40}, {.kernel = {5, 5}, .pads = {2, 2, 2, 2}});
  AddPools(cases, {2, 13, 14, 16},
           {.kernel = {13, 13}, .pads = {6, 6, 6, 6}, .counts_padding = 1});
  // Signals.
  AddPools(cases, {2, 30, 6},
           {.kernel = {3}, .strides = {2}, .pads = {1, 0}, .dilations = {1}});
  // Several tasks.
  AddPools(cases, {1, 56, 56, 48}, {.strides = {2, 2}, .pads = {1, 1, 1, 1}});
  return cases;
}

std::vector<KernelCase> GlobalPools() {
  std::vector<KernelCase> cases;
  for (const char* op : {"GlobalAveragePool", "GlobalMaxPool"}) {
    for (const char* layout : {"NCHW", "NHWC"}) {
      Attributes attributes;
      attributes.Set("layout", std::string(layout));
      cases.push_back(Case(op, {{2, 7, 7, 5}}, attributes));
      cases.push_back(Case(op, {{1, 7, 7, 200}}, attributes));
    }
  }
  return cases;
}

KernelCase Resize(Shape shape, Operand scales, Operand sizes,
                  const std::string& mode, const std::string& coordinates,
                  const std::string& rounding = "round_prefer_floor") {
  Attributes attributes;
  attributes.Set("mode", mode);
  attributes.Set("coordinate_transformation_mode", coordinates);
  attributes.Set("nearest_mode", rounding);
  std::vector<Operand> operands = {std::move(shape), Operand::Absent(),
                                   std::move(scales)};
  if (!sizes.is_absent) operands.push_back(std::move(sizes));
  KernelCase resize = Case("Resize", std::move(operands), attributes);
  resize.name += " " + mode + " " + coordinates + " " + rounding;
  return resize;
}

std::vector<KernelCase> Resizes() {
  std::vector<KernelCase> cases;
  const auto scales = [](std::initializer_list<float> values) {
    return Tensor::Of<float>({4}, values);
  };
  const Operand none = Operand::Absent();
  for (const char* coordinates :
       {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
        "align_corners", "asymmetric"}) {
    for (const char* mode : {"nearest", "linear"}) {
      cases.push_back(Resize({1, 5, 7, 9}, scales({1, 2, 2.6F, 1}), none, mode,
                             coordinates));
      cases.push_back(
          Resize({2, 3, 6, 7}, none, Ints({2, 3, 4, 19}), mode, coordinates));
    }
  }
  for (const char* rounding : {"floor", "ceil", "round_prefer_ceil"}) {
    cases.push_back(Resize({1, 4, 5, 3}, scales({1, 2, 1.5F, 1}), none,
                           "nearest", "asymmetric", rounding));
  }
  cases.push_back(Resize({1, 33, 33, 21}, none, Ints({1, 129, 129, 21}),
                         "linear", "half_pixel"));
  cases.push_back(Resize({1, 26, 26, 64}, scales({1, 2, 2, 1}), none, "nearest",
                         "asymmetric", "floor"));
  cases.push_back(Resize({1, 2, 30, 4}, scales({1, 1, 2, 1}), none, "linear",
                         "half_pixel"));
  cases.push_back(Resize({1, 2, 3, 30}, scales({1, 1, 1, 2}), none, "linear",
                         "half_pixel"));
  return cases;
}

std::vector<KernelCase> Reductions() {
  std::vector<KernelCase> cases;
  for (const char* op : {"ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean",
                         "ReduceMin", "ReduceSum", "ReduceSumSquare"}) {
    cases.push_back(Case(op, {{5, 3, 70}, Ints({-1})}));
    cases.push_back(Case(op, {{2, 7, 6, 21}, Ints({1, 2})}));
  }
  // No axes, axes of one index, and few and many columns.
  cases.push_back(Case("ReduceMean", {{4, 5}}));
  cases.push_back(Case("ReduceMean", {{4, 1, 5}, Ints({1})}));
  cases.push_back(Case("ReduceMean", {{10, 40}, Ints({0})}));
  cases.push_back(Case("ReduceMean", {{2, 50, 300}, Ints({1})}));
  cases.push_back(Case("ReduceMean", {{1, 200, 200, 12}, Ints({1, 2})}));
  for (const char* op : {"ArgMax", "ArgMin"}) {
    for (const std::int64_t axis : {0, 1, 2}) {
      Attributes attributes;
      attributes.SetInt("axis", axis);
      cases.push_back(Case(op, {{5, 21, 37}}, attributes));
    }
  }
  return cases;
}

std::vector<KernelCase> Softmaxes() {
  std::vector<KernelCase> cases;
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    for (const std::int64_t axis : {0, 1, -1}) {
      Attributes attributes;
      attributes.SetInt("axis", axis);
      cases.push_back(Case(op, {{3, 10, 21}}, attributes));
      cases.push_back(Case(op, {{200, 70, 2}}, attributes));
    }
    cases.push_back(Case(op, {{1, 1000}}));
    cases.push_back(Case(op, {{37, 3}}));
    cases.push_back(Case(op, {{37, 1}}));
  }
  return cases;
}

std::vector<KernelCase> Normalizations() {
  std::vector<KernelCase> cases;
  cases.push_back(
      Case("LayerNormalization", {{4, 50}, Constant({50}), Constant({50})}));
  cases.push_back(Case("LayerNormalization", {{4, 100}, {100}}));
  Attributes second;
  second.SetInt("axis", 1);
  cases.push_back(
      Case("LayerNormalization", {{3, 5, 9}, Constant({5, 9})}, second));
  for (const char* layout : {"NCHW", "NHWC"}) {
    Attributes attributes;
    attributes.Set("layout", std::string(layout));
    cases.push_back(Case("InstanceNormalization",
                         {{2, 9, 9, 9}, Constant({9}), Constant({9})},
                         attributes));
    attributes.SetInt("size", 5);
    cases.push_back(Case("LRN", {{2, 9, 6, 19}}, attributes));
    attributes.SetInt("size", 4);
    attributes.SetFloat("beta", 0.6F);
    attributes.SetFloat("alpha", 0.9F);
    cases.push_back(Case("LRN", {{1, 9, 6, 7}}, attributes));
  }
  Attributes groups;
  groups.SetInt("num_groups", 3);
  cases.push_back(Case("GroupNormalization",
                       {{2, 6, 5, 5}, Constant({6}), Constant({6})}, groups));
  return cases;
}

TEST(WindowKernelsTest, GiveWhatTheReferenceGives) {
  KernelTest test;
  test.families = {compiler::LowerWindow, compiler::LowerReduction,
                   compiler::LowerNormalization};
  for (auto list : {Pools(), GlobalPools(), Resizes(), Reductions(),
                    Softmaxes(), Normalizations()}) {
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
