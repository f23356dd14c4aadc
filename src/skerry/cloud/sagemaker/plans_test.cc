#include "skerry/cloud/sagemaker/plans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "skerry/cloud/sagemaker/sagemaker_test_support.h"
#include "skerry/cloud/sagemaker/stages.h"

namespace skerry::cloud {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Json Selected(const std::string& stage,
              std::initializer_list<const char*> names) {
  return {{"StageName", stage},
          {"DeviceSelectionConfig",
           {{"DeviceSubsetType", "SELECTION"}, {"DeviceNames", names}}}};
}

Json Share(const std::string& stage, int percentage) {
  return {{"StageName", stage},
          {"DeviceSelectionConfig",
           {{"DeviceSubsetType", "PERCENTAGE"}, {"Percentage", percentage}}}};
}

Json InStage(const std::string& stage) {
  return {{"EdgeDeploymentPlanName", "plan"}, {"StageName", stage}};
}

const Json kPlan = {{"EdgeDeploymentPlanName", "plan"}};

class PlansTest : public ::testing::TestWithParam<std::string> {
 protected:
  // A fleet of five devices, and a package for them.
  void SetUp() override {
    sagemaker_.Good("CreateDeviceFleet", FleetInput("north"));
    Json devices = Json::array();
    for (const char* name : {"d1", "d2", "d3", "x4", "x5"}) {
      devices.push_back({{"DeviceName", name}});
    }
    sagemaker_.Good("RegisterDevices",
                    {{"DeviceFleetName", "north"}, {"Devices", devices}});
    sagemaker_.Good("CreateCompilationJob", CompilationInput("resnet"));
    sagemaker_.Complete(JobKind::kCompilation, "resnet", Json::object());
    sagemaker_.Good("CreateEdgePackagingJob", PackagingInput("pack", "resnet"));
  }

  void Package(const Json& more = Json::object()) {
    Json result = {{"ModelArtifact", "s3://models/p.tar.gz"}};
    result.update(more);
    sagemaker_.Complete(JobKind::kPackaging, "pack", result);
  }

  void CreatePlan(const std::vector<Json>& stages) {
    sagemaker_.Good(
        "CreateEdgeDeploymentPlan",
        {{"EdgeDeploymentPlanName", "plan"},
         {"DeviceFleetName", "north"},
         {"ModelConfigs",
          {{{"ModelHandle", "detector"}, {"EdgePackagingJobName", "pack"}}}},
         {"Stages", stages}});
  }

  Json StageStatus(std::size_t index) {
    return sagemaker_.Good("DescribeEdgeDeploymentPlan", kPlan)
        .at("Stages")
        .at(index)
        .at("DeploymentStatus");
  }

  // "d1:INPROGRESS d2:DEPLOYED "
  std::string Devices(Json input) {
    std::string devices;
    for (const Json& entry : sagemaker_.Pages(
             "ListStageDevices", "DeviceDeploymentSummaries", 2, input)) {
      devices += entry.at("DeviceName").get<std::string>() + ":" +
                 entry.at("DeviceDeploymentStatus").get<std::string>() + " ";
    }
    return devices;
  }

  Json Deployments(const std::string& device) {
    return sagemaker_
        .Good("GetDeployments",
              {{"DeviceFleetName", "north"}, {"DeviceName", device}})
        .at("Deployments");
  }

  void Report(const std::string& device, const Json& name,
              const std::string& status) {
    sagemaker_.Good("SendHeartbeat",
                    {{"DeviceFleetName", "north"},
                     {"DeviceName", device},
                     {"AgentVersion", "1"},
                     {"DeploymentResult",
                      {{"DeploymentName", name},
                       {"DeploymentStatus", status},
                       {"DeploymentStatusMessage", "as told"}}}});
  }

