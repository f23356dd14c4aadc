#include "skerry/cloud/sagemaker/fleets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/cloud/sagemaker/sagemaker_test_support.h"

namespace skerry::cloud {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// On each engine of the database.
class FleetsTest : public ::testing::TestWithParam<std::string> {
 protected:
  TestSageMaker sagemaker_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, FleetsTest,
                         ::testing::Values("sqlite", "postgresql"));

std::string Names(const std::vector<Json>& entries, const char* member) {
  std::string names;
  for (const Json& entry : entries) {
    names += (names.empty() ? "" : " ") + entry.at(member).get<std::string>();
  }
  return names;
}

TEST_P(FleetsTest, CreateIsDescribed) {
  Json input = FleetInput("north");
  input["Description"] = "all of the north";
  input["EnableIotRoleAlias"] = true;
  input["RoleArn"] = "arn:aws:iam::000000000000:role/edge";

  EXPECT_TRUE(sagemaker_.Good("CreateDeviceFleet", input).is_null());

  EXPECT_EQ(
      sagemaker_.Good("DescribeDeviceFleet", {{"DeviceFleetName", "north"}}),
      (Json{{"DeviceFleetName", "north"},
            {"DeviceFleetArn",
             "arn:aws:sagemaker:eu-north-1:000000000000:device-fleet/north"},
            {"OutputConfig", {{"S3OutputLocation", "s3://captures/north"}}},
            {"Description", "all of the north"},
            {"RoleArn", "arn:aws:iam::000000000000:role/edge"},
            {"IotRoleAlias",
             "arn:aws:iot:eu-north-1:000000000000:rolealias/"
             "SageMakerEdge-north"},
            {"CreationTime", 1800000000.123},
            {"LastModifiedTime", 1800000000.123}}));
}

TEST_P(FleetsTest, NamesAreUnique) {
  sagemaker_.Good("CreateDeviceFleet", FleetInput("north"));

  EXPECT_EQ(sagemaker_.Fault("CreateDeviceFleet", FleetInput("north")),
            "ResourceInUse: DeviceFleet with name north already exists.");
}

TEST_P(FleetsTest, MissingFleetsAreNamedAsToolsExpect) {
  EXPECT_THAT(
      sagemaker_.Fault("DescribeDeviceFleet", {{"DeviceFleetName", "x"}}),
      StartsWith("ValidationException: No devicefleet with name x"));
  EXPECT_THAT(sagemaker_.Fault("DeleteDeviceFleet", {{"DeviceFleetName", "x"}}),
              StartsWith("ValidationException: DeviceFleet with name x"));
  EXPECT_THAT(sagemaker_.Fault("UpdateDeviceFleet", FleetInput("x")),
              StartsWith("ValidationException: No devicefleet with name x"));
  EXPECT_THAT(
      sagemaker_.Fault("GetDeviceFleetReport", {{"DeviceFleetName", "x"}}),
      StartsWith("ValidationException: No devicefleet with name x"));
}

TEST_P(FleetsTest, UpdateKeepsWhatItDoesNotSay) {
  Json input = FleetInput("north");
  input["Description"] = "old";
  input["EnableIotRoleAlias"] = true;
  sagemaker_.Good("CreateDeviceFleet", input);
  sagemaker_.Later(1'000'000);

  sagemaker_.Good("UpdateDeviceFleet",
                  {{"DeviceFleetName", "north"},
                   {"OutputConfig", {{"S3OutputLocation", "s3://other"}}},
                   {"EnableIotRoleAlias", false}});

  const Json fleet =
      sagemaker_.Good("DescribeDeviceFleet", {{"DeviceFleetName", "north"}});
  EXPECT_EQ(fleet["Description"], "old");
  EXPECT_EQ(fleet["OutputConfig"]["S3OutputLocation"], "s3://other");
  EXPECT_FALSE(fleet.contains("IotRoleAlias"));
  EXPECT_EQ(fleet["CreationTime"], 1800000000.123);
  EXPECT_EQ(fleet["LastModifiedTime"], 1800000001.123);
}

TEST_P(FleetsTest, AFleetWithDevicesStays) {
  sagemaker_.Good("CreateDeviceFleet", FleetInput("north"));
  sagemaker_.Good("RegisterDevices", {{"DeviceFleetName", "north"},
                                      {"Devices", {{{"DeviceName", "one"}}}}});
  EXPECT_THAT(
      sagemaker_.Fault("DeleteDeviceFleet", {{"DeviceFleetName", "north"}}),
      StartsWith("ResourceInUse: "));

  sagemaker_.Good("DeregisterDevices",
                  {{"DeviceFleetName", "north"}, {"DeviceNames", {"one"}}});
  EXPECT_EQ(
      sagemaker_.Fault("DeleteDeviceFleet", {{"DeviceFleetName", "north"}}),
      "none");
}

TEST_P(FleetsTest, ListsSortFilterAndPage) {
  for (const char* name : {"b-south", "a-north", "c-north"}) {
    sagemaker_.Good("CreateDeviceFleet", FleetInput(name));
    sagemaker_.Later(1'000'000);
  }
  const auto list = [&](Json input) {
    return Names(sagemaker_.Pages("ListDeviceFleets", "DeviceFleetSummaries", 2,
                                  std::move(input)),
                 "DeviceFleetName");
  };

  EXPECT_EQ(list({}), "b-south a-north c-north");
  EXPECT_EQ(list({{"SortBy", "NAME"}}), "a-north b-south c-north");
  EXPECT_EQ(list({{"SortBy", "NAME"}, {"SortOrder", "Descending"}}),
            "c-north b-south a-north");
  EXPECT_EQ(list({{"NameContains", "north"}}), "a-north c-north");
  EXPECT_EQ(list({{"NameContains", "North"}}), "");
  EXPECT_EQ(list({{"CreationTimeAfter", 1800000000.5}}), "a-north c-north");
  EXPECT_EQ(list({{"LastModifiedTimeBefore", 1800000002}}), "b-south a-north");
}

TEST_P(FleetsTest, PagesGoOnWhereTheyEnded) {
  for (int i = 0; i < 7; ++i) {
    sagemaker_.Good("CreateDeviceFleet", FleetInput("f" + std::to_string(i)));
  }
  const Json input = {{"MaxResults", 3}, {"SortBy", "NAME"}};
  const Json first = sagemaker_.Good("ListDeviceFleets", input);
  sagemaker_.Good("DeleteDeviceFleet", {{"DeviceFleetName", "f2"}});
  sagemaker_.Good("CreateDeviceFleet", FleetInput("f1x"));

  Json next = input;
  next["NextToken"] = first["NextToken"];
  const Json second = sagemaker_.Good("ListDeviceFleets", next);

  EXPECT_EQ(second["DeviceFleetSummaries"][0]["DeviceFleetName"], "f3");
}

TEST_P(FleetsTest, TokensOfOthersAreRefused) {
  for (int i = 0; i < 3; ++i) {
    sagemaker_.Good("CreateDeviceFleet", FleetInput("f" + std::to_string(i)));
  }
  const auto token = sagemaker_.Good("ListDeviceFleets", {{"MaxResults", 1}})
                         .at("NextToken")
                         .get<std::string>();
  const auto fault = [&](const std::string& text, const Json& more) {
    Json input = {{"NextToken", text}};
    input.update(more);
    return sagemaker_.Fault("ListDeviceFleets", input);
  };
  std::string damaged = token;
  damaged.back() = damaged.back() == '0' ? '1' : '0';

  EXPECT_EQ(fault(token, Json::object()), "none");
  for (const std::string& text : {damaged, std::string("x"), token + "00",
                                  std::string(8000, 'f'), token.substr(2)}) {
    EXPECT_THAT(fault(text, Json::object()),
                StartsWith("ValidationException: The NextToken"));
  }
  EXPECT_THAT(fault(token, {{"NameContains", "f"}}),
              StartsWith("ValidationException: The NextToken"));
}

TEST_P(FleetsTest, ChangesAreInTheAuditLog) {
  sagemaker_.Good("CreateDeviceFleet", FleetInput("north"));
  sagemaker_.Fault("CreateDeviceFleet", FleetInput("north"));
  sagemaker_.Good("DescribeDeviceFleet", {{"DeviceFleetName", "north"}});

  const auto entries = ReadAudit(sagemaker_.database(), 10, 0);

  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().action, "sagemaker:CreateDeviceFleet");
  EXPECT_EQ(entries->front().resource,
            "arn:aws:sagemaker:eu-north-1:000000000000:device-fleet/north");
  EXPECT_EQ(entries->front().outcome, "ok");
  EXPECT_EQ(entries->front().peer, "10.0.0.7:4000");
}

