#include "skerry/cloud/sagemaker/packaging_jobs.h"

#include <utility>

#include "skerry/cloud/sagemaker/jobs.h"
#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

constexpr auto kKind = JobKind::kPackaging;

bool IsJsonObject(const std::string& text) {
  return Json::parse(text, nullptr, /*allow_exceptions=*/false).is_object();
}

ApiResult<void> CheckOutput(const Json& output) {
  SKERRY_API_RETURN_IF_ERROR(
      CheckObjectUri(output.at("S3OutputLocation").get<std::string>(),
                     "OutputConfig.S3OutputLocation", /*key=*/false));
  const auto preset = output.find("PresetDeploymentConfig");
  if (preset != output.end() && preset->is_string() &&
      !IsJsonObject(preset->get<std::string>())) {
    return ValidationFault(
        "OutputConfig.PresetDeploymentConfig must be a JSON object, as text.");
  }
  return {};
}

// The request, completed by what the compilation job made.
ApiResult<Json> Spec(Sql& sql, const Call& call) {
  SKERRY_API_RETURN_IF_ERROR(CheckOutput(call.input.at("OutputConfig")));
  const std::string compilation = call.Text("CompilationJobName");
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<Job> job,
      FindJob(sql, call, JobKind::kCompilation, compilation));
  if (!job) {
    return ValidationFault("Compilation job with name " + compilation +
                           " does not exist.");
  }
  if (job->state != JobState::kCompleted) {
    return ValidationFault("Compilation job with name " + compilation +
                           " has status " +
                           std::string(JobStateName(job->state)) +
                           "; only a COMPLETED job can be packaged.");
  }
  Json spec = call.input;
  spec.erase("Tags");
  const Json result =
      Json::parse(job->result, nullptr, /*allow_exceptions=*/false);
  if (result.is_object()) {
    for (const char* member : {"ModelArtifacts", "ModelDigests"}) {
      if (result.contains(member)) spec[member] = result[member];
    }
  }
  return spec;
}

ApiResult<std::string> JobArn(Sql& sql, const std::string& name) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn FROM sm_packaging_jobs WHERE name = $1", {name}));
  return row ? TextOf(row->at(0)) : std::string();
}

}  // namespace

ApiResult<Json> CreateEdgePackagingJob(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgePackagingJobName");
  const std::string arn = call.Arn("edge-packaging-job/" + name);
  SKERRY_API_ASSIGN_OR_RETURN(const Json spec, Spec(sql, call));
  SKERRY_API_RETURN_IF_ERROR(SubmitJob(sql, call, kKind, name, spec));
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "INSERT INTO sm_packaging_jobs (name, arn, compilation_job, model, "
      "version) VALUES ($1, $2, $3, $4, $5)",
      {name, arn, call.Text("CompilationJobName"), call.Text("ModelName"),
       call.Text("ModelVersion")}));
  SKERRY_API_RETURN_IF_ERROR(AddTagsTo(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json();
}

ApiResult<Json> DescribeEdgePackagingJob(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgePackagingJobName");
  SKERRY_API_ASSIGN_OR_RETURN(const Job job, GetJob(sql, call, kKind, name));
  SKERRY_API_ASSIGN_OR_RETURN(const std::string arn, JobArn(sql, name));
  Json output = {
      {"EdgePackagingJobName", name},
      {"EdgePackagingJobArn", arn},
      {"EdgePackagingJobStatus", std::string(JobStateName(job.state))},
      {"EdgePackagingJobStatusMessage", job.failure_reason},
      {"CreationTime", TimeJson(job.created)},
      {"LastModifiedTime", TimeJson(job.modified)}};
  const Json spec = Json::parse(job.spec, nullptr, /*allow_exceptions=*/false);
  for (const char* member : {"CompilationJobName", "ModelName", "ModelVersion",
                             "RoleArn", "OutputConfig", "ResourceKey"}) {
    if (spec.is_object() && spec.contains(member))
      output[member] = spec[member];
  }
  const Json result =
      Json::parse(job.result, nullptr, /*allow_exceptions=*/false);
  for (const char* member :
       {"ModelArtifact", "ModelSignature", "PresetDeploymentOutput"}) {
    if (result.is_object() && result.contains(member)) {
      output[member] = result[member];
    }
  }
  return output;
}

ApiResult<Json> ListEdgePackagingJobs(Sql& sql, const Call& call) {
  ListQuery query(call,
                  "p.name, p.arn, " + std::string(kStateNameSql) +
                      ", p.compilation_job, p.model, p.version, j.created, "
                      "j.modified",
                  "sm_packaging_jobs p JOIN jobs j ON j.name = p.name",
                  "p.name");
  query.Where("j.kind = ?", static_cast<std::int64_t>(kKind));
  query.Contains("p.name", "NameContains");
  query.Contains("p.model", "ModelNameContains");
  query.Between("j.created", "CreationTime");
  query.Between("j.modified", "LastModifiedTime");
  StatusEquals(query, call);
  const std::string sort = call.Text("SortBy");
  query.SortBy(sort == "NAME"                 ? "p.name"
               : sort == "MODEL_NAME"         ? "p.model"
               : sort == "LAST_MODIFIED_TIME" ? "j.modified"
               : sort == "STATUS"             ? kStateNameSql
                                              : "j.created");
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) {
    summaries.push_back({{"EdgePackagingJobName", TextOf(row[0])},
                         {"EdgePackagingJobArn", TextOf(row[1])},
                         {"EdgePackagingJobStatus", TextOf(row[2])},
                         {"CompilationJobName", TextOf(row[3])},
                         {"ModelName", TextOf(row[4])},
                         {"ModelVersion", TextOf(row[5])},
                         {"CreationTime", TimeJson(IntOf(row[6]))},
                         {"LastModifiedTime", TimeJson(IntOf(row[7]))}});
  }
  Json output = {{"EdgePackagingJobSummaries", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> StopEdgePackagingJob(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgePackagingJobName");
  SKERRY_API_RETURN_IF_ERROR(StopJob(sql, call, kKind, name));
  SKERRY_API_ASSIGN_OR_RETURN(const std::string arn, JobArn(sql, name));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json();
}

}  // namespace skerry::cloud
