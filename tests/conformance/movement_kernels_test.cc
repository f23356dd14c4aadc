#include <gtest/gtest.h>

#include "kernel_harness.h"

namespace skerry::conformance {
namespace {

using compiler::Attributes;

Attributes WithInts(const std::string& name, std::vector<std::int64_t> ints) {
  Attributes attributes;
  attributes.Set(name, std::move(ints));
  return attributes;
}

KernelCase Transpose(Shape shape, std::vector<std::int64_t> order) {
  return Case("Transpose", {std::move(shape)}, WithInts("perm", order));
}

std::vector<KernelCase> Transposes() {
  std::vector<KernelCase> cases;
  // Between layouts, with few channels and many, and several tasks.
  for (const std::int64_t channels : {1, 2, 3, 4, 5, 17, 40}) {
    cases.push_back(Transpose({2, channels, 9, 11}, {0, 2, 3, 1}));
    cases.push_back(Transpose({2, 9, 11, channels}, {0, 3, 1, 2}));
  }
  cases.push_back(Transpose({1, 3, 113, 127}, {0, 2, 3, 1}));
  cases.push_back(Transpose({1, 113, 127, 3}, {0, 3, 1, 2}));
  cases.push_back(Transpose({1, 33, 61, 65}, {0, 2, 3, 1}));
  cases.push_back(Transpose({1, 61, 65, 33}, {0, 3, 1, 2}));
  // The shuffle of channel groups.
  cases.push_back(Transpose({1, 2, 29, 5, 5}, {0, 2, 1, 3, 4}));
  cases.push_back(Transpose({1, 5, 5, 2, 29}, {0, 1, 2, 4, 3}));
  cases.push_back(Transpose({1, 5, 5, 29, 2}, {0, 1, 2, 4, 3}));
  // Others.
  cases.push_back(Transpose({5, 6, 7}, {2, 1, 0}));
  cases.push_back(Transpose({3, 4, 5, 6}, {1, 3, 0, 2}));
  cases.push_back(Transpose({4, 5}, {0, 1}));
  cases.push_back(Case("Transpose", {TensorType{DataType::kInt64, {7, 20}}}));
  cases.push_back(Case("Transpose", {TensorType{DataType::kUint8, {7, 20}}}));
  cases.push_back(Case("Transpose", {TensorType{DataType::kInt32, {7, 20}}}));
  return cases;
}

KernelCase DepthToSpace(Shape shape, const std::string& mode,
                        const std::string& layout) {
  Attributes attributes = WithInts("blocksize", {2});
  attributes.Set("mode", mode);
  attributes.Set("layout", layout);
  return Case("DepthToSpace", {std::move(shape)}, attributes);
}

KernelCase SpaceToDepth(Shape shape, const std::string& layout) {
  Attributes attributes = WithInts("blocksize", {2});
  attributes.Set("layout", layout);
  return Case("SpaceToDepth", {std::move(shape)}, attributes);
}

std::vector<KernelCase> Blocks() {
  std::vector<KernelCase> cases;
  for (const char* mode : {"DCR", "CRD"}) {
    cases.push_back(DepthToSpace({2, 12, 3, 5}, mode, "NCHW"));
    cases.push_back(DepthToSpace({2, 3, 5, 12}, mode, "NHWC"));
    cases.push_back(DepthToSpace({1, 3, 5, 4}, mode, "NHWC"));
  }
  cases.push_back(SpaceToDepth({2, 3, 6, 10}, "NCHW"));
  cases.push_back(SpaceToDepth({2, 6, 10, 3}, "NHWC"));
  return cases;
}

std::vector<KernelCase> Parts() {
  std::vector<KernelCase> cases;
  const auto axis = [](std::int64_t a) { return WithInts("axis", {a}); };
  cases.push_back(Case("Concat", {{1, 4, 4, 7}, {1, 4, 4, 20}}, axis(-1)));
  cases.push_back(Case("Concat", {{1, 50, 50, 16}, {1, 50, 50, 58}}, axis(3)));
  cases.push_back(Case("Concat", {{1, 3, 6}, {1, 2, 6}, {1, 1, 6}}, axis(1)));
  cases.push_back(Case("Concat", {{9, 1}, {9, 1}, {9, 2}}, axis(1)));
  cases.push_back(Case("Concat", {{5}, Constant({3}), {70000}}, axis(0)));
  cases.push_back(Case("Split", {{2, 3, 10}, Ints({4, 1, 5})}, axis(2), 3));
  cases.push_back(Case("Split", {{6, 300}}, axis(0), 2));
  // Every other pixel, in both layouts, as YOLOX takes its input apart.
  cases.push_back(Case("Slice", {{1, 3, 8, 10},
                                 Ints({1, 0}),
                                 Ints({8, 10}),
                                 Ints({2, 3}),
                                 Ints({2, 2})}));
  cases.push_back(Case("Slice", {{1, 8, 10, 3},
                                 Ints({1, 0}),
                                 Ints({8, 10}),
                                 Ints({1, 2}),
                                 Ints({2, 2})}));
  cases.push_back(Case(
      "Slice", {{4, 20}, Ints({-1}), Ints({-100}), Ints({1}), Ints({-1})}));
  cases.push_back(Case("Slice", {{4, 20}, Ints({1, 3}), Ints({1000, -2})}));
  return cases;
}

std::vector<KernelCase> Repeats() {
  std::vector<KernelCase> cases;
  cases.push_back(Case("Expand", {{3, 1, 5}, Ints({2, 1, 4, 1})}));
  cases.push_back(Case("Expand", {{3, 1}, Ints({3, 40})}));
  cases.push_back(Case("Tile", {{2, 3, 5}, Ints({2, 1, 3})}));
  cases.push_back(Case("Pad", {{3, 4, 5}, Ints({1, 0, 2, 0, 2, 1})}));
  cases.push_back(Case("Pad", {{1, 9, 9, 8},
                               Ints({0, 1, 1, 0, 0, 1, 1, 0}),
                               Tensor::Of<float>({}, {1.5F})}));
  cases.push_back(Case("Pad", {{40}, Ints({3, 9})}));
  cases.push_back(
      Case("Pad", {{1, 64, 65, 40}, Ints({0, 3, 2, 0, 1, 0, 0, 0})}));
  cases.push_back(Case("Gather", {{5, 7}, TensorType{DataType::kInt64, {4}}}));
  cases.push_back(
      Case("Gather", {{2, 5, 3}, Ints({4, -5, 0, 1})}, WithInts("axis", {1})));
  cases.push_back(Case("Identity", {{3, 100}}));
  cases.push_back(Case("Reshape", {{30, 1000}, Ints({-1})}));
  return cases;
}

TEST(MovementKernelsTest, GiveWhatTheReferenceGives) {
  KernelTest test;
  test.families = {compiler::LowerMovement};
  test.tolerance = 0;
  for (auto list : {Transposes(), Blocks(), Parts(), Repeats()}) {
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
