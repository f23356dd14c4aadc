#include "skerry/cloud/sagemaker/model_packages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/cloud/sagemaker/sagemaker_test_support.h"

namespace skerry::cloud {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kArn = "arn:aws:sagemaker:eu-north-1:000000000000:";
const Json kGroup = {{"ModelPackageGroupName", "group"}};

Json Specification(const std::string& url) {
  return {{"Containers", {{{"Image", "image"}, {"ModelDataUrl", url}}}}};
}

class RegistryTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { sagemaker_.Good("CreateModelPackageGroup", kGroup); }

  std::string Create(const Json& more = Json::object()) {
    Json input = kGroup;
    input["InferenceSpecification"] = Specification("s3://models/m.tar.gz");
    input.update(more);
    return sagemaker_.Good("CreateModelPackage", input)
        .at("ModelPackageArn")
        .get<std::string>();
  }

  Json Describe(const std::string& name) {
    return sagemaker_.Good("DescribeModelPackage",
                           {{"ModelPackageName", name}});
  }

  TestSageMaker sagemaker_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, RegistryTest,
                         ::testing::Values("sqlite", "postgresql"));

TEST_P(RegistryTest, AGroupIsDescribedByNameAndArn) {
  const std::string arn = std::string(kArn) + "model-package-group/group";
  const Json group = sagemaker_.Good("DescribeModelPackageGroup", kGroup);

  EXPECT_EQ(group["ModelPackageGroupArn"], arn);
  EXPECT_EQ(group["ModelPackageGroupStatus"], "Completed");
  EXPECT_EQ(group["CreatedBy"]["IamIdentity"]["PrincipalId"], "AKIATEST");
  EXPECT_EQ(sagemaker_.Good("DescribeModelPackageGroup",
                            {{"ModelPackageGroupName", arn}}),
            group);
}

TEST_P(RegistryTest, MissingOnesAreNamedAsToolsExpect) {
  const Json named = {{"ModelPackageGroupName", "x"}};
  EXPECT_THAT(sagemaker_.Fault("DescribeModelPackageGroup", named),
              HasSubstr("model-package-group/x does not exist"));
  EXPECT_THAT(
      sagemaker_.Fault("GetModelPackageGroupPolicy", named),
      StartsWith("ValidationException: Cannot find Model Package Group"));
  EXPECT_THAT(sagemaker_.Fault("GetModelPackageGroupPolicy", kGroup),
              StartsWith("ValidationException: Cannot find resource policy"));
  EXPECT_THAT(sagemaker_.Fault("DeleteModelPackageGroupPolicy", kGroup),
              StartsWith("ValidationException: Cannot find resource policy"));
  EXPECT_THAT(
      sagemaker_.Fault("DescribeModelPackage", {{"ModelPackageName", "x"}}),
      StartsWith("ValidationException: ModelPackage x does not exist"));
}

TEST_P(RegistryTest, VersionsAreNumbered) {
  EXPECT_EQ(Create(), std::string(kArn) + "model-package/group/1");
  EXPECT_EQ(Create(), std::string(kArn) + "model-package/group/2");
  sagemaker_.Good("DeleteModelPackage", {{"ModelPackageName", "group/2"}});

  EXPECT_EQ(Create(), std::string(kArn) + "model-package/group/3");
  const Json package = Describe(std::string(kArn) + "model-package/group/3");
  EXPECT_EQ(package["ModelPackageGroupName"], "group");
  EXPECT_EQ(package["ModelPackageVersion"], 3);
  EXPECT_EQ(package["ModelPackageStatus"], "Completed");
  EXPECT_EQ(package["ModelApprovalStatus"], "PendingManualApproval");
  EXPECT_EQ(package["InferenceSpecification"],
            Specification("s3://models/m.tar.gz"));
}

