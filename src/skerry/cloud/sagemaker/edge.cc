#include "skerry/cloud/sagemaker/edge.h"

#include <optional>
#include <utility>

#include "skerry/cloud/sagemaker/devices.h"
#include "skerry/cloud/sagemaker/fleets.h"
#include "skerry/cloud/sagemaker/stages.h"

namespace skerry::cloud {
namespace {

// For how long a device may rely on its registration, in seconds.
constexpr std::string_view kCacheSeconds = "3600";

// The metrics of `object`, as they are kept.
ApiResult<SqlValue> Metrics(const Json& object, const char* member) {
  const auto metrics = object.find(member);
  if (metrics == object.end() || metrics->is_null()) return SqlValue();
  std::string text = metrics->dump();
  if (metrics->size() <= kMetricCountMax && text.size() <= kMetricsBytesMax) {
    return SqlValue(std::move(text));
  }
  return ValidationFault(std::string(member) + " has " +
                         std::to_string(metrics->size()) + " entries of " +
                         std::to_string(text.size()) + " bytes, limit " +
                         std::to_string(kMetricCountMax) + " and " +
                         std::to_string(kMetricsBytesMax) + ".");
}

std::int64_t Micros(const Json& object, const char* member) {
  const auto time = object.find(member);
  return time == object.end() || time->is_null() ? 0 : MicrosOf(*time);
}

ApiResult<void> StoreModel(Sql& sql, const std::string& fleet,
                           const std::string& arn, const Json& model) {
  if (!model.contains("ModelName") || !model.contains("ModelVersion")) {
    return ValidationFault("A model needs ModelName and ModelVersion.");
  }
  SKERRY_API_ASSIGN_OR_RETURN(const SqlValue metrics,
                              Metrics(model, "ModelMetrics"));
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "INSERT INTO sm_device_models (arn, fleet, model, version, sampled, "
      "inferred, metrics) VALUES ($1, $2, $3, $4, $5, $6, $7) "
      "ON CONFLICT (arn, model) DO UPDATE SET version = excluded.version, "
      "sampled = CASE WHEN excluded.sampled > 0 THEN excluded.sampled "
      "ELSE sm_device_models.sampled END, "
      "inferred = CASE WHEN excluded.inferred > 0 THEN excluded.inferred "
      "ELSE sm_device_models.inferred END, "
      "metrics = COALESCE(excluded.metrics, sm_device_models.metrics)",
      {arn, fleet, model.at("ModelName").get<std::string>(),
       model.at("ModelVersion").get<std::string>(),
       Micros(model, "LatestSampleTime"), Micros(model, "LatestInference"),
       metrics}));
  return {};
}

// A heartbeat tells of all models that the device has; others are gone.
ApiResult<void> StoreModels(Sql& sql, const Call& call,
                            const std::string& arn) {
  if (!call.Has("Models")) return {};
  const Json& models = call.input.at("Models");
  if (models.size() > kDeviceModelCountMax) {
    return ValidationFault("Models has " + std::to_string(models.size()) +
                           " entries, limit " +
                           std::to_string(kDeviceModelCountMax) + ".");
  }
  std::string marks;
  std::vector<SqlValue> names = {arn};
  for (const Json& model : models) {
    SKERRY_API_RETURN_IF_ERROR(
        StoreModel(sql, call.Text("DeviceFleetName"), arn, model));
    names.emplace_back(model.at("ModelName").get<std::string>());
    marks += (marks.empty() ? "$" : ", $") + std::to_string(names.size());
  }
  std::string statement = "DELETE FROM sm_device_models WHERE arn = $1";
  if (!marks.empty()) statement += " AND model NOT IN (" + marks + ")";
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(statement, names));
  return {};
}

// "DEPLOYED" or "FAILED"; "" while it goes on.
std::string DeviceStatus(const std::string& deployment_status) {
  if (deployment_status == "SUCCESS") return "DEPLOYED";
  if (deployment_status == "FAIL") return "FAILED";
  return "";
}

