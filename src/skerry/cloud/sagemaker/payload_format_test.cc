#include "skerry/cloud/sagemaker/payload_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/cloud/sagemaker/npy_array.h"

namespace skerry::cloud {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kJsonType = "application/json; charset=utf-8";

Json Metadata() {
  return {{"inputs", Json::array({{{"name", "x"},
                                   {"datatype", "FP32"},
                                   {"shape", Json::array({1, 2})}}})}};
}

std::string Fault(const ApiResult<InferRequest>& request) {
  return request ? "none"
                 : request.error().code + ": " + request.error().message;
}

TEST(PayloadFormatTest, TheContentTypeAndTheBodySayWhichFormat) {
  EXPECT_EQ(*PayloadFormatOf(kJsonType, "{}"), PayloadFormat::kProtocol);
  EXPECT_EQ(*PayloadFormatOf(kJsonType, R"({"instances": []})"),
            PayloadFormat::kInstances);
  EXPECT_EQ(*PayloadFormatOf("application/x-npy", ""), PayloadFormat::kNpy);
  EXPECT_EQ(*PayloadFormatOf("application/octet-stream", ""),
            PayloadFormat::kRaw);
  for (const char* body : {"", "[]", "{", "1"}) {
    EXPECT_FALSE(PayloadFormatOf(kJsonType, body)) << body;
  }
  EXPECT_FALSE(PayloadFormatOf("text/csv", "1"));
  EXPECT_FALSE(PayloadFormatOf("", ""));
}

TEST(PayloadFormatTest, AcceptSaysTheAnswersFormat) {
  EXPECT_EQ(*AnswerFormatOf("", PayloadFormat::kNpy), PayloadFormat::kNpy);
  EXPECT_EQ(*AnswerFormatOf("*/*", PayloadFormat::kRaw), PayloadFormat::kRaw);
  EXPECT_EQ(*AnswerFormatOf("application/json", PayloadFormat::kNpy),
            PayloadFormat::kInstances);
  EXPECT_EQ(*AnswerFormatOf("application/json", PayloadFormat::kProtocol),
            PayloadFormat::kProtocol);
  EXPECT_FALSE(AnswerFormatOf("text/csv", PayloadFormat::kNpy));
}

TEST(PayloadFormatTest, InstancesBecomeOneInput) {
  const auto request = MakeInferRequest(R"({"instances": [[1, 2.5], [3, 4]]})",
                                        PayloadFormat::kInstances,
                                        PayloadFormat::kInstances, Metadata());
  ASSERT_TRUE(request);
  EXPECT_EQ(Json::parse(request->json),
            (Json{{"inputs", Json::array({{{"name", "x"},
                                           {"datatype", "FP32"},
                                           {"shape", {2, 2}},
                                           {"data", {1, 2.5, 3, 4}}}})}}));
}

TEST(PayloadFormatTest, BadInstancesAreRefused) {
  for (const char* body :
       {R"({"instances": 1})", R"({"instances": [[1], [1, 2]]})",
        R"({"instances": [[1], 2]})", R"({"instances": ["a"]})",
        R"({"instances": [[[[[[[[[1]]]]]]]]]})"}) {
    EXPECT_THAT(Fault(MakeInferRequest(body, PayloadFormat::kInstances,
                                       PayloadFormat::kInstances, Metadata())),
                HasSubstr("ValidationError: 'instances' must be"))
        << body;
  }
}

TEST(PayloadFormatTest, ModelsOfSeveralInputsWantTheProtocol) {
  Json metadata = Metadata();
  metadata["inputs"].push_back(metadata["inputs"][0]);
  EXPECT_THAT(Fault(MakeInferRequest("{}", PayloadFormat::kRaw,
                                     PayloadFormat::kRaw, metadata)),
              HasSubstr("The model takes 2 inputs"));
}

TEST(PayloadFormatTest, ArraysGoAsTheyAre) {
  const std::string bytes(8, '\x7f');
  const std::string npy = *WriteNpyArray({"FP32", {1, 2}, bytes});
  const auto request = MakeInferRequest(npy, PayloadFormat::kNpy,
                                        PayloadFormat::kNpy, Metadata());
  ASSERT_TRUE(request);
  EXPECT_EQ(request->binary, bytes);
  const Json json = Json::parse(request->json);
  EXPECT_EQ(json["inputs"][0]["parameters"]["binary_data_size"], 8);
  EXPECT_EQ(json["parameters"]["binary_data_output"], true);
}

TEST(PayloadFormatTest, AnswersAreWrittenInEachFormat) {
  const Json answer = {
      {"outputs", Json::array({{{"name", "y"},
                                {"datatype", "FP32"},
                                {"shape", {2, 1}},
                                {"data", {1, 2}},
                                {"parameters", {{"binary_data_size", 8}}}}})}};
  const std::string bytes(8, '\x01');

  EXPECT_EQ(MakePayload(answer, "", PayloadFormat::kInstances)->bytes,
            R"({"predictions":[[1],[2]]})");
  EXPECT_EQ(MakePayload(answer, bytes, PayloadFormat::kRaw)->bytes, bytes);
  const auto npy = MakePayload(answer, bytes, PayloadFormat::kNpy);
  ASSERT_TRUE(npy);
  const auto array = ReadNpyArray(npy->bytes);
  ASSERT_TRUE(array);
  EXPECT_EQ(array->shape, (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ(array->bytes, bytes);
  EXPECT_FALSE(MakePayload(answer, "123", PayloadFormat::kNpy));
  EXPECT_FALSE(MakePayload(Json::object(), "", PayloadFormat::kInstances));
}

TEST(NpyArrayTest, DataBeginAligned) {
  const std::string file = *WriteNpyArray({"INT8", {3}, "abc"});
  EXPECT_EQ((file.size() - 3) % 64, 0U);
}

TEST(NpyArrayTest, BrokenFilesAreRefused) {
  const std::string file = *WriteNpyArray({"INT8", {3}, "abc"});
  ASSERT_TRUE(ReadNpyArray(file));
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ReadNpyArray(std::string_view(file).substr(0, size))) << size;
  }
  EXPECT_FALSE(ReadNpyArray(file + "d"));
  const auto with = [&](const std::string& found, const std::string& put) {
    std::string other = file;
    other.replace(other.find(found), found.size(), put);
    return other;
  };
  EXPECT_FALSE(ReadNpyArray(with("False", "True ")));
  EXPECT_FALSE(ReadNpyArray(with("|i1", ">i2")));
  EXPECT_FALSE(ReadNpyArray(with("(3,)", "(9,)")));
  EXPECT_FALSE(WriteNpyArray({"BYTES", {3}, "abc"}));
}

}  // namespace
}  // namespace skerry::cloud
