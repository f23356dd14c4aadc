#include "skerry/cloud/sagemaker/jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/cloud/sagemaker/sagemaker_test_support.h"

namespace skerry::cloud {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SageMakerJobsTest : public ::testing::TestWithParam<std::string> {
 protected:
  Json Describe(const std::string& name) {
    return sagemaker_.Good("DescribeCompilationJob",
                           {{"CompilationJobName", name}});
  }

  void Compile(const std::string& name) {
    sagemaker_.Good("CreateCompilationJob", CompilationInput(name));
    sagemaker_.Complete(
        JobKind::kCompilation, name,
        {{"ModelArtifacts", {{"S3ModelArtifacts", "s3://models/out/x.tar.gz"}}},
         {"ModelDigests", {{"ArtifactDigest", "blake2:0"}}}});
  }

  std::string List(const char* operation, const char* list, const char* name,
                   const Json& input) {
    std::string names;
    for (const Json& entry : sagemaker_.Pages(operation, list, 1, input)) {
      names += entry.at(name).get<std::string>() + " ";
    }
    return names;
  }

  TestSageMaker sagemaker_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Engines, SageMakerJobsTest,
                         ::testing::Values("sqlite", "postgresql"));

TEST_P(SageMakerJobsTest, AJobIsQueuedAndDescribed) {
  const Json input = CompilationInput("resnet");

  EXPECT_EQ(sagemaker_.Good("CreateCompilationJob", input),
            (Json{{"CompilationJobArn",
                   "arn:aws:sagemaker:eu-north-1:000000000000:"
                   "compilation-job/resnet"}}));

  const Json job = Describe("resnet");
  EXPECT_EQ(job["CompilationJobStatus"], "STARTING");
  EXPECT_EQ(job["FailureReason"], "");
  EXPECT_EQ(job["ModelArtifacts"], (Json{{"S3ModelArtifacts", ""}}));
  EXPECT_EQ(job["InputConfig"], input["InputConfig"]);
  EXPECT_EQ(job["OutputConfig"], input["OutputConfig"]);
  EXPECT_EQ(job["StoppingCondition"], input["StoppingCondition"]);
  EXPECT_FALSE(job.contains("CompilationStartTime"));
}

TEST_P(SageMakerJobsTest, WhatTheWorkerMadeIsShown) {
  Compile("resnet");

  const Json job = Describe("resnet");
  EXPECT_EQ(job["CompilationJobStatus"], "COMPLETED");
  EXPECT_EQ(job["ModelArtifacts"]["S3ModelArtifacts"],
            "s3://models/out/x.tar.gz");
  EXPECT_EQ(job["ModelDigests"]["ArtifactDigest"], "blake2:0");
  EXPECT_TRUE(job.contains("CompilationEndTime"));
}

TEST_P(SageMakerJobsTest, WhyAJobFailedIsShown) {
  sagemaker_.Good("CreateCompilationJob", CompilationInput("resnet"));
  sagemaker_.Fail(JobKind::kCompilation, "resnet",
                  "ClientError: InputConfiguration: no pth file");

  const Json job = Describe("resnet");
  EXPECT_EQ(job["CompilationJobStatus"], "FAILED");
  EXPECT_EQ(job["FailureReason"],
            "ClientError: InputConfiguration: no pth file");
}

TEST_P(SageMakerJobsTest, NamesAreUnique) {
  sagemaker_.Good("CreateCompilationJob", CompilationInput("resnet"));

  EXPECT_EQ(
      sagemaker_.Fault("CreateCompilationJob", CompilationInput("resnet")),
      "ResourceInUse: Compilation job with name resnet already exists.");
}

TEST_P(SageMakerJobsTest, WhatCanBeSeenAtOnceIsRefusedAtOnce) {
  const auto fault = [&](const Json& patch) {
    Json input = CompilationInput("resnet");
    input.merge_patch(patch);
    return sagemaker_.Fault("CreateCompilationJob", input);
  };
  EXPECT_THAT(fault({{"InputConfig", nullptr}}),
              HasSubstr("exactly one of InputConfig and ModelPackage"));
  EXPECT_THAT(fault({{"ModelPackageVersionArn",
                      "arn:aws:sagemaker:eu-north-1:000000000000:"
                      "model-package/g/1"}}),
              HasSubstr("exactly one of InputConfig and ModelPackage"));
  EXPECT_THAT(fault({{"OutputConfig", {{"TargetPlatform", nullptr}}}}),
              HasSubstr("exactly one of TargetDevice and TargetPlatform"));
  EXPECT_THAT(fault({{"OutputConfig", {{"TargetDevice", "rasp4b"}}}}),
              HasSubstr("exactly one of TargetDevice and TargetPlatform"));
  EXPECT_THAT(fault({{"InputConfig", {{"S3Uri", "https://host/key"}}}}),
              HasSubstr("InputConfig.S3Uri 'https://host/key' must be s3://"));
  EXPECT_THAT(fault({{"InputConfig", {{"S3Uri", "s3://bucket"}}}}),
              HasSubstr("must be s3://BUCKET/KEY"));
  EXPECT_THAT(fault({{"OutputConfig", {{"S3OutputLocation", "https://h/k"}}}}),
              HasSubstr("OutputConfig.S3OutputLocation"));
}

TEST_P(SageMakerJobsTest, ARegisteredModelIsCompiled) {
  sagemaker_.Good("CreateModelPackageGroup", {{"ModelPackageGroupName", "g"}});
  const Json arn =
      sagemaker_
          .Good("CreateModelPackage",
                {{"ModelPackageGroupName", "g"},
                 {"InferenceSpecification",
                  {{"Containers",
                    {{{"ModelDataUrl", "s3://models/m.tar.gz"},
                      {"Framework", "PYTORCH"},
                      {"ModelInput",
                       {{"DataInputConfig", R"({"x": [1, 3]})"}}}}}}}}})
          .at("ModelPackageArn");
  Json input = CompilationInput("resnet");
  input.erase("InputConfig");
  input["ModelPackageVersionArn"] = arn;

  sagemaker_.Good("CreateCompilationJob", input);

  const Json job = Describe("resnet");
  EXPECT_EQ(job["ModelPackageVersionArn"], arn);
  EXPECT_EQ(job["InputConfig"],
            (Json{{"S3Uri", "s3://models/m.tar.gz"},
                  {"Framework", "PYTORCH"},
                  {"DataInputConfig", R"({"x": [1, 3]})"}}));
}

TEST_P(SageMakerJobsTest, StopAndDelete) {
  const Json named = {{"CompilationJobName", "resnet"}};
  EXPECT_THAT(sagemaker_.Fault("DescribeCompilationJob", named),
              StartsWith("ResourceNotFound: "));
  EXPECT_THAT(sagemaker_.Fault("StopCompilationJob", named),
              StartsWith("ResourceNotFound: "));
  sagemaker_.Good("CreateCompilationJob", CompilationInput("resnet"));
  EXPECT_THAT(sagemaker_.Fault("DeleteCompilationJob", named),
              HasSubstr("its status is STARTING"));

  sagemaker_.Good("StopCompilationJob", named);

  EXPECT_EQ(Describe("resnet")["CompilationJobStatus"], "STOPPED");
  EXPECT_THAT(sagemaker_.Fault("StopCompilationJob", named),
              HasSubstr("its status is STOPPED"));
  sagemaker_.Good("DeleteCompilationJob", named);
  EXPECT_THAT(sagemaker_.Fault("DescribeCompilationJob", named),
              StartsWith("ResourceNotFound: "));
  sagemaker_.Good("CreateCompilationJob", CompilationInput("resnet"));
}

TEST_P(SageMakerJobsTest, ListsFilterAndSort) {
  Compile("b");
  sagemaker_.Good("CreateCompilationJob", CompilationInput("a"));
  Json device = CompilationInput("c");
  device["OutputConfig"].erase("TargetPlatform");
  device["OutputConfig"]["TargetDevice"] = "rasp4b";
  sagemaker_.Good("CreateCompilationJob", device);
  const auto list = [&](const Json& input) {
    return List("ListCompilationJobs", "CompilationJobSummaries",
                "CompilationJobName", input);
  };

  EXPECT_EQ(list(Json::object()), "b a c ");
  EXPECT_EQ(list({{"SortBy", "Name"}, {"SortOrder", "Descending"}}), "c b a ");
  EXPECT_EQ(list({{"SortBy", "Status"}}), "b a c ");
  EXPECT_EQ(list({{"StatusEquals", "STARTING"}}), "a c ");
  EXPECT_EQ(list({{"NameContains", "b"}}), "b ");
  EXPECT_EQ(list({{"CreationTimeBefore", 1}}), "");
  const Json summary =
      sagemaker_.Good("ListCompilationJobs", {{"NameContains", "c"}})
          .at("CompilationJobSummaries")
          .at(0);
  EXPECT_EQ(summary["CompilationTargetDevice"], "rasp4b");
  EXPECT_FALSE(summary.contains("CompilationTargetPlatformOs"));
}

TEST_P(SageMakerJobsTest, OnlyWhatIsCompiledIsPackaged) {
  EXPECT_THAT(
      sagemaker_.Fault("CreateEdgePackagingJob", PackagingInput("p", "resnet")),
      HasSubstr("Compilation job with name resnet does not exist"));
  sagemaker_.Good("CreateCompilationJob", CompilationInput("resnet"));
  EXPECT_THAT(
      sagemaker_.Fault("CreateEdgePackagingJob", PackagingInput("p", "resnet")),
      HasSubstr("has status STARTING"));
}

TEST_P(SageMakerJobsTest, PackagesAreDescribed) {
  Compile("resnet");
  Json input = PackagingInput("p", "resnet");
  input["ResourceKey"] = "key-1";
  EXPECT_TRUE(sagemaker_.Good("CreateEdgePackagingJob", input).is_null());
  sagemaker_.Complete(JobKind::kPackaging, "p",
                      {{"ModelArtifact", "s3://models/packages/p.tar.gz"},
                       {"ModelSignature", "c2ln"}});

  const Json job = sagemaker_.Good("DescribeEdgePackagingJob",
                                   {{"EdgePackagingJobName", "p"}});

  EXPECT_EQ(job["EdgePackagingJobStatus"], "COMPLETED");
  EXPECT_EQ(job["ModelArtifact"], "s3://models/packages/p.tar.gz");
  EXPECT_EQ(job["ModelSignature"], "c2ln");
  EXPECT_EQ(job["ResourceKey"], "key-1");
  EXPECT_EQ(job["ModelVersion"], "1.0");
  EXPECT_FALSE(job.contains("ModelArtifacts"));
}

TEST_P(SageMakerJobsTest, PackagingJobsAreListed) {
  Compile("resnet");
  Json other = PackagingInput("q", "resnet");
  other["ModelName"] = "aardvark";
  sagemaker_.Good("CreateEdgePackagingJob", PackagingInput("p", "resnet"));
  sagemaker_.Good("CreateEdgePackagingJob", other);
  const auto list = [&](const Json& input) {
    return List("ListEdgePackagingJobs", "EdgePackagingJobSummaries",
                "EdgePackagingJobName", input);
  };

  EXPECT_EQ(list({{"SortBy", "NAME"}}), "p q ");
  EXPECT_EQ(list({{"SortBy", "MODEL_NAME"}}), "q p ");
  EXPECT_EQ(list({{"ModelNameContains", "vark"}}), "q ");
  sagemaker_.Good("StopEdgePackagingJob", {{"EdgePackagingJobName", "p"}});
  EXPECT_EQ(list({{"StatusEquals", "STOPPED"}}), "p ");
}

}  // namespace
}  // namespace skerry::cloud
