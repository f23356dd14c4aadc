#include "skerry/agent/rest/infer_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace skerry::agent {
namespace {

template <class T>
OutputTensor Output(const std::string& name, DataType type,
                    const std::vector<T>& values) {
  OutputTensor output;
  output.name = name;
  output.type = {type, Shape({static_cast<std::int64_t>(values.size())})};
  output.bytes.assign(reinterpret_cast<const char*>(values.data()),
                      values.size() * sizeof(T));
  return output;
}

InferenceResult ResultOf(std::vector<OutputTensor> outputs) {
  InferenceResult result;
  result.model = "m";
  result.version = "2";
  result.times.infer = std::chrono::nanoseconds(1234);
  result.outputs = std::move(outputs);
  return result;
}

TEST(InferResponseTest, NumbersReadBackTheSame) {
  const std::vector<float> values = {0.1F, -1e-45F, 3.4028235e38F, 16777216.0F};
  const HttpResponse response = WriteInferResponse(
      {}, ResultOf({Output("y", DataType::kFloat32, values)}));
  const auto json = nlohmann::json::parse(response.body);
  EXPECT_EQ(json["outputs"][0]["data"].get<std::vector<float>>(), values);
  EXPECT_EQ(json["model_name"], "m");
  EXPECT_EQ(json["model_version"], "2");
  EXPECT_EQ(json["parameters"]["model_time_ns"], 1234);
  EXPECT_FALSE(json.contains("id"));
}

TEST(InferResponseTest, WhatJsonHasNoNumberForIsNull) {
  const HttpResponse response = WriteInferResponse(
      {}, ResultOf({Output<double>("y", DataType::kFloat64,
                                   {NAN, HUGE_VAL, -HUGE_VAL, 1})}));
  EXPECT_EQ(nlohmann::json::parse(response.body)["outputs"][0]["data"].dump(),
            "[null,null,null,1]");
}

TEST(InferResponseTest, HalvesArePrintedAsNumbers) {
  const HttpResponse response = WriteInferResponse(
      {}, ResultOf({Output<std::uint16_t>("h", DataType::kFloat16,
                                          {0x3C00, 0xC000, 0x0001, 0x7C00}),
                    Output<std::uint16_t>("b", DataType::kBfloat16,
                                          {0x3F80, 0xC000})}));
  const auto json = nlohmann::json::parse(response.body);
  const auto& half = json["outputs"][0]["data"];
  EXPECT_EQ(half[0], 1.0);
  EXPECT_EQ(half[1], -2.0);
  EXPECT_EQ(half[2].get<float>(), std::ldexp(1.0F, -24));
  EXPECT_TRUE(half[3].is_null());
  EXPECT_EQ(json["outputs"][1]["data"].dump(), "[1,-2]");
}

TEST(InferResponseTest, IntegersAndTruthValuesHaveTheirOwnForm) {
  const HttpResponse response = WriteInferResponse(
      {}, ResultOf(
              {Output<std::int64_t>("i", DataType::kInt64,
                                    {std::numeric_limits<std::int64_t>::min()}),
               Output<std::int8_t>("s", DataType::kInt8, {-128, 127}),
               Output<std::uint8_t>("t", DataType::kBool, {1, 0})}));
  EXPECT_THAT(response.body,
              testing::AllOf(testing::HasSubstr("[-9223372036854775808]"),
                             testing::HasSubstr("[-128,127]"),
                             testing::HasSubstr("[true,false]")));
}

TEST(InferResponseTest, BinaryOutputsFollowTheJson) {
  RestInferRequest request;
  request.id = "\"quoted\"";
  request.binary_data_output = true;
  request.outputs.push_back(
      {.name = "text", .binary_data = false, .shared = std::nullopt});
  const HttpResponse response = WriteInferResponse(
      request, ResultOf({Output<std::int32_t>("raw", DataType::kInt32, {7, 8}),
                         Output<std::int32_t>("text", DataType::kInt32, {9})}));
  ASSERT_EQ(response.more.size(), 1);
  EXPECT_EQ(response.more[0].size(), 8);
  ASSERT_EQ(response.headers.size(), 1);
  EXPECT_EQ(response.headers[0].first, "Inference-Header-Content-Length");
  EXPECT_EQ(response.headers[0].second, std::to_string(response.body.size()));
  const auto json = nlohmann::json::parse(response.body);
  EXPECT_EQ(json["id"], "\"quoted\"");
  EXPECT_EQ(json["outputs"][0]["parameters"]["binary_data_size"], 8);
  EXPECT_FALSE(json["outputs"][0].contains("data"));
  EXPECT_EQ(json["outputs"][1]["data"][0], 9);
}

TEST(InferResponseTest, OutputsInSharedMemoryAreOnlyNamed) {
  RestInferRequest request;
  request.outputs.push_back(
      {.name = "y",
       .binary_data = std::nullopt,
       .shared = RegionPart{.region = "r", .offset = 0, .byte_size = 64}});
  OutputTensor output = Output<float>("y", DataType::kFloat32, {1, 2});
  output.bytes.clear();
  output.in_destination = true;
  const HttpResponse response =
      WriteInferResponse(request, ResultOf({std::move(output)}));
  const auto json = nlohmann::json::parse(response.body);
  EXPECT_EQ(json["outputs"][0]["parameters"]["shared_memory_region"], "r");
  EXPECT_EQ(json["outputs"][0]["parameters"]["shared_memory_byte_size"], 8);
  EXPECT_FALSE(json["outputs"][0].contains("data"));
}

}  // namespace
}  // namespace skerry::agent
