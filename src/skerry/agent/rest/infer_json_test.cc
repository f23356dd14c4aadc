#include "skerry/agent/rest/infer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace skerry::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
std::vector<T> Elements(const RestInput& input) {
  std::vector<T> values(input.data.size() / sizeof(T));
  std::memcpy(values.data(), input.data.data(), input.data.size());
  return values;
}

std::string OneInput(const std::string& type, const std::string& shape,
                     const std::string& data) {
  return R"({"inputs":[{"name":"x","shape":)" + shape + R"(,"datatype":")" +
         type + R"(","data":)" + data + "}]}";
}

std::string Refusal(const std::string& json) {
  const auto request = ReadInferJson(json);
  return request ? "(accepted)" : request.error().message();
}

TEST(InferJsonTest, FlatAndNestedDataAreTheSameTensor) {
  for (const std::string data :
       {"[1,2,3,4,5,6]", "[[1,2,3],[4,5,6]]", "[[[1],[2],[3]],[4,5,6]]"}) {
    const auto request = ReadInferJson(OneInput("INT32", "[2,3]", data));
    ASSERT_TRUE(request) << request.error().message();
    ASSERT_EQ(request->inputs.size(), 1);
    EXPECT_THAT(request->inputs[0].dims, ElementsAre(2, 3));
    EXPECT_EQ(request->inputs[0].data_type, DataType::kInt32);
    EXPECT_THAT(Elements<std::int32_t>(request->inputs[0]),
                ElementsAre(1, 2, 3, 4, 5, 6));
  }
}

TEST(InferJsonTest, EveryParameterOfTheProtocolIsRead) {
  const auto request = ReadInferJson(R"({
    "id": "r-1", "unknown": {"deep": [1, {"x": []}]},
    "parameters": {"unit": "camera-7", "timeout": 1500, "priority": 3,
                   "binary_data_output": true, "own": "ignored"},
    "inputs": [
      {"name": "a", "shape": [4], "datatype": "FP32",
       "parameters": {"binary_data_size": 16}},
      {"name": "b", "shape": [2], "datatype": "UINT8",
       "parameters": {"shared_memory_region": "r", "shared_memory_offset": 64,
                      "shared_memory_byte_size": 2}}],
    "outputs": [
      {"name": "y", "parameters": {"binary_data": false}},
      {"name": "z", "parameters": {"shared_memory_region": "s",
                                   "shared_memory_byte_size": 8}}]})");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->id, "r-1");
  EXPECT_EQ(request->unit, "camera-7");
  EXPECT_EQ(request->timeout, std::chrono::microseconds(1500));
  EXPECT_TRUE(request->binary_data_output);
  EXPECT_EQ(request->inputs[0].binary_data_size, 16);
  EXPECT_EQ(request->inputs[1].shared,
            (RegionPart{.region = "r", .offset = 64, .byte_size = 2}));
  EXPECT_EQ(request->outputs[0].binary_data, false);
  EXPECT_FALSE(request->outputs[0].shared);
  EXPECT_EQ(request->outputs[1].shared,
            (RegionPart{.region = "s", .offset = 0, .byte_size = 8}));
}

TEST(InferJsonTest, KeysMayComeInAnyOrder) {
  const auto request = ReadInferJson(
      R"({"inputs":[{"data":[1.5],"datatype":"FP32","name":"x","shape":[1]},
          {"data":[7],"datatype":"INT64","name":"k","shape":[1]}]})");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_THAT(Elements<float>(request->inputs[0]), ElementsAre(1.5F));
  EXPECT_THAT(Elements<std::int64_t>(request->inputs[1]), ElementsAre(7));
}

TEST(InferJsonTest, IntegersAtTheEndsOfTheirRangeAreExact) {
  const auto request = ReadInferJson(
      OneInput("INT64", "[3]", "[-9223372036854775808,9223372036854775807,0]"));
  ASSERT_TRUE(request);
  EXPECT_THAT(Elements<std::int64_t>(request->inputs[0]),
              ElementsAre(std::numeric_limits<std::int64_t>::min(),
                          std::numeric_limits<std::int64_t>::max(), 0));
  const auto big =
      ReadInferJson(OneInput("UINT64", "[1]", "[18446744073709551615]"));
  ASSERT_TRUE(big);
  EXPECT_THAT(Elements<std::uint64_t>(big->inputs[0]),
              ElementsAre(std::numeric_limits<std::uint64_t>::max()));
}

TEST(InferJsonTest, FloatsAreTheNearestOnes) {
  const auto request = ReadInferJson(
      OneInput("FP32", "[5]", "[0.1,3.4028235e38,1e-45,1e-60,16777217]"));
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_THAT(
      Elements<float>(request->inputs[0]),
      ElementsAre(0.1F, std::numeric_limits<float>::max(),
                  std::numeric_limits<float>::denorm_min(), 0.0F, 16777216.0F));
}