TEST_P(RegistryTest, APackageHasANameOrAGroup) {
  EXPECT_THAT(sagemaker_.Fault("CreateModelPackage", Json::object()),
              HasSubstr("exactly one of ModelPackageName and"));
  EXPECT_THAT(sagemaker_.Fault("CreateModelPackage",
                               {{"ModelPackageGroupName", "group"},
                                {"ModelPackageName", "name"}}),
              HasSubstr("exactly one of ModelPackageName and"));
  EXPECT_THAT(
      sagemaker_.Fault("CreateModelPackage", {{"ModelPackageGroupName", "x"}}),
      HasSubstr("does not exist"));
  sagemaker_.Good("CreateModelPackage", {{"ModelPackageName", "name"}});
  EXPECT_THAT(
      sagemaker_.Fault("CreateModelPackage", {{"ModelPackageName", "name"}}),
      StartsWith("ConflictException: "));
  EXPECT_FALSE(Describe("name").contains("ModelPackageVersion"));
}

TEST_P(RegistryTest, AClientTokenMakesOnePackage) {
  const Json token = {{"ClientToken", "token-1"}};

  EXPECT_EQ(Create(token), Create(token));
  EXPECT_NE(Create({{"ClientToken", "token-2"}}), Create(token));
}

TEST_P(RegistryTest, ApprovalIsUpdated) {
  const std::string arn = Create();
  sagemaker_.Later(1'000'000);
  sagemaker_.Good("UpdateModelPackage", {{"ModelPackageArn", arn},
                                         {"ModelApprovalStatus", "Approved"},
                                         {"ApprovalDescription", "seen"}});

  const Json package = Describe(arn);
  EXPECT_EQ(package["ModelApprovalStatus"], "Approved");
  EXPECT_EQ(package["ApprovalDescription"], "seen");
  EXPECT_EQ(package["LastModifiedTime"], 1800000001.123);
  EXPECT_EQ(package["LastModifiedBy"]["IamIdentity"]["PrincipalId"],
            "AKIATEST");
}

TEST_P(RegistryTest, ContentStaysAsItIs) {
  const std::string arn = Create();

  EXPECT_THAT(
      sagemaker_.Fault("UpdateModelPackage",
                       {{"ModelPackageArn", arn},
                        {"InferenceSpecification", Specification("s3://o/o")}}),
      StartsWith("ConflictException: InferenceSpecification of"));
  EXPECT_EQ(Describe(arn)["InferenceSpecification"],
            Specification("s3://models/m.tar.gz"));
}

TEST_P(RegistryTest, PropertiesComeAndGo) {
  const std::string arn =
      Create({{"CustomerMetadataProperties", {{"a", "1"}, {"b", "2"}}}});
  sagemaker_.Good("UpdateModelPackage",
                  {{"ModelPackageArn", arn},
                   {"CustomerMetadataProperties", {{"b", "3"}, {"c", "4"}}},
                   {"CustomerMetadataPropertiesToRemove", {"a"}}});

  EXPECT_EQ(Describe(arn)["CustomerMetadataProperties"],
            (Json{{"b", "3"}, {"c", "4"}}));
}

TEST_P(RegistryTest, SpecificationsAreAdded) {
  const std::string arn = Create();
  Json added = Specification("s3://o/o");
  added["Name"] = "int8";
  const Json input = {{"ModelPackageArn", arn},
                      {"AdditionalInferenceSpecificationsToAdd", {added}}};
  sagemaker_.Good("UpdateModelPackage", input);

  EXPECT_EQ(Describe(arn)["AdditionalInferenceSpecifications"],
            Json::array({added}));
  EXPECT_THAT(sagemaker_.Fault("UpdateModelPackage", input),
              StartsWith("ConflictException: "));
}

TEST_P(RegistryTest, AGroupWithPackagesStays) {
  const std::string arn = Create();
  EXPECT_THAT(sagemaker_.Fault("DeleteModelPackageGroup", kGroup),
              StartsWith("ConflictException: "));

  sagemaker_.Good("DeleteModelPackage", {{"ModelPackageName", arn}});
  sagemaker_.Good("DeleteModelPackageGroup", kGroup);

  EXPECT_THAT(sagemaker_.Fault("DeleteModelPackageGroup", kGroup),
              HasSubstr("does not exist"));
}

TEST_P(RegistryTest, PoliciesArePutAndGone) {
  const std::string policy = R"({"Version":"2012-10-17"})";
  Json input = kGroup;
  input["ResourcePolicy"] = "{";
  EXPECT_THAT(sagemaker_.Fault("PutModelPackageGroupPolicy", input),
              HasSubstr("must be a JSON object"));
  input["ResourcePolicy"] = policy;
  sagemaker_.Good("PutModelPackageGroupPolicy", input);

  EXPECT_EQ(sagemaker_.Good("GetModelPackageGroupPolicy", kGroup),
            (Json{{"ResourcePolicy", policy}}));
  sagemaker_.Good("DeleteModelPackageGroupPolicy", kGroup);
  EXPECT_THAT(sagemaker_.Fault("GetModelPackageGroupPolicy", kGroup),
              HasSubstr("Cannot find resource policy"));
}