  TestSageMaker sagemaker_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, PlansTest,
                         ::testing::Values("sqlite", "postgresql"));

TEST_P(PlansTest, APlanIsDescribed) {
  CreatePlan({Selected("one", {"d1", "x4"}), Share("rest", 50)});

  const Json plan = sagemaker_.Good("DescribeEdgeDeploymentPlan", kPlan);

  EXPECT_EQ(plan["EdgeDeploymentPlanArn"],
            "arn:aws:sagemaker:eu-north-1:000000000000:edge-deployment/plan");
  EXPECT_EQ(plan["DeviceFleetName"], "north");
  EXPECT_EQ(plan["EdgeDeploymentPending"], 5);
  ASSERT_EQ(plan["Stages"].size(), 2U);
  EXPECT_EQ(plan["Stages"][0]["StageName"], "one");
  EXPECT_EQ(plan["Stages"][0]["DeploymentConfig"]["FailureHandlingPolicy"],
            "ROLLBACK_ON_FAILURE");
  EXPECT_EQ(plan["Stages"][0]["DeploymentStatus"],
            (Json{{"StageStatus", "READYTODEPLOY"},
                  {"EdgeDeploymentSuccessInStage", 0},
                  {"EdgeDeploymentPendingInStage", 2},
                  {"EdgeDeploymentFailedInStage", 0}}));
}

TEST_P(PlansTest, StagesSelectDevices) {
  CreatePlan({Selected("named", {"x4", "d2"}),
              Share("share", 41),
              {{"StageName", "like"},
               {"DeviceSelectionConfig",
                {{"DeviceSubsetType", "NAMECONTAINS"},
                 {"DeviceNameContains", "x"}}}}});

  EXPECT_EQ(Devices(InStage("named")), "d2:READYTODEPLOY x4:READYTODEPLOY ");
  // 41 % of 5, rounded up: first those that no other stage has.
  EXPECT_EQ(Devices(InStage("share")),
            "d1:READYTODEPLOY d3:READYTODEPLOY x5:READYTODEPLOY ");
  EXPECT_EQ(Devices(InStage("like")), "x4:READYTODEPLOY x5:READYTODEPLOY ");
}

TEST_P(PlansTest, BadPlansAreRefused) {
  const auto fault = [&](const Json& patch) {
    Json input = {
        {"EdgeDeploymentPlanName", "plan"},
        {"DeviceFleetName", "north"},
        {"ModelConfigs",
         {{{"ModelHandle", "detector"}, {"EdgePackagingJobName", "pack"}}}}};
    input.merge_patch(patch);
    return sagemaker_.Fault("CreateEdgeDeploymentPlan", input);
  };
  EXPECT_THAT(fault({{"DeviceFleetName", "x"}}),
              StartsWith("ValidationException: No device fleet with name x"));
  EXPECT_THAT(
      fault({{"ModelConfigs",
              {{{"ModelHandle", "m"}, {"EdgePackagingJobName", "x"}}}}}),
      HasSubstr("Edge packaging job with name x does not exist"));
  EXPECT_THAT(fault({{"Stages", Json::array({Selected("s", {"nobody"})})}}),
              HasSubstr("No device with name nobody"));
  EXPECT_THAT(
      fault({{"Stages",
              Json::array({{{"StageName", "s"},
                            {"DeviceSelectionConfig",
                             {{"DeviceSubsetType", "PERCENTAGE"}}}}})}}),
      HasSubstr("of type PERCENTAGE needs Percentage"));
  Json stages = Json::array();
  for (std::size_t i = 0; i <= kStageCountMax; ++i) {
    stages.push_back(Share("s" + std::to_string(i), 1));
  }
  EXPECT_THAT(fault({{"Stages", stages}}),
              StartsWith("ResourceLimitExceeded: "));
  EXPECT_THAT(fault({{"Stages", {Share("s", 1), Share("s", 2)}}}),
              StartsWith("ResourceInUse: Stage with name s"));
  EXPECT_EQ(fault(Json::object()), "none");
  EXPECT_THAT(fault(Json::object()), StartsWith("ResourceInUse: "));
}

TEST_P(PlansTest, OnlyWhatIsPackagedIsDeployed) {
  CreatePlan({Share("all", 100)});

  EXPECT_THAT(
      sagemaker_.Fault("StartEdgeDeploymentStage", InStage("all")),
      HasSubstr("Edge packaging job with name pack has status STARTING"));
  EXPECT_EQ(StageStatus(0)["StageStatus"], "READYTODEPLOY");
}

TEST_P(PlansTest, DevicesOfAStartedStageGetItsDefinitions) {
  Package();
  CreatePlan({Selected("one", {"d1", "d2"})});
  EXPECT_EQ(Deployments("d1"), Json::array());

  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));

  const Json deployments = Deployments("d1");
  ASSERT_EQ(deployments.size(), 1U);
  EXPECT_EQ(deployments[0]["Type"], "Model");
  EXPECT_EQ(deployments[0]["FailureHandlingPolicy"], "ROLLBACK_ON_FAILURE");
  EXPECT_EQ(deployments[0]["Definitions"],
            (Json::array({{{"ModelHandle", "detector"},
                           {"S3Url", "s3://models/p.tar.gz"},
                           {"State", "DEPLOY"}}})));
  EXPECT_LE(deployments[0]["DeploymentName"].get<std::string>().size(), 63U);
  EXPECT_EQ(Deployments("d3"), Json::array());
  EXPECT_EQ(StageStatus(0)["StageStatus"], "INPROGRESS");
}

