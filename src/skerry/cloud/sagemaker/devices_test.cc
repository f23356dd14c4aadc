#include "skerry/cloud/sagemaker/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/cloud/sagemaker/edge.h"
#include "skerry/cloud/sagemaker/sagemaker_test_support.h"

namespace skerry::cloud {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Json Device(const std::string& name) { return {{"DeviceName", name}}; }

Json Devices(std::initializer_list<const char*> names) {
  Json devices = Json::array();
  for (const char* name : names) devices.push_back(Device(name));
  return {{"DeviceFleetName", "north"}, {"Devices", devices}};
}

Json Named(const std::string& device) {
  return {{"DeviceFleetName", "north"}, {"DeviceName", device}};
}

class DevicesTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    sagemaker_.Good("CreateDeviceFleet", FleetInput("north"));
  }

  // The names of the devices that ListDevices gives.
  std::string List(const Json& input) {
    std::string names;
    for (const Json& entry :
         sagemaker_.Pages("ListDevices", "DeviceSummaries", 2, input)) {
      names += entry.at("DeviceName").get<std::string>() + " ";
    }
    return names;
  }

  TestSageMaker sagemaker_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, DevicesTest,
                         ::testing::Values("sqlite", "postgresql"));

TEST_P(DevicesTest, RegisteredDevicesAreDescribed) {
  Json input = Devices({"one"});
  input["Devices"][0]["Description"] = "at the door";
  input["Devices"][0]["IotThingName"] = "thing-1";
  sagemaker_.Good("RegisterDevices", input);

  EXPECT_EQ(sagemaker_.Good("DescribeDevice", Named("one")),
            (Json{{"DeviceName", "one"},
                  {"DeviceFleetName", "north"},
                  {"DeviceArn",
                   "arn:aws:sagemaker:eu-north-1:000000000000:device-fleet/"
                   "north/device/one"},
                  {"Description", "at the door"},
                  {"IotThingName", "thing-1"},
                  {"RegistrationTime", 1800000000.123},
                  {"MaxModels", 100},
                  {"Models", Json::array()}}));
}

TEST_P(DevicesTest, MissingOnesAreNamedAsToolsExpect) {
  EXPECT_THAT(sagemaker_.Fault("DescribeDevice", Named("x")),
              StartsWith("ValidationException: No device with name x"));
  EXPECT_THAT(sagemaker_.Fault("DescribeDevice",
                               {{"DeviceFleetName", "y"}, {"DeviceName", "x"}}),
              StartsWith("ValidationException: No device fleet with name y"));
  EXPECT_THAT(
      sagemaker_.Fault("DeregisterDevices",
                       {{"DeviceFleetName", "north"}, {"DeviceNames", {"x"}}}),
      StartsWith("ValidationException: Device with name x"));
  EXPECT_THAT(sagemaker_.Fault("DeregisterDevices", {{"DeviceFleetName", "y"},
                                                     {"DeviceNames", {"x"}}}),
              StartsWith("ValidationException: No device fleet with name y"));
  EXPECT_THAT(sagemaker_.Fault("UpdateDevices", Devices({"x"})),
              StartsWith("ValidationException: No device with name x"));
}

TEST_P(DevicesTest, RegisterIsAllOrNothing) {
  sagemaker_.Good("RegisterDevices", Devices({"b"}));

  EXPECT_THAT(sagemaker_.Fault("RegisterDevices", Devices({"a", "b"})),
              StartsWith("ResourceInUse: Device with name b"));
  EXPECT_THAT(sagemaker_.Fault("RegisterDevices", Devices({"c", "c"})),
              StartsWith("ResourceInUse: Device with name c"));

  EXPECT_EQ(List(Json::object()), "b ");
  EXPECT_EQ(
      sagemaker_.Good("GetDeviceFleetReport", {{"DeviceFleetName", "north"}})
          .at("DeviceStats")
          .at("RegisteredDeviceCount"),
      1);
}

