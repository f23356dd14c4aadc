#include "skerry/cloud/sagemaker/stages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "skerry/cloud/sagemaker/jobs.h"
#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/plans.h"
#include "skerry/cloud/sagemaker/stage_devices.h"

namespace skerry::cloud {
namespace {

enum class StageEvent : std::uint8_t { kStart, kStop, kDeployed, kFailed };

struct StageStep {
  std::string_view status;
  StageEvent event;
  std::string_view next;
};

// The life of a stage; what is no row is refused. Starting and stopping are
// done when they are recorded, so nobody sees CREATING, STARTING or STOPPING.
constexpr std::array kStageSteps = {
    StageStep{"READYTODEPLOY", StageEvent::kStart, "INPROGRESS"},
    StageStep{"STOPPED", StageEvent::kStart, "INPROGRESS"},
    StageStep{"FAILED", StageEvent::kStart, "INPROGRESS"},
    StageStep{"INPROGRESS", StageEvent::kStop, "STOPPED"},
    StageStep{"INPROGRESS", StageEvent::kDeployed, "DEPLOYED"},
    StageStep{"INPROGRESS", StageEvent::kFailed, "FAILED"},
};

std::string NextStatus(std::string_view status, StageEvent event) {
  for (const StageStep& step : kStageSteps) {
    if (step.status == status && step.event == event) {
      return std::string(step.next);
    }
  }
  return "";
}

struct StageRow {
  std::string status;
  Json selection;
};

ApiResult<StageRow> GetStage(Sql& sql, const std::string& plan,
                             const std::string& stage) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT status, selection FROM sm_stages WHERE plan = $1 "
                "AND name = $2",
                {plan, stage}));
  if (!row) {
    return NotFoundFault("Stage with name " + stage +
                         " does not exist in edge deployment plan " + plan +
                         ".");
  }
  return StageRow{.status = TextOf(row->at(0)),
                  .selection = Json::parse(TextOf(row->at(1)), nullptr,
                                           /*allow_exceptions=*/false)};
}

std::unexpected<ApiError> WrongStatus(const std::string& stage,
                                      std::string_view verb,
                                      const std::string& status) {
  return ValidationFault("Stage with name " + stage + " cannot be " +
                         std::string(verb) + ": its status is " + status + ".");
}

ApiResult<void> AddStage(Sql& sql, const Json& stage, const std::string& plan,
                         const std::string& fleet, std::int64_t position) {
  const auto name = stage.at("StageName").get<std::string>();
  const Json& selection = stage.at("DeviceSelectionConfig");
  SKERRY_API_RETURN_IF_ERROR(CheckSelection(selection));
  const std::string policy =
      stage.value("/DeploymentConfig/FailureHandlingPolicy"_json_pointer,
                  std::string("ROLLBACK_ON_FAILURE"));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t added,
      sql.Execute("INSERT INTO sm_stages (plan, name, position, selection, "
                  "policy, status, started) "
                  "VALUES ($1, $2, $3, $4, $5, 'READYTODEPLOY', 0) "
                  "ON CONFLICT DO NOTHING",
                  {plan, name, position, selection.dump(), policy}));
  if (added == 0) {
    return InUseFault("Stage with name " + name +
                      " already exists in edge deployment plan " + plan + ".");
  }
  return SelectDevices(sql, {plan, name, fleet}, selection);
}

// What devices are told: an entry for each model of the plan.
ApiResult<Json> Definitions(Sql& sql, const Call& call, const PlanRow& plan) {
  Json definitions = Json::array();
  for (const Json& config : plan.model_configs) {
    const auto name = config.at("EdgePackagingJobName").get<std::string>();
    SKERRY_API_ASSIGN_OR_RETURN(const Job job,
                                GetJob(sql, call, JobKind::kPackaging, name));
    const Json result =
        Json::parse(job.result, nullptr, /*allow_exceptions=*/false);
    if (job.state != JobState::kCompleted || !result.is_object() ||
        !result.contains("ModelArtifact")) {
      return ValidationFault("Edge packaging job with name " + name +
                             " has status " +
                             std::string(JobStateName(job.state)) +
                             "; only what is COMPLETED can be deployed.");
    }
    Json& definition =
        definitions.emplace_back(Json{{"ModelHandle", config.at("ModelHandle")},
                                      {"S3Url", result["ModelArtifact"]},
                                      {"State", "DEPLOY"}});
    if (const auto sum = result.find("Sha1"); sum != result.end()) {
      definition["Checksum"] = {{"Type", "SHA1"}, {"Sum", *sum}};
    }
  }
  return definitions;
}

}  // namespace

bool IsActiveStage(std::string_view status) {
  return status == "STARTING" || status == "INPROGRESS" || status == "STOPPING";
}

ApiResult<void> AddStages(Sql& sql, const Call& call, const std::string& plan,
                          const std::string& fleet) {
  const Json& stages = call.input.at("Stages");
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> counts,
      sql.Query("SELECT COUNT(*), COALESCE(MAX(position), 0) FROM sm_stages "
                "WHERE plan = $1",
                {plan}));
  const std::size_t count =
      static_cast<std::size_t>(IntOf(counts.at(0).at(0))) + stages.size();
  if (count > kStageCountMax) {
    return LimitFault("Edge deployment plan " + plan + " would have " +
                      std::to_string(count) + " stages, limit " +
                      std::to_string(kStageCountMax) + ".");
  }
  std::int64_t position = IntOf(counts.at(0).at(1));
  for (const Json& stage : stages) {
    SKERRY_API_RETURN_IF_ERROR(AddStage(sql, stage, plan, fleet, ++position));
  }
  return {};
}

