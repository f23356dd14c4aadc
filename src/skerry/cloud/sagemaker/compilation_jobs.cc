#include "skerry/cloud/sagemaker/compilation_jobs.h"

#include <utility>

#include "skerry/cloud/sagemaker/jobs.h"
#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/model_packages.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

constexpr auto kKind = JobKind::kCompilation;

// FailureReason of Describe holds so many bytes.
constexpr std::size_t kReasonBytesMax = 1024;

bool HasMember(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && !found->is_null();
}

ApiResult<void> CheckOutput(const Json& output) {
  if (HasMember(output, "TargetDevice") ==
      HasMember(output, "TargetPlatform")) {
    return ValidationFault(
        "OutputConfig must have exactly one of TargetDevice and "
        "TargetPlatform.");
  }
  return CheckObjectUri(output.at("S3OutputLocation").get<std::string>(),
                        "OutputConfig.S3OutputLocation", /*key=*/false);
}

// What a job of a registered model compiles: the package's first container.
ApiResult<Json> InputOfPackage(Sql& sql, const std::string& arn) {
  SKERRY_API_ASSIGN_OR_RETURN(const Json content, PackageContent(sql, arn));
  const Json container = content.value(
      "/InferenceSpecification/Containers/0"_json_pointer, Json::object());
  Json input = Json::object();
  if (HasMember(container, "ModelDataUrl")) {
    input["S3Uri"] = container.at("ModelDataUrl");
  }
  if (HasMember(container, "Framework")) {
    input["Framework"] = container.at("Framework");
  }
  if (!input.contains("S3Uri") || !input.contains("Framework")) {
    return ValidationFault(
        "ModelPackageVersionArn '" + arn +
        "': its first container needs ModelDataUrl and Framework.");
  }
  if (HasMember(container, "FrameworkVersion")) {
    input["FrameworkVersion"] = container.at("FrameworkVersion");
  }
  if (HasMember(container, "ModelInput")) {
    input["DataInputConfig"] = container.at("ModelInput").at("DataInputConfig");
  }
  return input;
}

// The request, completed: with an InputConfig in any case.
ApiResult<Json> Spec(Sql& sql, const Call& call) {
  if (call.Has("InputConfig") == call.Has("ModelPackageVersionArn")) {
    return ValidationFault(
        "The request must have exactly one of InputConfig and "
        "ModelPackageVersionArn.");
  }
  const Json& stopping = call.input.at("StoppingCondition");
  SKERRY_API_RETURN_IF_ERROR(CheckOutput(call.input.at("OutputConfig")));
  Json spec = call.input;
  spec.erase("Tags");
  if (!HasMember(stopping, "MaxRuntimeInSeconds")) {
    spec["StoppingCondition"]["MaxRuntimeInSeconds"] = 900;
  }
  if (!call.Has("InputConfig")) {
    SKERRY_API_ASSIGN_OR_RETURN(
        spec["InputConfig"],
        InputOfPackage(sql, call.Text("ModelPackageVersionArn")));
  }
  SKERRY_API_RETURN_IF_ERROR(
      CheckObjectUri(spec["InputConfig"].at("S3Uri").get<std::string>(),
                     "InputConfig.S3Uri", /*key=*/true));
  return spec;
}

ApiResult<std::string> JobArn(Sql& sql, const std::string& name) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn FROM sm_compilation_jobs WHERE name = $1", {name}));
  return row ? TextOf(row->at(0)) : std::string();
}

SqlValue Member(const Json& object, std::string_view name) {
  return TextOrNull(object.value(std::string(name), ""));
}

void PutTimes(Json& output, const Job& job) {
  output["CreationTime"] = TimeJson(job.created);
  output["LastModifiedTime"] = TimeJson(job.modified);
  PutTime(output, "CompilationStartTime", job.started);
  PutTime(output, "CompilationEndTime", job.ended);
}

Json Summary(const SqlRow& row) {
  Json summary = {{"CompilationJobName", TextOf(row[0])},
                  {"CompilationJobArn", TextOf(row[1])},
                  {"CompilationJobStatus", TextOf(row[2])},
                  {"CreationTime", TimeJson(IntOf(row[3]))},
                  {"LastModifiedTime", TimeJson(IntOf(row[4]))}};
  PutTime(summary, "CompilationStartTime", row[5]);
  PutTime(summary, "CompilationEndTime", row[6]);
  PutText(summary, "CompilationTargetDevice", row[7]);
  PutText(summary, "CompilationTargetPlatformOs", row[8]);
  PutText(summary, "CompilationTargetPlatformArch", row[9]);
  PutText(summary, "CompilationTargetPlatformAccelerator", row[10]);
  return summary;
}

}  // namespace