TEST_P(DevicesTest, OneRequestHasALimit) {
  Json input = Devices({});
  for (std::size_t i = 0; i <= kRequestDeviceCountMax; ++i) {
    input["Devices"].push_back(Device("d" + std::to_string(i)));
  }
  EXPECT_THAT(sagemaker_.Fault("RegisterDevices", input),
              HasSubstr("1001 devices, limit 1000"));
}

TEST_P(DevicesTest, TagsAreOnEachDevice) {
  Json input = Devices({"one"});
  input["Tags"] = {{{"Key", "site"}, {"Value", "oslo"}}};
  sagemaker_.Good("RegisterDevices", input);
  const Json arn =
      sagemaker_.Good("DescribeDevice", Named("one")).at("DeviceArn");

  EXPECT_EQ(sagemaker_.Good("ListTags", {{"ResourceArn", arn}}).at("Tags"),
            input["Tags"]);

  sagemaker_.Good("DeregisterDevices",
                  {{"DeviceFleetName", "north"}, {"DeviceNames", {"one"}}});
  sagemaker_.Good("RegisterDevices", Devices({"one"}));
  EXPECT_EQ(sagemaker_.Good("ListTags", {{"ResourceArn", arn}}).at("Tags"),
            Json::array());
}

TEST_P(DevicesTest, HeartbeatsShowUp) {
  sagemaker_.Good("RegisterDevices", Devices({"one"}));
  sagemaker_.Later(5'000'000);
  Json beat = Named("one");
  beat["AgentVersion"] = "1.2";
  beat["AgentMetrics"] = {{{"MetricName", "cpu-load"}, {"Value", 0.5}}};
  beat["Models"] = {{{"ModelName", "detector"},
                     {"ModelVersion", "7"},
                     {"LatestSampleTime", 1799999999},
                     {"LatestInference", 1800000001.5}},
                    {{"ModelName", "reader"}, {"ModelVersion", "1"}}};
  sagemaker_.Good("SendHeartbeat", beat);

  Json device = sagemaker_.Good("DescribeDevice", Named("one"));
  EXPECT_EQ(device["LatestHeartbeat"], 1800000005.123);
  EXPECT_EQ(device["AgentVersion"], "1.2");
  EXPECT_EQ(device["Models"],
            (Json::array({{{"ModelName", "detector"},
                           {"ModelVersion", "7"},
                           {"LatestSampleTime", 1799999999.0},
                           {"LatestInference", 1800000001.5}},
                          {{"ModelName", "reader"}, {"ModelVersion", "1"}}})));

  // The next one: a model is gone, another's times are not told again.
  beat["Models"] = {{{"ModelName", "detector"}, {"ModelVersion", "8"}}};
  sagemaker_.Good("SendHeartbeat", beat);
  device = sagemaker_.Good("DescribeDevice", Named("one"));
  EXPECT_EQ(device["Models"],
            (Json::array({{{"ModelName", "detector"},
                           {"ModelVersion", "8"},
                           {"LatestSampleTime", 1799999999.0},
                           {"LatestInference", 1800000001.5}}})));
}

TEST_P(DevicesTest, HeartbeatsAreBounded) {
  sagemaker_.Good("RegisterDevices", Devices({"one"}));
  Json beat = Named("one");
  beat["AgentVersion"] = "1.2";
  for (std::size_t i = 0; i <= kDeviceModelCountMax; ++i) {
    beat["Models"].push_back(
        {{"ModelName", "model-" + std::to_string(i)}, {"ModelVersion", "1"}});
  }
  EXPECT_THAT(sagemaker_.Fault("SendHeartbeat", beat),
              HasSubstr("Models has 101 entries, limit 100"));

  beat.erase("Models");
  for (std::size_t i = 0; i <= kMetricCountMax; ++i) {
    beat["AgentMetrics"].push_back({{"Value", 1.0}});
  }
  EXPECT_THAT(sagemaker_.Fault("SendHeartbeat", beat),
              HasSubstr("AgentMetrics has 101 entries"));
}

