#include "skerry/cloud/sagemaker/plans.h"

#include <optional>
#include <set>
#include <utility>

#include "skerry/cloud/sagemaker/fleets.h"
#include "skerry/cloud/sagemaker/jobs.h"
#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/stages.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

// How many devices of a plan's stages: DEPLOYED, to come, FAILED.
constexpr std::string_view kCountsSql =
    "(SELECT COUNT(*) FROM sm_stage_devices d WHERE d.plan = p.name "
    "AND d.status = 'DEPLOYED'), "
    "(SELECT COUNT(*) FROM sm_stage_devices d WHERE d.plan = p.name "
    "AND d.status IN ('READYTODEPLOY', 'INPROGRESS', 'STOPPING')), "
    "(SELECT COUNT(*) FROM sm_stage_devices d WHERE d.plan = p.name "
    "AND d.status = 'FAILED')";

ApiResult<void> CheckModels(Sql& sql, const Call& call) {
  std::set<std::string> handles;
  for (const Json& config : call.input.at("ModelConfigs")) {
    const auto handle = config.at("ModelHandle").get<std::string>();
    const auto job = config.at("EdgePackagingJobName").get<std::string>();
    if (!handles.insert(handle).second) {
      return ValidationFault("ModelHandle " + handle + " is given twice.");
    }
    SKERRY_API_ASSIGN_OR_RETURN(const std::optional<Job> found,
                                FindJob(sql, call, JobKind::kPackaging, job));
    if (!found) {
      return ValidationFault("Edge packaging job with name " + job +
                             " does not exist.");
    }
  }
  if (!handles.empty()) return {};
  return ValidationFault("ModelConfigs must have one entry at least.");
}

Json StageJson(const SqlRow& row) {
  Json stage = {
      {"StageName", TextOf(row[0])},
      {"DeploymentConfig", {{"FailureHandlingPolicy", TextOf(row[2])}}},
      {"DeploymentStatus",
       {{"StageStatus", TextOf(row[3])},
        {"EdgeDeploymentSuccessInStage", IntOf(row[5])},
        {"EdgeDeploymentPendingInStage", IntOf(row[6])},
        {"EdgeDeploymentFailedInStage", IntOf(row[7])}}}};
  PutJson(stage, "DeviceSelectionConfig", row[1]);
  PutTime(stage["DeploymentStatus"], "EdgeDeploymentStageStartTime", row[4]);
  return stage;
}

ApiResult<Page> StagesOf(Sql& sql, const Call& call, const std::string& plan) {
  const auto count = [](const std::string& statuses) {
    return ", (SELECT COUNT(*) FROM sm_stage_devices d WHERE d.plan = s.plan "
           "AND d.stage = s.name AND d.status IN (" +
           statuses + "))";
  };
  ListQuery query(call,
                  "s.name, s.selection, s.policy, s.status, s.started" +
                      count("'DEPLOYED'") +
                      count("'READYTODEPLOY', 'INPROGRESS', 'STOPPING'") +
                      count("'FAILED'"),
                  "sm_stages s", "s.name");
  query.Where("s.plan = ?", plan);
  query.SortBy("s.position");
  query.set_page_size(static_cast<std::int64_t>(kStageCountMax));
  return query.Run(sql);
}

}  // namespace

ApiResult<PlanRow> GetPlan(Sql& sql, const std::string& plan) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn, fleet, model_configs, created, modified "
                "FROM sm_plans WHERE name = $1",
                {plan}));
  if (!row) {
    return NotFoundFault("Edge deployment plan with name " + plan +
                         " does not exist.");
  }
  return PlanRow{.arn = TextOf(row->at(0)),
                 .fleet = TextOf(row->at(1)),
                 .model_configs = Json::parse(TextOf(row->at(2)), nullptr,
                                              /*allow_exceptions=*/false),
                 .created = IntOf(row->at(3)),
                 .modified = IntOf(row->at(4))};
}

ApiResult<void> TouchPlan(Sql& sql, const Call& call, const std::string& plan) {
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_plans SET modified = $2 WHERE name = $1", {plan, call.now}));
  return {};
}