ApiResult<Json> CreateCompilationJob(Sql& sql, const Call& call) {
  const std::string name = call.Text("CompilationJobName");
  const std::string arn = call.Arn("compilation-job/" + name);
  SKERRY_API_ASSIGN_OR_RETURN(const Json spec, Spec(sql, call));
  SKERRY_API_RETURN_IF_ERROR(SubmitJob(sql, call, kKind, name, spec));
  const Json& output = spec.at("OutputConfig");
  const Json platform = output.value("TargetPlatform", Json::object());
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "INSERT INTO sm_compilation_jobs (name, arn, target_device, "
      "os, arch, accelerator) VALUES ($1, $2, $3, $4, $5, $6)",
      {name, arn, Member(output, "TargetDevice"), Member(platform, "Os"),
       Member(platform, "Arch"), Member(platform, "Accelerator")}));
  SKERRY_API_RETURN_IF_ERROR(AddTagsTo(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json{{"CompilationJobArn", arn}};
}

ApiResult<Json> DescribeCompilationJob(Sql& sql, const Call& call) {
  const std::string name = call.Text("CompilationJobName");
  SKERRY_API_ASSIGN_OR_RETURN(const Job job, GetJob(sql, call, kKind, name));
  SKERRY_API_ASSIGN_OR_RETURN(const std::string arn, JobArn(sql, name));
  Json output = {
      {"CompilationJobName", name},
      {"CompilationJobArn", arn},
      {"CompilationJobStatus", std::string(JobStateName(job.state))},
      {"FailureReason", job.failure_reason.substr(0, kReasonBytesMax)},
      // Required, also of a job that has made nothing yet.
      {"ModelArtifacts", {{"S3ModelArtifacts", ""}}}};
  PutTimes(output, job);
  const Json spec = Json::parse(job.spec, nullptr, /*allow_exceptions=*/false);
  for (const char* member :
       {"StoppingCondition", "RoleArn", "InputConfig", "OutputConfig",
        "VpcConfig", "ModelPackageVersionArn"}) {
    if (spec.is_object() && HasMember(spec, member)) {
      output[member] = spec[member];
    }
  }
  const Json result =
      Json::parse(job.result, nullptr, /*allow_exceptions=*/false);
  for (const char* member : {"ModelArtifacts", "ModelDigests",
                             "DerivedInformation", "InferenceImage"}) {
    if (result.is_object() && HasMember(result, member)) {
      output[member] = result[member];
    }
  }
  return output;
}

ApiResult<Json> ListCompilationJobs(Sql& sql, const Call& call) {
  ListQuery query(call,
                  "c.name, c.arn, " + std::string(kStateNameSql) +
                      ", j.created, j.modified, j.started, j.ended, "
                      "c.target_device, c.os, c.arch, c.accelerator",
                  "sm_compilation_jobs c JOIN jobs j ON j.name = c.name",
                  "c.name");
  query.Where("j.kind = ?", static_cast<std::int64_t>(kKind));
  query.Contains("c.name", "NameContains");
  query.Between("j.created", "CreationTime");
  query.Between("j.modified", "LastModifiedTime");
  StatusEquals(query, call);
  const std::string sort = call.Text("SortBy");
  query.SortBy(sort == "Name"     ? "c.name"
               : sort == "Status" ? kStateNameSql
                                  : "j.created");
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) summaries.push_back(Summary(row));
  Json output = {{"CompilationJobSummaries", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> StopCompilationJob(Sql& sql, const Call& call) {
  const std::string name = call.Text("CompilationJobName");
  SKERRY_API_RETURN_IF_ERROR(StopJob(sql, call, kKind, name));
  SKERRY_API_ASSIGN_OR_RETURN(const std::string arn, JobArn(sql, name));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json();
}

ApiResult<Json> DeleteCompilationJob(Sql& sql, const Call& call) {
  const std::string name = call.Text("CompilationJobName");
  SKERRY_API_ASSIGN_OR_RETURN(const Job job, GetJob(sql, call, kKind, name));
  if (!HasEnded(job.state)) {
    return ValidationFault("Compilation job with name " + name +
                           " cannot be deleted: its status is " +
                           std::string(JobStateName(job.state)) +
                           ", not COMPLETED, FAILED or STOPPED.");
  }
  Result<void> removed =
      call.records.jobs.Remove(sql.transaction(), kKind, name);
  if (!removed) return std::unexpected(sql.Keep(std::move(removed).error()));
  SKERRY_API_ASSIGN_OR_RETURN(const std::string arn, JobArn(sql, name));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_compilation_jobs WHERE name = $1", {name}));
  SKERRY_API_RETURN_IF_ERROR(DropTagsOf(sql, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json();
}

}  // namespace skerry::cloud