TEST_P(FleetsTest, ViewersReadOnly) {
  sagemaker_.Good("CreateDeviceFleet", FleetInput("north"));
  sagemaker_.principal.role = Role::kViewer;

  EXPECT_EQ(
      sagemaker_.Fault("DescribeDeviceFleet", {{"DeviceFleetName", "north"}}),
      "none");
  EXPECT_THAT(sagemaker_.Fault("CreateDeviceFleet", FleetInput("south")),
              StartsWith("AccessDeniedException: "));
}

TEST_P(FleetsTest, ReportCountsDevicesAndModels) {
  sagemaker_.Good("CreateDeviceFleet", FleetInput("north"));
  sagemaker_.Good("RegisterDevices", {{"DeviceFleetName", "north"},
                                      {"Devices",
                                       {{{"DeviceName", "gone"}},
                                        {{"DeviceName", "here"}},
                                        {{"DeviceName", "new"}}}}});
  const auto beat = [&](const char* device, std::int64_t inferred) {
    sagemaker_.Good("SendHeartbeat", {{"DeviceFleetName", "north"},
                                      {"DeviceName", device},
                                      {"AgentVersion", "1.0"},
                                      {"Models",
                                       {{{"ModelName", "detector"},
                                         {"ModelVersion", "2"},
                                         {"LatestInference", inferred}}}}});
  };
  beat("gone", 1800000000);
  sagemaker_.Later(kConnectedMicros + 1'000'000);
  beat("here", sagemaker_.now() / 1'000'000);

  const Json report =
      sagemaker_.Good("GetDeviceFleetReport", {{"DeviceFleetName", "north"}});

  EXPECT_EQ(report["DeviceStats"],
            (Json{{"ConnectedDeviceCount", 1}, {"RegisteredDeviceCount", 3}}));
  EXPECT_EQ(report["AgentVersions"],
            (Json::array({{{"Version", "1.0"}, {"AgentCount", 2}}})));
  EXPECT_EQ(report["ModelStats"],
            (Json::array({{{"ModelName", "detector"},
                           {"ModelVersion", "2"},
                           {"OfflineDeviceCount", 1},
                           {"ConnectedDeviceCount", 1},
                           {"ActiveDeviceCount", 1},
                           {"SamplingDeviceCount", 0}}})));
}

TEST_P(FleetsTest, PresetsMustBeJson) {
  Json input = FleetInput("north");
  input["OutputConfig"]["PresetDeploymentConfig"] = "{";

  EXPECT_THAT(sagemaker_.Fault("CreateDeviceFleet", input),
              HasSubstr("PresetDeploymentConfig must be a JSON object"));
}

}  // namespace
}  // namespace skerry::cloud
