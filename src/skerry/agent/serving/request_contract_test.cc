#include "skerry/agent/serving/request_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace skerry::agent {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::byte, 64> kBytes = {};

Manifest ThreeInputs() {
  Manifest manifest;
  manifest.inputs = {{"a", {DataType::kFloat32, {1, 2}}},
                     {"b", {DataType::kInt32, {3}}},
                     {"c", {DataType::kUint8, {}}}};
  manifest.outputs = {{"y", {DataType::kFloat32, {4}}},
                      {"z", {DataType::kUint8, {4}}}};
  return manifest;
}

InputTensor Input(const std::string& name, std::size_t byte_count) {
  InputTensor input;
  input.name = name;
  input.bytes = std::span(kBytes).first(byte_count);
  return input;
}

InferenceRequest Request() {
  InferenceRequest request;
  request.inputs = {Input("a", 8), Input("b", 12), Input("c", 1)};
  return request;
}

std::string BindError(InferenceRequest request) {
  const auto contract = RequestContract::Create(ThreeInputs(), false);
  const auto bound = contract->Bind(request);
  if (bound) return "none";
  EXPECT_EQ(bound.error().code(), ErrorCode::kInvalidArgument);
  return bound.error().message();
}

TEST(RequestContractTest, BringsNamedInputsIntoTheModelsOrder) {
  const auto contract = RequestContract::Create(ThreeInputs(), false);
  std::array<std::size_t, 3> order = {0, 1, 2};
  do {
    InferenceRequest request;
    for (const std::size_t i : order) {
      request.inputs.push_back(Request().inputs[i]);
    }
    ASSERT_TRUE(contract->Bind(request));
    EXPECT_EQ(request.inputs[0].name, "a");
    EXPECT_EQ(request.inputs[1].name, "b");
    EXPECT_EQ(request.inputs[2].name, "c");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(RequestContractTest, EachErrorNamesTheTensorFoundAndWanted) {
  using Change = std::function<void(InferenceRequest&)>;
  const std::vector<std::pair<Change, const char*>> wrong = {
      {[](auto& r) { r.inputs.pop_back(); },
       "input 'c': it is missing; got 2 inputs, want 3: 'a', 'b', 'c'"},
      {[](auto& r) { r.inputs.erase(r.inputs.begin()); },
       "input 'a': it is missing"},
      {[](auto& r) { r.inputs.clear(); }, "input 'a': it is missing"},
      {[](auto& r) { r.inputs.push_back(Input("a", 8)); },
       "input 'a': it is there twice"},
      {[](auto& r) { r.inputs[1].name = "a"; }, "input 'a': it is there twice"},
      {[](auto& r) { r.inputs[0].name = "d"; },
       "input 'd': the model has no such input; it has 'a', 'b', 'c'"},
      {[](auto& r) { r.inputs[0].name.clear(); },
       "got 2 of 3 inputs with a name"},
      {[](auto& r) {
         for (auto& input : r.inputs) input.name.clear();
         r.inputs.push_back(Input("", 1));
       },
       "got 4 inputs, the model has 3"},
      {[](auto& r) { r.inputs[0].data_type = DataType::kInt8; },
       "input 'a': got int8[1, 2], want float32[1, 2]"},
      {[](auto& r) { r.inputs[0].dims = {2, 1}; },
       "input 'a': got float32[2, 1], want float32[1, 2]"},
      {[](auto& r) { r.inputs[0].dims = std::vector<std::int64_t>{}; },
       "input 'a': got float32[], want float32[1, 2]"},
      {[](auto& r) { r.inputs[0].dims = {-1, 2}; }, "got float32[-1, 2]"},
      {[](auto& r) { r.inputs[0].dims = std::vector<std::int64_t>(10000, 1); },
       "1, ...], want"},
      {[](auto& r) { r.inputs[1].bytes = r.inputs[1].bytes.first(11); },
       "input 'b': got 11 bytes, want 12 for int32[3]"},
      {[](auto& r) { r.outputs.push_back({"x", {}}); },
       "output 'x': the model has no such output; it has 'y', 'z'"},
      {[](auto& r) { r.outputs = {{"y", {}}, {"y", {}}}; },
       "output 'y': it is asked for twice"},
      {[](auto& r) { r.outputs = {{"y", {}}, {"z", {}}, {"y", {}}}; },
       "got 3 outputs to give, the model has 2"},
  };
  EXPECT_EQ(BindError(Request()), "none");
  for (const auto& [change, message] : wrong) {
    InferenceRequest request = Request();
    change(request);
    EXPECT_THAT(BindError(std::move(request)), HasSubstr(message));
  }
}

TEST(RequestContractTest, ADestinationMustBeLargeEnough) {
  std::array<std::byte, 17> room = {};
  InferenceRequest request = Request();
  request.outputs = {{"y", std::span(room).first(15)}};
  EXPECT_THAT(BindError(request), HasSubstr("has 15 bytes, want 16"));
  request.outputs[0].destination = room;
  EXPECT_EQ(BindError(request), "none");
}

TEST(RequestContractTest, BatchesNeedOneFirstExtentForAllTensors) {
  const auto batched = RequestContract::Create(ThreeInputs(), true);
  ASSERT_FALSE(batched);
  EXPECT_THAT(batched.error().message(), HasSubstr("input 'a'"));

  Manifest manifest;
  manifest.inputs = {{"a", {DataType::kFloat32, {8, 2}}},
                     {"b", {DataType::kUint8, {8}}}};
  manifest.outputs = {{"y", {DataType::kFloat32, {8}}}};
  const auto contract = RequestContract::Create(manifest, true);
  ASSERT_TRUE(contract) << contract.error().message();
  EXPECT_EQ(contract->batch_max(), 8);
  InferenceRequest request;
  request.inputs = {Input("", 24), Input("", 3)};
  EXPECT_EQ(*contract->Bind(request), 3);
  EXPECT_EQ(contract->OutputType(0, 3).shape, Shape({3}));
  EXPECT_EQ(contract->OutputBytes(0, 3), 12U);
  request.inputs[1] = Input("", 4);
  EXPECT_THAT(contract->Bind(request).error().message(),
              HasSubstr("input 'b': its first extent is 4, that of 'a' is 3"));
}

}  // namespace
}  // namespace skerry::agent