TEST_P(DevicesTest, DevicesSpeakForThemselvesOnly) {
  sagemaker_.Good("RegisterDevices", Devices({"one", "two"}));
  sagemaker_.principal = {.access_key_id = "AKIADEVICE",
                          .role = Role::kDevice,
                          .name = "north/one"};
  Json beat = Named("one");
  beat["AgentVersion"] = "1.2";

  EXPECT_EQ(sagemaker_.Fault("SendHeartbeat", beat), "none");
  EXPECT_EQ(sagemaker_.Fault("GetDeployments", Named("one")), "none");
  beat["DeviceName"] = "two";
  EXPECT_THAT(sagemaker_.Fault("SendHeartbeat", beat),
              StartsWith("AccessDeniedException: "));
  EXPECT_THAT(sagemaker_.Fault("GetDeployments", Named("two")),
              StartsWith("AccessDeniedException: "));
  EXPECT_THAT(sagemaker_.Fault("DescribeDevice", Named("one")),
              StartsWith("AccessDeniedException: "));
}

TEST_P(DevicesTest, RegistrationSaysWhetherADeviceIsThere) {
  sagemaker_.Good("RegisterDevices", Devices({"one"}));

  EXPECT_EQ(sagemaker_.Good("GetDeviceRegistration", Named("one")),
            (Json{{"DeviceRegistration", "Active"}, {"CacheTTL", "3600"}}));
  EXPECT_EQ(sagemaker_.Good("GetDeviceRegistration", Named("x_y"))
                .at("DeviceRegistration"),
            "Inactive");
}

TEST_P(DevicesTest, ListsFilterAndPage) {
  sagemaker_.Good("CreateDeviceFleet", FleetInput("south"));
  sagemaker_.Good("RegisterDevices", Devices({"c", "a", "b"}));
  sagemaker_.Good("RegisterDevices", {{"DeviceFleetName", "south"},
                                      {"Devices", {Device("a"), Device("z")}}});
  Json beat = Named("b");
  beat["AgentVersion"] = "1";
  beat["Models"] = {{{"ModelName", "detector"}, {"ModelVersion", "7"}}};
  sagemaker_.Good("SendHeartbeat", beat);

  EXPECT_EQ(List(Json::object()), "a b c a z ");
  EXPECT_EQ(List({{"DeviceFleetName", "south"}}), "a z ");
  EXPECT_EQ(List({{"ModelName", "detector"}}), "b ");
  EXPECT_EQ(List({{"LatestHeartbeatAfter", 1800000000}}), "b ");
  EXPECT_EQ(List({{"LatestHeartbeatAfter", 1800000009}}), "");
  EXPECT_THAT(sagemaker_.Fault("ListDevices", {{"DeviceFleetName", "x"}}),
              StartsWith("ValidationException: No device fleet with name x"));
  const Json summary =
      sagemaker_.Good("ListDevices", {{"ModelName", "detector"}})
          .at("DeviceSummaries")
          .at(0);
  EXPECT_EQ(
      summary["Models"],
      (Json::array({{{"ModelName", "detector"}, {"ModelVersion", "7"}}})));
}

TEST_P(DevicesTest, UpdatesReplaceWhatIsSaidOfADevice) {
  Json input = Devices({"one"});
  input["Devices"][0]["Description"] = "old";
  sagemaker_.Good("RegisterDevices", input);
  input["Devices"][0] = {{"DeviceName", "one"}, {"IotThingName", "thing"}};

  sagemaker_.Good("UpdateDevices", input);

  const Json device = sagemaker_.Good("DescribeDevice", Named("one"));
  EXPECT_FALSE(device.contains("Description"));
  EXPECT_EQ(device["IotThingName"], "thing");
}

}  // namespace
}  // namespace skerry::cloud