ApiResult<void> SettleStage(Sql& sql, const std::string& plan,
                            const std::string& stage) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> counts,
      sql.Query("SELECT status, COUNT(*) FROM sm_stage_devices "
                "WHERE plan = $1 AND stage = $2 GROUP BY status",
                {plan, stage}));
  bool failed = false;
  for (const SqlRow& row : counts) {
    if (TextOf(row[0]) == "INPROGRESS") return {};
    failed = failed || TextOf(row[0]) == "FAILED";
  }
  SKERRY_API_ASSIGN_OR_RETURN(const StageRow row, GetStage(sql, plan, stage));
  const std::string next = NextStatus(
      row.status, failed ? StageEvent::kFailed : StageEvent::kDeployed);
  if (next.empty()) return {};
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_stages SET status = $3 WHERE plan = $1 AND name = $2",
      {plan, stage, next}));
  return {};
}

ApiResult<Json> CreateEdgeDeploymentStage(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgeDeploymentPlanName");
  SKERRY_API_ASSIGN_OR_RETURN(const PlanRow plan, GetPlan(sql, name));
  SKERRY_API_RETURN_IF_ERROR(AddStages(sql, call, name, plan.fleet));
  SKERRY_API_RETURN_IF_ERROR(TouchPlan(sql, call, name));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, plan.arn));
  return Json();
}

ApiResult<Json> DeleteEdgeDeploymentStage(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgeDeploymentPlanName");
  const std::string stage = call.Text("StageName");
  SKERRY_API_ASSIGN_OR_RETURN(const PlanRow plan, GetPlan(sql, name));
  SKERRY_API_ASSIGN_OR_RETURN(const StageRow row, GetStage(sql, name, stage));
  if (IsActiveStage(row.status)) {
    return InUseFault("Stage with name " + stage +
                      " cannot be deleted: its status is " + row.status +
                      "; stop it first.");
  }
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_stage_devices WHERE plan = $1 AND stage = $2",
                  {name, stage}));
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "DELETE FROM sm_stages WHERE plan = $1 AND name = $2", {name, stage}));
  SKERRY_API_RETURN_IF_ERROR(TouchPlan(sql, call, name));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, plan.arn));
  return Json();
}

ApiResult<Json> StartEdgeDeploymentStage(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgeDeploymentPlanName");
  const std::string stage = call.Text("StageName");
  SKERRY_API_ASSIGN_OR_RETURN(const PlanRow plan, GetPlan(sql, name));
  SKERRY_API_ASSIGN_OR_RETURN(const StageRow row, GetStage(sql, name, stage));
  const std::string next = NextStatus(row.status, StageEvent::kStart);
  if (next.empty()) return WrongStatus(stage, "started", row.status);
  SKERRY_API_ASSIGN_OR_RETURN(const Json definitions,
                              Definitions(sql, call, plan));
  // The fleet may have changed since the stage was made.
  SKERRY_API_RETURN_IF_ERROR(
      SelectDevices(sql, {name, stage, plan.fleet}, row.selection));
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_stage_devices SET status = 'INPROGRESS', started = $3 "
      "WHERE plan = $1 AND stage = $2",
      {name, stage, call.now}));
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_stages SET status = $3, started = $4, "
      "deployment = $5, definitions = $6 "
      "WHERE plan = $1 AND name = $2",
      {name, stage, next, call.now, "d-" + NewRowId(), definitions.dump()}));
  SKERRY_API_RETURN_IF_ERROR(SettleStage(sql, name, stage));
  SKERRY_API_RETURN_IF_ERROR(TouchPlan(sql, call, name));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, plan.arn));
  return Json();
}

ApiResult<Json> StopEdgeDeploymentStage(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgeDeploymentPlanName");
  const std::string stage = call.Text("StageName");
  SKERRY_API_ASSIGN_OR_RETURN(const PlanRow plan, GetPlan(sql, name));
  SKERRY_API_ASSIGN_OR_RETURN(const StageRow row, GetStage(sql, name, stage));
  const std::string next = NextStatus(row.status, StageEvent::kStop);
  if (next.empty()) return WrongStatus(stage, "stopped", row.status);
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_stages SET status = $3 WHERE plan = $1 AND name = $2",
      {name, stage, next}));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("UPDATE sm_stage_devices SET status = 'STOPPED' "
                  "WHERE plan = $1 AND stage = $2 AND status = 'INPROGRESS'",
                  {name, stage}));
  SKERRY_API_RETURN_IF_ERROR(TouchPlan(sql, call, name));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, plan.arn));
  return Json();
}

ApiResult<Json> ListStageDevices(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgeDeploymentPlanName");
  const std::string stage = call.Text("StageName");
  SKERRY_API_ASSIGN_OR_RETURN(const PlanRow plan, GetPlan(sql, name));
  SKERRY_API_RETURN_IF_ERROR(GetStage(sql, name, stage));
  return StageDevices(sql, call, plan.arn, {name, stage, plan.fleet});
}

}  // namespace skerry::cloud