TEST(InferJsonTest, TruthValuesAreWordsOrBits) {
  const auto request =
      ReadInferJson(OneInput("BOOL", "[4]", "[true,false,1,0]"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->inputs[0].data, std::string("\1\0\1\0", 4));
  EXPECT_THAT(Refusal(OneInput("BOOL", "[1]", "[2]")),
              HasSubstr("2 is no BOOL"));
}

TEST(InferJsonTest, ANumberThatTheTypeDoesNotHaveIsNamed) {
  EXPECT_THAT(Refusal(OneInput("UINT8", "[1]", "[256]")),
              HasSubstr("input 'x': 256 is no UINT8"));
  EXPECT_THAT(Refusal(OneInput("INT8", "[1]", "[-129]")),
              HasSubstr("-129 is no INT8"));
  EXPECT_THAT(Refusal(OneInput("UINT32", "[1]", "[-1]")),
              HasSubstr("-1 is no UINT32"));
  EXPECT_THAT(Refusal(OneInput("INT32", "[1]", "[1.5]")),
              HasSubstr("1.5 is no INT32"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[1]", "[1e39]")),
              HasSubstr("1e39 is no FP32"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[1]", "[true]")),
              HasSubstr("true is no FP32"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[1]", "[null]")), HasSubstr("null"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[1]", "[\"1\"]")),
              HasSubstr("a string is no element"));
  EXPECT_THAT(Refusal(OneInput("FP64", "[1]", "[1e999]")),
              HasSubstr("not valid"));
}

TEST(InferJsonTest, TypesWithoutAFormInJsonAreRefused) {
  EXPECT_THAT(Refusal(OneInput("FP16", "[1]", "[1]")), HasSubstr("binary"));
  EXPECT_THAT(Refusal(OneInput("BYTES", "[1]", "[\"a\"]")),
              HasSubstr("BYTES tensors are not supported"));
  EXPECT_THAT(Refusal(OneInput("FP31", "[1]", "[1]")),
              HasSubstr("'FP31' is no data type"));
}

TEST(InferJsonTest, CountAndShapeMustAgree) {
  EXPECT_THAT(Refusal(OneInput("FP32", "[2,2]", "[1,2,3]")),
              HasSubstr("wants 4 elements, got 3"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[1]", "[1,2]")), HasSubstr("got 2"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[-1]", "[1]")), HasSubstr("negative"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[1,1,1,1,1,1,1,1,1]", "[1]")),
              HasSubstr("extents"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[1000000,1000000,1000000]", "[1]")),
              HasSubstr("input 'x'"));
  EXPECT_THAT(Refusal(OneInput("FP32", "[99999999999999]", "[1]")),
              HasSubstr("too large"));
}

TEST(InferJsonTest, ElementsHaveExactlyOnePlace) {
  EXPECT_THAT(
      Refusal(R"({"inputs":[{"name":"x","shape":[1],"datatype":"INT8"}]})"),
      HasSubstr("exactly one of data"));
  EXPECT_THAT(Refusal(R"({"inputs":[{"name":"x","shape":[1],"datatype":"INT8",
      "data":[1],"parameters":{"binary_data_size":1}}]})"),
              HasSubstr("got 2"));
  EXPECT_THAT(Refusal(R"({"inputs":[{"name":"x","shape":[1],"datatype":"INT8",
      "parameters":{"shared_memory_region":"r"}}]})"),
              HasSubstr("go together"));
  EXPECT_THAT(Refusal(R"({"inputs":[{"name":"x","shape":[1],"datatype":"INT8",
      "data":[1],"data":[1]}]})"),
              HasSubstr("twice"));
}

TEST(InferJsonTest, WhatIsNoRequestIsRefusedWithItsPlace) {
  EXPECT_THAT(Refusal(""), HasSubstr("not valid at byte"));
  EXPECT_THAT(Refusal("[]"), HasSubstr("an object is wanted"));
  EXPECT_THAT(Refusal("7"), HasSubstr("an object is wanted"));
  EXPECT_THAT(Refusal("{}"), HasSubstr("no inputs"));
  EXPECT_THAT(Refusal(R"({"inputs":{}})"), HasSubstr("'inputs'"));
  EXPECT_THAT(Refusal(R"({"inputs":[1]})"), HasSubstr("objects"));
  EXPECT_THAT(Refusal(R"({"inputs":[[]]})"), HasSubstr("array"));
  EXPECT_THAT(Refusal(R"({"inputs":[{"name":"x","shape":[1],"data":[1]}]})"),
              HasSubstr("datatype is missing"));
  EXPECT_THAT(
      Refusal(R"({"inputs":[{"name":"x","datatype":"INT8","data":[1]}]})"),
      HasSubstr("shape is missing"));
  EXPECT_THAT(Refusal(OneInput("INT8", "[1]", "[1]") + "x"),
              HasSubstr("not valid"));
  EXPECT_THAT(Refusal(R"({"parameters":{"timeout":-1},"inputs":[]})"),
              HasSubstr("'timeout'"));
}

TEST(InferJsonTest, DeepNestingIsRefusedAndTakesNoStack) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(Refusal(OneInput("INT8", "[1]", deep)), HasSubstr("inside"));
  EXPECT_THAT(Refusal(R"({"other":)" + deep), HasSubstr("inside"));
}

TEST(InferJsonTest, AHugeShapeTakesNoMemory) {
  EXPECT_THAT(Refusal(OneInput("FP64", "[1099511627776]", "[1]")),
              HasSubstr("got 1"));
}

}  // namespace
}  // namespace skerry::agent
