#include "skerry/cloud/sagemaker/sagemaker_test_support.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "skerry/cloud/sagemaker/migrations.h"

namespace skerry::cloud {

TestSageMaker::TestSageMaker(const std::string& engine)
    : place_(engine), database_(place_.Open()), jobs_(*database_) {
  for (const auto migrations :
       {IdentityMigrations(), JobMigrations(), SageMakerMigrations()}) {
    const Result<void> done = database_->Migrate(migrations);
    EXPECT_TRUE(done) << done.error().message();
  }
}

ApiResult<Json> TestSageMaker::Run(std::string_view operation,
                                   const Json& input) {
  const Operation* found = FindOperation(operation);
  if (found == nullptr) {
    ADD_FAILURE() << "no operation " << operation;
    return Json();
  }
  const Call call = {.records = {*database_, jobs_},
                     .principal = principal,
                     .region = "eu-north-1",
                     .peer = "10.0.0.7:4000",
                     .service = found->service,
                     .operation = found->name,
                     .now = now_,
                     .input = input};
  return RunOperation(*found, call);
}

Json TestSageMaker::Good(std::string_view operation, const Json& input) {
  ApiResult<Json> output = Run(operation, input);
  if (output) return *std::move(output);
  ADD_FAILURE() << operation << " " << input << "\n"
                << output.error().code << ": " << output.error().message;
  return {};
}

std::string TestSageMaker::Fault(std::string_view operation,
                                 const Json& input) {
  const ApiResult<Json> output = Run(operation, input);
  return output ? "none" : output.error().code + ": " + output.error().message;
}

std::vector<Json> TestSageMaker::Pages(std::string_view operation,
                                       std::string_view member, int size,
                                       Json input) {
  std::vector<Json> entries;
  input["MaxResults"] = size;
  for (int page = 0; page < 1000; ++page) {
    const Json output = Good(operation, input);
    if (!output.is_object()) break;
    const Json list = output.value(std::string(member), Json::array());
    EXPECT_LE(list.size(), static_cast<std::size_t>(size));
    entries.insert(entries.end(), list.begin(), list.end());
    if (!output.contains("NextToken")) return entries;
    input["NextToken"] = output["NextToken"];
  }
  ADD_FAILURE() << operation << ": the pages have no end";
  return entries;
}

void TestSageMaker::Complete(JobKind kind, const std::string& name,
                             const Json& result) {
  const auto leased = jobs_.Lease("tester", std::chrono::seconds(60), kind);
  ASSERT_TRUE(leased && *leased);
  ASSERT_EQ((*leased)->job.name, name);
  ASSERT_TRUE(jobs_.Complete(**leased, result.dump()));
}

void TestSageMaker::Fail(JobKind kind, const std::string& name,
                         const std::string& reason) {
  const auto leased = jobs_.Lease("tester", std::chrono::seconds(60), kind);
  ASSERT_TRUE(leased && *leased);
  ASSERT_EQ((*leased)->job.name, name);
  ASSERT_TRUE(jobs_.Fail(**leased, reason));
}

Json FleetInput(const std::string& name) {
  return {{"DeviceFleetName", name},
          {"OutputConfig", {{"S3OutputLocation", "s3://captures/" + name}}}};
}

Json CompilationInput(const std::string& name) {
  return {{"CompilationJobName", name},
          {"RoleArn", "arn:aws:iam::000000000000:role/compiler"},
          {"InputConfig",
           {{"S3Uri", "s3://models/" + name + ".tar.gz"},
            {"Framework", "PYTORCH"},
            {"DataInputConfig", R"({"input": [1, 3, 224, 224]})"}}},
          {"OutputConfig",
           {{"S3OutputLocation", "s3://models/out"},
            {"TargetPlatform", {{"Os", "LINUX"}, {"Arch", "X86_64"}}}}},
          {"StoppingCondition", {{"MaxRuntimeInSeconds", 300}}}};
}

Json PackagingInput(const std::string& name, const std::string& compilation) {
  return {{"EdgePackagingJobName", name},
          {"CompilationJobName", compilation},
          {"ModelName", "detector"},
          {"ModelVersion", "1.0"},
          {"RoleArn", "arn:aws:iam::000000000000:role/packager"},
          {"OutputConfig", {{"S3OutputLocation", "s3://models/packages"}}}};
}

}  // namespace skerry::cloud