TEST_P(PlansTest, ADefinitionHasThePackagesChecksum) {
  const std::string sum(40, 'a');
  Package({{"Sha1", sum}});
  CreatePlan({Selected("one", {"d1"})});

  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));

  EXPECT_EQ(Deployments("d1").at(0).at("Definitions").at(0).at("Checksum"),
            (Json{{"Type", "SHA1"}, {"Sum", sum}}));
  EXPECT_FALSE(
      sagemaker_
          .Good("DescribeEdgePackagingJob", {{"EdgePackagingJobName", "pack"}})
          .contains("Sha1"));
}

TEST_P(PlansTest, ResultsEndAStage) {
  Package();
  CreatePlan({Selected("one", {"d1", "d2"})});
  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));
  const Json name = Deployments("d1").at(0).at("DeploymentName");

  Report("d1", name, "SUCCESS");
  EXPECT_EQ(Devices(InStage("one")), "d1:DEPLOYED d2:INPROGRESS ");
  EXPECT_EQ(StageStatus(0)["StageStatus"], "INPROGRESS");
  EXPECT_EQ(Deployments("d1"), Json::array());
  Report("d3", name, "SUCCESS");  // is not of the stage
  Report("d2", "d-unknown", "SUCCESS");
  EXPECT_EQ(StageStatus(0)["StageStatus"], "INPROGRESS");
  Report("d2", name, "SUCCESS");

  EXPECT_EQ(StageStatus(0)["StageStatus"], "DEPLOYED");
  EXPECT_EQ(StageStatus(0)["EdgeDeploymentSuccessInStage"], 2);
  EXPECT_THAT(sagemaker_.Fault("StartEdgeDeploymentStage", InStage("one")),
              HasSubstr("its status is DEPLOYED"));
}

TEST_P(PlansTest, AFailureFailsTheStageWhichMayStartAgain) {
  Package();
  CreatePlan({Selected("one", {"d1", "d2"})});
  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));
  const Json name = Deployments("d1").at(0).at("DeploymentName");
  Report("d1", name, "FAIL");
  Report("d2", name, "SUCCESS");

  EXPECT_EQ(StageStatus(0)["StageStatus"], "FAILED");
  EXPECT_EQ(sagemaker_.Good("ListStageDevices", InStage("one"))
                .at("DeviceDeploymentSummaries")
                .at(0)
                .at("DeviceDeploymentStatusMessage"),
            "as told");
  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));
  EXPECT_NE(Deployments("d1").at(0).at("DeploymentName"), name);
}

