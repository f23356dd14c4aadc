#include <gtest/gtest.h>

#include <array>

#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {
namespace {

constexpr std::array kRoles = {Role::kAdmin, Role::kDeployer, Role::kViewer,
                               Role::kDevice, Role::kWorker};

// Who may do it, as the letters of the roles: a d v D w.
std::string WhoMay(std::string_view action, std::string_view resource = "r") {
  constexpr std::string_view kLetters = "advDw";
  std::string letters;
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (Allows({"AKIA", kRoles[i], "fleet/device"}, action, resource)) {
      letters += kLetters[i];
    }
  }
  return letters;
}

TEST(AllowsTest, EachRoleMayWhatItIsFor) {
  EXPECT_EQ(WhoMay("skerry:keys:Add"), "a");
  EXPECT_EQ(WhoMay("skerry:keys:List"), "a");
  EXPECT_EQ(WhoMay("skerry:audit:Read"), "a");
  EXPECT_EQ(WhoMay("sagemaker:CreateCompilationJob"), "ad");
  EXPECT_EQ(WhoMay("sagemaker:DeleteDeviceFleet"), "ad");
  EXPECT_EQ(WhoMay("sagemaker:DescribeDevice"), "adv");
  EXPECT_EQ(WhoMay("sagemaker:ListDevices"), "adv");
  EXPECT_EQ(WhoMay("s3:PutObject"), "adw");
  EXPECT_EQ(WhoMay("s3:DeleteObject"), "ad");
  EXPECT_EQ(WhoMay("s3:GetObject"), "advDw");
  EXPECT_EQ(WhoMay("s3:ListBucket"), "advw");
  EXPECT_EQ(WhoMay("s3:CreateBucket"), "ad");
  EXPECT_EQ(WhoMay("skerry:jobs:Lease"), "adw");
  EXPECT_EQ(WhoMay("sts:GetCallerIdentity"), "advDw");
  EXPECT_EQ(WhoMay(""), "ad");
}

TEST(AllowsTest, ADeviceSpeaksForItselfOnly) {
  const std::string_view heartbeat = "sagemaker-edge:SendHeartbeat";

  EXPECT_EQ(WhoMay(heartbeat, "fleet/device"), "adD");
  EXPECT_EQ(WhoMay(heartbeat, "fleet/other"), "ad");
  EXPECT_EQ(WhoMay(heartbeat, "fleet/device2"), "ad");
  EXPECT_EQ(WhoMay(heartbeat, ""), "ad");
  EXPECT_FALSE(Allows({"AKIA", Role::kDevice, ""}, heartbeat, ""));
}

}  // namespace
}  // namespace skerry::cloud