TEST_P(RegistryTest, ListsFilterAndPage) {
  for (int i = 0; i < 3; ++i) Create();
  sagemaker_.Good("CreateModelPackage", {{"ModelPackageName", "lone"}});
  sagemaker_.Good(
      "UpdateModelPackage",
      {{"ModelPackageArn", std::string(kArn) + "model-package/group/2"},
       {"ModelApprovalStatus", "Approved"}});
  const auto count = [&](const Json& input) {
    return sagemaker_
        .Pages("ListModelPackages", "ModelPackageSummaryList", 2, input)
        .size();
  };

  EXPECT_EQ(count(kGroup), 3U);
  EXPECT_EQ(count(Json::object()), 1U);
  EXPECT_EQ(count({{"ModelPackageType", "Both"}}), 4U);
  EXPECT_EQ(count({{"ModelPackageType", "Versioned"},
                   {"ModelApprovalStatus", "Approved"}}),
            1U);
  EXPECT_EQ(count({{"ModelPackageType", "Both"}, {"NameContains", "lo"}}), 1U);
  EXPECT_EQ(sagemaker_
                .Pages("ListModelPackageGroups", "ModelPackageGroupSummaryList",
                       1, {{"CrossAccountFilterOption", "SameAccount"}})
                .size(),
            1U);
}

TEST_P(RegistryTest, ManyAreDescribedAtOnce) {
  const std::string arn = Create();
  const std::string absent = std::string(kArn) + "model-package/group/9";

  const Json output = sagemaker_.Good("BatchDescribeModelPackage",
                                      {{"ModelPackageArnList", {arn, absent}}});

  EXPECT_EQ(output["ModelPackageSummaries"][arn]["ModelPackageVersion"], 1);
  EXPECT_EQ(output["BatchDescribeModelPackageErrorMap"][absent]["ErrorCode"],
            "ValidationException");
}

TEST_P(RegistryTest, TagsAreAddedListedAndDeleted) {
  const std::string arn = Create({{"Tags", {{{"Key", "a"}, {"Value", "1"}}}}});
  const Json named = {{"ResourceArn", arn}};
  Json input = named;
  input["Tags"] = {{{"Key", "b"}, {"Value", "2"}},
                   {{"Key", "a"}, {"Value", "3"}}};

  EXPECT_EQ(sagemaker_.Good("AddTags", input)["Tags"].size(), 2U);
  EXPECT_EQ(sagemaker_.Good("ListTags", named)["Tags"],
            (Json::array({{{"Key", "a"}, {"Value", "3"}},
                          {{"Key", "b"}, {"Value", "2"}}})));
  Json keys = named;
  keys["TagKeys"] = {"a"};
  sagemaker_.Good("DeleteTags", keys);
  EXPECT_EQ(sagemaker_.Good("ListTags", named)["Tags"].size(), 1U);

  input["Tags"] = {{{"Key", "aws:x"}, {"Value", ""}}};
  EXPECT_THAT(sagemaker_.Fault("AddTags", input), HasSubstr("reserved"));
  input["Tags"] = {{{"Key", "x"}, {"Value", ""}},
                   {{"Key", "x"}, {"Value", ""}}};
  EXPECT_THAT(sagemaker_.Fault("AddTags", input), HasSubstr("given twice"));
  input["Tags"] = Json::array();
  for (int i = 0; i < 50; ++i) {
    input["Tags"].push_back({{"Key", "k" + std::to_string(i)}, {"Value", ""}});
  }
  EXPECT_THAT(sagemaker_.Fault("AddTags", input),
              StartsWith("ResourceLimitExceeded: "));
  input["ResourceArn"] = arn + "9";
  EXPECT_THAT(sagemaker_.Fault("AddTags", input),
              StartsWith("ResourceNotFound: "));
}

}  // namespace
}  // namespace skerry::cloud