// How a deployment went on the device. What is no longer under way is not
// told to the device, who may not know yet.
ApiResult<void> StoreResult(Sql& sql, const Call& call) {
  if (!call.Has("DeploymentResult")) return {};
  const Json& result = call.input.at("DeploymentResult");
  const std::string status = DeviceStatus(result.value("DeploymentStatus", ""));
  if (status.empty()) return {};
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> stage,
      sql.First("SELECT s.plan, s.name, p.arn FROM sm_stages s "
                "JOIN sm_plans p ON p.name = s.plan WHERE s.deployment = $1",
                {result.value("DeploymentName", "")}));
  if (!stage) return {};
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t changed,
      sql.Execute(
          "UPDATE sm_stage_devices SET status = $5, message = $6 "
          "WHERE plan = $1 AND stage = $2 AND fleet = $3 AND device = $4 "
          "AND status = 'INPROGRESS'",
          {stage->at(0), stage->at(1), call.Text("DeviceFleetName"),
           call.Text("DeviceName"), status,
           TextOrNull(result.value("DeploymentStatusMessage", "")
                          .substr(0, kMetricsBytesMax))}));
  if (changed == 0) return {};
  SKERRY_API_RETURN_IF_ERROR(
      SettleStage(sql, TextOf(stage->at(0)), TextOf(stage->at(1))));
  return Audit(sql, call, TextOf(stage->at(2)));
}

ApiResult<std::optional<SqlRow>> FindDevice(Sql& sql, const Call& call) {
  return sql.First("SELECT arn FROM sm_devices WHERE fleet = $1 AND name = $2",
                   {call.Text("DeviceFleetName"), call.Text("DeviceName")});
}

ApiResult<std::string> NeedDevice(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(const std::optional<SqlRow> row,
                              FindDevice(sql, call));
  if (row) return TextOf(row->at(0));
  SKERRY_API_RETURN_IF_ERROR(NeedFleet(sql, call.Text("DeviceFleetName")));
  return ValidationFault("No device with name " + call.Text("DeviceName") +
                         " found in device fleet " +
                         call.Text("DeviceFleetName") + ".");
}

}  // namespace

ApiResult<Json> SendHeartbeat(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(const std::string arn, NeedDevice(sql, call));
  SKERRY_API_ASSIGN_OR_RETURN(const SqlValue metrics,
                              Metrics(call.input, "AgentMetrics"));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("UPDATE sm_devices SET heartbeat = $2, agent_version = $3, "
                  "metrics = COALESCE($4, metrics) WHERE arn = $1",
                  {arn, call.now, call.Text("AgentVersion"), metrics}));
  SKERRY_API_RETURN_IF_ERROR(StoreModels(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(StoreResult(sql, call));
  return Json();
}

ApiResult<Json> GetDeviceRegistration(Sql& sql, const Call& call) {
  SKERRY_API_ASSIGN_OR_RETURN(const std::optional<SqlRow> row,
                              FindDevice(sql, call));
  return Json{{"DeviceRegistration", row ? "Active" : "Inactive"},
              {"CacheTTL", std::string(kCacheSeconds)}};
}

ApiResult<Json> GetDeployments(Sql& sql, const Call& call) {
  SKERRY_API_RETURN_IF_ERROR(NeedDevice(sql, call));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      sql.Query("SELECT s.deployment, s.policy, s.definitions "
                "FROM sm_stage_devices d JOIN sm_stages s "
                "ON s.plan = d.plan AND s.name = d.stage "
                "WHERE d.fleet = $1 AND d.device = $2 "
                "AND d.status = 'INPROGRESS' AND s.status = 'INPROGRESS' "
                "ORDER BY s.started, s.deployment LIMIT " +
                    std::to_string(kDeploymentCountMax),
                {call.Text("DeviceFleetName"), call.Text("DeviceName")}));
  Json deployments = Json::array();
  for (const SqlRow& row : rows) {
    Json& deployment = deployments.emplace_back(
        Json{{"DeploymentName", TextOf(row[0])},
             {"Type", "Model"},
             {"FailureHandlingPolicy", TextOf(row[1])}});
    PutJson(deployment, "Definitions", row[2]);
  }
  return Json{{"Deployments", std::move(deployments)}};
}

}  // namespace skerry::cloud
