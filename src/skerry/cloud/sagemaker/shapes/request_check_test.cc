#include "skerry/cloud/sagemaker/shapes/request_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "skerry/cloud/sagemaker/shapes/shape_table.h"

namespace skerry::cloud {
namespace {

using ::testing::HasSubstr;

ApiResult<void> Check(std::string_view operation, const Json& input) {
  return CheckRequest(input, RequestShapeOf(operation));
}

std::string FaultOf(std::string_view operation, const Json& input) {
  const ApiResult<void> checked = Check(operation, input);
  return checked ? "none"
                 : checked.error().code + ": " + checked.error().message;
}

Json Fleet() {
  return {{"DeviceFleetName", "fleet-1"},
          {"OutputConfig", {{"S3OutputLocation", "s3://bucket/key"}}}};
}

TEST(ShapeTableTest, OperationsAreFoundByName) {
  for (const OperationRow& row : ShapedOperations()) {
    EXPECT_EQ(RequestShapeOf(row.name), row.shape);
  }
  EXPECT_EQ(RequestShapeOf("CreateEverything"), -1);
  EXPECT_EQ(RequestShapeOf(""), -1);
}

TEST(RequestCheckTest, AcceptsAGoodRequest) {
  EXPECT_EQ(FaultOf("CreateDeviceFleet", Fleet()), "none");
}

TEST(RequestCheckTest, NullCountsAsAbsent) {
  Json input = Fleet();
  input["Description"] = nullptr;
  EXPECT_EQ(FaultOf("CreateDeviceFleet", input), "none");

  input["DeviceFleetName"] = nullptr;
  EXPECT_EQ(FaultOf("CreateDeviceFleet", input),
            "ValidationException: 1 validation error detected: Value null at "
            "'deviceFleetName' failed to satisfy constraint: Member must not "
            "be null");
}

TEST(RequestCheckTest, UnknownMembersPass) {
  Json input = Fleet();
  input["Colour"] = {{"deep", Json::array({1, 2})}};
  EXPECT_EQ(FaultOf("CreateDeviceFleet", input), "none");
}

TEST(RequestCheckTest, NamesThePattern) {
  Json input = Fleet();
  input["DeviceFleetName"] = "a_b";
  EXPECT_EQ(FaultOf("CreateDeviceFleet", input),
            "ValidationException: 1 validation error detected: Value 'a_b' at "
            "'deviceFleetName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: "
            "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
}

TEST(RequestCheckTest, ListsAllFaults) {
  Json input = Fleet();
  input["DeviceFleetName"] = std::string(64, 'a');
  input["OutputConfig"].erase("S3OutputLocation");
  const std::string fault = FaultOf("CreateDeviceFleet", input);
  EXPECT_THAT(fault, HasSubstr("3 validation errors detected: "));
  EXPECT_THAT(fault,
              HasSubstr("'deviceFleetName' failed to satisfy constraint: "
                        "Member must have length less than or equal to "
                        "63; "));
  EXPECT_THAT(fault, HasSubstr("Value null at 'outputConfig.s3OutputLocation' "
                               "failed to satisfy constraint: Member must not "
                               "be null"));
}

TEST(RequestCheckTest, CountsFaultsItDoesNotList) {
  Json input = Fleet();
  input.erase("OutputConfig");
  input["Devices"] = Json::array();
  for (int i = 0; i < 30; ++i) input["Devices"].push_back(Json::object());
  const std::string fault = FaultOf("RegisterDevices", input);
  EXPECT_THAT(fault, HasSubstr("30 validation errors detected"));
  EXPECT_THAT(fault, HasSubstr("'devices.20.member.deviceName'"));
  EXPECT_EQ(fault.find("devices.21"), std::string::npos);
}

TEST(RequestCheckTest, NamesPlacesInListsAndMaps) {
  Json input = Fleet();
  input["Tags"] = {{{"Key", "k"}, {"Value", "v"}}, {{"Key", ""}}};
  EXPECT_EQ(
      FaultOf("CreateDeviceFleet", input),
      "ValidationException: 2 validation errors detected: Value '' at "
      "'tags.2.member.key' failed to satisfy constraint: Member must have "
      "length greater than or equal to 1; Value null at "
      "'tags.2.member.value' failed to satisfy constraint: Member must "
      "not be null");
  EXPECT_THAT(FaultOf("CreateModelPackage",
                      {{"CustomerMetadataProperties", {{"stage", ""}}}}),
              HasSubstr("Value '' at 'customerMetadataProperties.stage.member' "
                        "failed to satisfy constraint: Member must have length "
                        "greater than or equal to 1"));
}

TEST(RequestCheckTest, NamesTheValuesOfAnEnumeration) {
  EXPECT_EQ(
      FaultOf("ListDeviceFleets", {{"SortOrder", "Up"}}),
      "ValidationException: 1 validation error detected: Value 'Up' at "
      "'sortOrder' failed to satisfy constraint: Member must satisfy enum "
      "value set: [Ascending, Descending]");
}

TEST(RequestCheckTest, NamesBoundsOfNumbers) {
  EXPECT_THAT(FaultOf("ListDeviceFleets", {{"MaxResults", 101}}),
              HasSubstr("Value '101' at 'maxResults' failed to satisfy "
                        "constraint: Member must have value less than or equal "
                        "to 100"));
  EXPECT_THAT(FaultOf("ListCompilationJobs", {{"MaxResults", 0}}),
              HasSubstr("value greater than or equal to 1"));
}

TEST(RequestCheckTest, RefusesOtherTypes) {
  EXPECT_EQ(FaultOf("ListDeviceFleets", {{"MaxResults", "3"}}),
            "SerializationException: at 'maxResults': STRING_VALUE can not be "
            "converted to an Integer");
  EXPECT_EQ(FaultOf("ListDeviceFleets", {{"MaxResults", 1.5}}),
            "SerializationException: at 'maxResults': DECIMAL_VALUE can not be "
            "converted to an Integer");
  EXPECT_EQ(FaultOf("ListDeviceFleets", {{"MaxResults", 1LL << 40}}),
            "SerializationException: at 'maxResults': NUMBER_VALUE can not be "
            "converted to an Integer");
  EXPECT_EQ(FaultOf("ListDeviceFleets", {{"CreationTimeAfter", "yesterday"}}),
            "SerializationException: at 'creationTimeAfter': STRING_VALUE can "
            "not be converted to a Timestamp");
  EXPECT_EQ(FaultOf("ListDeviceFleets", {{"CreationTimeAfter", 1e300}}),
            "SerializationException: at 'creationTimeAfter': DECIMAL_VALUE can "
            "not be converted to a Timestamp");
  EXPECT_THAT(FaultOf("CreateDeviceFleet", {{"OutputConfig", Json::array()}}),
              HasSubstr("START_ARRAY can not be converted to a structure"));
  EXPECT_THAT(FaultOf("CreateDeviceFleet", {{"Tags", Json::object()}}),
              HasSubstr("START_OBJECT can not be converted to a list"));
}

TEST(RequestCheckTest, LengthIsOfCodePoints) {
  std::string text;
  for (int i = 0; i < 256; ++i) text += "\u00e4";
  EXPECT_EQ(CodePointCount(text), 256U);
  const auto tags = [&](const std::string& value) {
    return Json{{"ResourceArn", "arn:aws:sagemaker:eu-1:000000000000:x/y"},
                {"Tags", {{{"Key", "k"}, {"Value", value}}}}};
  };

  EXPECT_EQ(FaultOf("AddTags", tags(text)), "none");
  EXPECT_THAT(FaultOf("AddTags", tags(text + "a")),
              HasSubstr("length less than or equal to 256"));
}

TEST(RequestCheckTest, LongValuesAreQuotedInPart) {
  Json input = Fleet();
  input["DeviceFleetName"] = std::string(100'000, 'x');

  EXPECT_LT(FaultOf("CreateDeviceFleet", input).size(), 1500U);
  const Json properties = {{std::string(100'000, 'x'), ""}};
  EXPECT_LT(FaultOf("CreateModelPackage",
                    {{"CustomerMetadataProperties", properties}})
                .size(),
            5000U);
}

TEST(RequestCheckTest, PatternsWithRepetitionsTakeLinearTime) {
  Json input = Fleet();
  input["DeviceFleetName"] = std::string(900'000, '-') + "!";
  EXPECT_THAT(FaultOf("CreateDeviceFleet", input), HasSubstr("2 validation"));
}

TEST(RequestCheckTest, LookBehindIsKept) {
  const auto fault = [](const std::string& name) {
    return FaultOf("DescribeModelPackage", {{"ModelPackageName", name}});
  };
  EXPECT_EQ(fault("group/12"), "none");
  EXPECT_EQ(fault("arn:aws:sagemaker:eu-1:000000000000:model-package/group/12"),
            "none");
  EXPECT_THAT(fault("group-"), HasSubstr("regular expression"));
  EXPECT_THAT(fault("group-/12"), HasSubstr("(?<!-)"));
}

TEST(ParseRequestTest, AnEmptyBodyIsAnEmptyObject) {
  const ApiResult<Json> json = ParseRequest("");
  ASSERT_TRUE(json);
  EXPECT_EQ(*json, Json::object());
}

TEST(ParseRequestTest, RefusesWhatIsNoObject) {
  for (const char* text : {"[]", "1", "{", "{\"a\":}", "\xff",
                           "{\"a\":\"\xff\"}", "{} {}", "null"}) {
    const ApiResult<Json> json = ParseRequest(text);
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code, "SerializationException");
  }
}

TEST(ParseRequestTest, RefusesDeepNesting) {
  const auto nested = [](std::size_t depth) {
    return R"({"[[": )" + std::string(depth - 1, '[') +
           std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(ParseRequest(nested(kRequestDepthMax)));
  EXPECT_FALSE(ParseRequest(nested(kRequestDepthMax + 1)));
  EXPECT_FALSE(ParseRequest(std::string(500'000, '[')));
}

TEST(ParseRequestTest, RefusesLongBodies) {
  const ApiResult<Json> json =
      ParseRequest(std::string(kRequestBytesMax + 1, ' '));
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().status, 413);
}

}  // namespace
}  // namespace skerry::cloud