ApiResult<Json> CreateEdgeDeploymentPlan(Sql& sql, const Call& call) {
  const std::string plan = call.Text("EdgeDeploymentPlanName");
  const std::string fleet = call.Text("DeviceFleetName");
  const std::string arn = call.Arn("edge-deployment/" + plan);
  SKERRY_API_RETURN_IF_ERROR(NeedFleet(sql, fleet));
  SKERRY_API_RETURN_IF_ERROR(CheckModels(sql, call));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t added,
      sql.Execute("INSERT INTO sm_plans (name, arn, fleet, model_configs, "
                  "created, modified) VALUES ($1, $2, $3, $4, $5, $5) "
                  "ON CONFLICT DO NOTHING",
                  {plan, arn, fleet, call.Raw("ModelConfigs"), call.now}));
  if (added == 0) {
    return InUseFault("Edge deployment plan with name " + plan +
                      " already exists.");
  }
  SKERRY_API_ASSIGN_OR_RETURN(const std::vector<SqlRow> counts,
                              sql.Query("SELECT COUNT(*) FROM sm_plans", {}));
  if (IntOf(counts.at(0).at(0)) > kPlanCountMax) {
    return LimitFault("There are " + std::to_string(kPlanCountMax) +
                      " edge deployment plans, the limit.");
  }
  if (call.Has("Stages")) {
    SKERRY_API_RETURN_IF_ERROR(AddStages(sql, call, plan, fleet));
  }
  SKERRY_API_RETURN_IF_ERROR(AddTagsTo(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json{{"EdgeDeploymentPlanArn", arn}};
}

ApiResult<Json> DescribeEdgeDeploymentPlan(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgeDeploymentPlanName");
  SKERRY_API_ASSIGN_OR_RETURN(const PlanRow plan, GetPlan(sql, name));
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, StagesOf(sql, call, name));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> counts,
      sql.Query("SELECT " + std::string(kCountsSql) +
                    " FROM sm_plans p WHERE p.name = $1",
                {name}));
  Json output = {{"EdgeDeploymentPlanArn", plan.arn},
                 {"EdgeDeploymentPlanName", name},
                 {"ModelConfigs", plan.model_configs},
                 {"DeviceFleetName", plan.fleet},
                 {"EdgeDeploymentSuccess", IntOf(counts.at(0).at(0))},
                 {"EdgeDeploymentPending", IntOf(counts.at(0).at(1))},
                 {"EdgeDeploymentFailed", IntOf(counts.at(0).at(2))},
                 {"CreationTime", TimeJson(plan.created)},
                 {"LastModifiedTime", TimeJson(plan.modified)},
                 {"Stages", Json::array()}};
  for (const SqlRow& row : page.rows) {
    output["Stages"].push_back(StageJson(row));
  }
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> ListEdgeDeploymentPlans(Sql& sql, const Call& call) {
  ListQuery query(call,
                  "p.arn, p.name, p.fleet, p.created, p.modified, " +
                      std::string(kCountsSql),
                  "sm_plans p", "p.name");
  query.Contains("p.name", "NameContains");
  query.Contains("p.fleet", "DeviceFleetNameContains");
  query.Between("p.created", "CreationTime");
  query.Between("p.modified", "LastModifiedTime");
  const std::string sort = call.Text("SortBy");
  query.SortBy(sort == "NAME"                 ? "p.name"
               : sort == "DEVICE_FLEET_NAME"  ? "p.fleet"
               : sort == "LAST_MODIFIED_TIME" ? "p.modified"
                                              : "p.created");
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) {
    summaries.push_back({{"EdgeDeploymentPlanArn", TextOf(row[0])},
                         {"EdgeDeploymentPlanName", TextOf(row[1])},
                         {"DeviceFleetName", TextOf(row[2])},
                         {"CreationTime", TimeJson(IntOf(row[3]))},
                         {"LastModifiedTime", TimeJson(IntOf(row[4]))},
                         {"EdgeDeploymentSuccess", IntOf(row[5])},
                         {"EdgeDeploymentPending", IntOf(row[6])},
                         {"EdgeDeploymentFailed", IntOf(row[7])}});
  }
  Json output = {{"EdgeDeploymentPlanSummaries", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> DeleteEdgeDeploymentPlan(Sql& sql, const Call& call) {
  const std::string name = call.Text("EdgeDeploymentPlanName");
  SKERRY_API_ASSIGN_OR_RETURN(const PlanRow plan, GetPlan(sql, name));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> stages,
      sql.Query("SELECT name, status FROM sm_stages WHERE plan = $1", {name}));
  for (const SqlRow& stage : stages) {
    if (!IsActiveStage(TextOf(stage[1]))) continue;
    return InUseFault("Edge deployment plan with name " + name +
                      " cannot be deleted: stage " + TextOf(stage[0]) +
                      " has status " + TextOf(stage[1]) + "; stop it first.");
  }
  for (const char* statement : {"DELETE FROM sm_stage_devices WHERE plan = $1",
                                "DELETE FROM sm_stages WHERE plan = $1",
                                "DELETE FROM sm_plans WHERE name = $1"}) {
    SKERRY_API_RETURN_IF_ERROR(sql.Execute(statement, {name}));
  }
  SKERRY_API_RETURN_IF_ERROR(DropTagsOf(sql, plan.arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, plan.arn));
  return Json();
}

}  // namespace skerry::cloud
