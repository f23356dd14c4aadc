#include "skerry/agent/rest/binary_extension.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace skerry::agent {
namespace {

using testing::HasSubstr;

RestInferRequest TwoInputs(const std::string& first,
                           const std::string& second) {
  auto request = ReadInferJson(
      R"({"inputs":[{"name":"a","shape":[2],"datatype":"INT16",
          "parameters":{"binary_data_size":)" +
      first + R"(}},{"name":"b","shape":[1],"datatype":"BF16",
          "parameters":{"binary_data_size":)" +
      second + "}}]}");
  EXPECT_TRUE(request);
  return *std::move(request);
}

TEST(BinaryExtensionTest, TheHeaderSaysWhereTheJsonEnds) {
  const auto body = SplitInferBody("{}tensor", "2");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->json, "{}");
  EXPECT_EQ(body->binary, "tensor");
  const auto whole = SplitInferBody("{}", std::nullopt);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->json, "{}");
  EXPECT_EQ(whole->binary, "");
}

TEST(BinaryExtensionTest, AHeaderThatIsNoPlaceInTheBodyIsRefused) {
  for (const std::string header :
       {"9", "-1", "", "2x", " 2", "18446744073709551616", "0x2"}) {
    const auto body = SplitInferBody("{}tensor", header);
    ASSERT_FALSE(body) << header;
    EXPECT_EQ(body.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(body.error().message(), HasSubstr("has 8 bytes"));
  }
}

TEST(BinaryExtensionTest, TensorsFollowInTheOrderOfTheInputs) {
  RestInferRequest request = TwoInputs("4", "2");
  const std::string binary = "aaaabb";
  ASSERT_TRUE(AttachBinary(binary, request));
  EXPECT_EQ(request.inputs[0].binary.size(), 4);
  EXPECT_EQ(request.inputs[1].binary.size(), 2);
  EXPECT_EQ(static_cast<const void*>(request.inputs[1].binary.data()),
            static_cast<const void*>(binary.data() + 4));
}

TEST(BinaryExtensionTest, BytesTooFewOrTooManyAreRefused) {
  RestInferRequest request = TwoInputs("4", "2");
  const auto few = AttachBinary("aaaab", request);
  ASSERT_FALSE(few);
  EXPECT_THAT(few.error().message(), HasSubstr("input 'b'"));
  const auto many = AttachBinary("aaaabbb", request);
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().message(), HasSubstr("belong to no input"));
}

TEST(BinaryExtensionTest, ASizeOtherThanTheShapesIsRefused) {
  for (const std::string size : {"3", "0", "18446744073709551615"}) {
    RestInferRequest request = TwoInputs(size, "2");
    const auto wrong = AttachBinary("aaaabb", request);
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message(), HasSubstr("takes 4 bytes"));
  }
}

}  // namespace
}  // namespace skerry::agent
