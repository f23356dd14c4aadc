#include "skerry/cloud/sagemaker/jobs.h"

#include <utility>

#include "skerry/cloud/objects/uri.h"

namespace skerry::cloud {
namespace {

std::string Title(JobKind kind) {
  return kind == JobKind::kCompilation ? "Compilation job"
                                       : "Edge packaging job";
}

}  // namespace

constexpr std::string_view kStateNameSql =
    "(CASE j.state WHEN 0 THEN 'STARTING' WHEN 1 THEN 'INPROGRESS' "
    "WHEN 2 THEN 'COMPLETED' WHEN 3 THEN 'FAILED' WHEN 4 THEN 'STOPPING' "
    "ELSE 'STOPPED' END)";
static_assert(static_cast<int>(JobState::kStarting) == 0 &&
              static_cast<int>(JobState::kInProgress) == 1 &&
              static_cast<int>(JobState::kCompleted) == 2 &&
              static_cast<int>(JobState::kFailed) == 3 &&
              static_cast<int>(JobState::kStopping) == 4);

ApiResult<void> SubmitJob(Sql& sql, const Call& call, JobKind kind,
                          const std::string& name, const Json& spec) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> counts,
      sql.Query("SELECT COUNT(*) FROM jobs WHERE kind = $1 AND ended = 0",
                {static_cast<std::int64_t>(kind)}));
  if (IntOf(counts.at(0).at(0)) >= kUnfinishedJobCountMax) {
    return LimitFault("There are " + std::to_string(kUnfinishedJobCountMax) +
                      " jobs that have not ended, the limit.");
  }
  Result<void> submitted =
      call.records.jobs.Submit(sql.transaction(), kind, name, spec.dump());
  if (submitted) return {};
  if (submitted.error().code() == ErrorCode::kAlreadyExists) {
    return InUseFault(Title(kind) + " with name " + name + " already exists.");
  }
  return std::unexpected(sql.Keep(std::move(submitted).error()));
}

ApiResult<std::optional<Job>> FindJob(Sql& sql, const Call& call, JobKind kind,
                                      const std::string& name) {
  Result<Job> job = call.records.jobs.Get(sql.transaction(), kind, name);
  if (job) return std::optional<Job>(*std::move(job));
  if (job.error().code() == ErrorCode::kNotFound) return std::optional<Job>();
  return std::unexpected(sql.Keep(std::move(job).error()));
}

ApiResult<Job> GetJob(Sql& sql, const Call& call, JobKind kind,
                      const std::string& name) {
  SKERRY_API_ASSIGN_OR_RETURN(std::optional<Job> job,
                              FindJob(sql, call, kind, name));
  if (!job) {
    return NotFoundFault(Title(kind) + " with name " + name +
                         " does not exist.");
  }
  return *std::move(job);
}

ApiResult<void> StopJob(Sql& sql, const Call& call, JobKind kind,
                        const std::string& name) {
  SKERRY_API_ASSIGN_OR_RETURN(const Job job, GetJob(sql, call, kind, name));
  if (job.state == JobState::kStopping) return {};
  Result<void> stopped =
      call.records.jobs.RequestStop(sql.transaction(), kind, name);
  if (stopped) return {};
  if (stopped.error().code() == ErrorCode::kFailedPrecondition) {
    return ValidationFault(Title(kind) + " with name " + name +
                           " cannot be stopped: its status is " +
                           std::string(JobStateName(job.state)) + ".");
  }
  return std::unexpected(sql.Keep(std::move(stopped).error()));
}

void StatusEquals(ListQuery& query, const Call& call) {
  if (!call.Has("StatusEquals")) return;
  query.Where(std::string(kStateNameSql) + " = ?", call.Text("StatusEquals"));
}

ApiResult<void> CheckObjectUri(const std::string& uri, std::string_view member,
                               bool key) {
  const Result<ObjectUri> parsed = ParseObjectUri(uri);
  if (parsed && (!key || !parsed->key.empty())) return {};
  return ValidationFault(std::string(member) + " '" + uri + "' must be s3://" +
                         (key ? "BUCKET/KEY." : "BUCKET or s3://BUCKET/KEY."));
}

}  // namespace skerry::cloud