TEST_P(PlansTest, StopEndsWhatIsUnderWay) {
  Package();
  CreatePlan({Selected("one", {"d1", "d2"})});
  EXPECT_THAT(sagemaker_.Fault("StopEdgeDeploymentStage", InStage("one")),
              HasSubstr("its status is READYTODEPLOY"));
  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));
  EXPECT_THAT(sagemaker_.Fault("DeleteEdgeDeploymentStage", InStage("one")),
              StartsWith("ResourceInUse: "));
  EXPECT_THAT(sagemaker_.Fault("DeleteEdgeDeploymentPlan", kPlan),
              StartsWith("ResourceInUse: "));

  sagemaker_.Good("StopEdgeDeploymentStage", InStage("one"));

  EXPECT_EQ(Devices(InStage("one")), "d1:STOPPED d2:STOPPED ");
  EXPECT_EQ(Deployments("d1"), Json::array());
  sagemaker_.Good("DeleteEdgeDeploymentStage", InStage("one"));
  EXPECT_THAT(sagemaker_.Fault("ListStageDevices", InStage("one")),
              StartsWith("ResourceNotFound: "));
  sagemaker_.Good("DeleteEdgeDeploymentPlan", kPlan);
  EXPECT_THAT(sagemaker_.Fault("DescribeEdgeDeploymentPlan", kPlan),
              StartsWith("ResourceNotFound: "));
  sagemaker_.Good("DeregisterDevices",
                  {{"DeviceFleetName", "north"},
                   {"DeviceNames", {"d1", "d2", "d3", "x4", "x5"}}});
  sagemaker_.Good("DeleteDeviceFleet", {{"DeviceFleetName", "north"}});
}

TEST_P(PlansTest, ADeregisteredDeviceHoldsNothingUp) {
  Package();
  CreatePlan({Selected("one", {"d1", "d2"})});
  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));
  Report("d1", Deployments("d1").at(0).at("DeploymentName"), "SUCCESS");

  sagemaker_.Good("DeregisterDevices",
                  {{"DeviceFleetName", "north"}, {"DeviceNames", {"d2"}}});

  EXPECT_EQ(StageStatus(0)["StageStatus"], "DEPLOYED");
}

TEST_P(PlansTest, DevicesOfOtherStagesAreLeftOut) {
  Package();
  CreatePlan({Selected("one", {"d1"}), Selected("two", {"d1", "d2"})});
  sagemaker_.Good("StartEdgeDeploymentStage", InStage("one"));
  Report("d1", Deployments("d1").at(0).at("DeploymentName"), "SUCCESS");
  Json input = InStage("two");

  EXPECT_EQ(Devices(input), "d1:READYTODEPLOY d2:READYTODEPLOY ");
  input["ExcludeDevicesDeployedInOtherStage"] = true;
  EXPECT_EQ(Devices(input), "d2:READYTODEPLOY ");
}

TEST_P(PlansTest, StagesAreAddedLater) {
  CreatePlan({Share("one", 10)});
  sagemaker_.Good("CreateEdgeDeploymentStage",
                  {{"EdgeDeploymentPlanName", "plan"},
                   {"Stages", Json::array({Share("a-later", 10)})}});

  const std::vector<Json> stages =
      sagemaker_.Pages("DescribeEdgeDeploymentPlan", "Stages", 1, kPlan);

  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0]["StageName"], "one");
  EXPECT_EQ(stages[1]["StageName"], "a-later");
  EXPECT_THAT(sagemaker_.Fault("CreateEdgeDeploymentStage",
                               {{"EdgeDeploymentPlanName", "x"},
                                {"Stages", Json::array({Share("s", 10)})}}),
              StartsWith("ResourceNotFound: "));
}

TEST_P(PlansTest, PlansAreListed) {
  CreatePlan({Share("one", 40)});
  const Json list = sagemaker_.Good(
      "ListEdgeDeploymentPlans",
      {{"SortBy", "DEVICE_FLEET_NAME"}, {"DeviceFleetNameContains", "nor"}});

  ASSERT_EQ(list["EdgeDeploymentPlanSummaries"].size(), 1U);
  EXPECT_EQ(list["EdgeDeploymentPlanSummaries"][0]["EdgeDeploymentPending"], 2);
  EXPECT_EQ(sagemaker_
                .Good("ListEdgeDeploymentPlans",
                      {{"DeviceFleetNameContains", "south"}})
                .at("EdgeDeploymentPlanSummaries"),
            Json::array());
}

}  // namespace
}  // namespace skerry::cloud
