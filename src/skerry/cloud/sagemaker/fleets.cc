#include "skerry/cloud/sagemaker/fleets.h"

#include <optional>
#include <utility>

#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

std::string RoleAlias(const Call& call, const std::string& fleet) {
  return "arn:aws:iot:" + call.region + ":" + std::string(kAccount) +
         ":rolealias/SageMakerEdge-" + fleet;
}

bool WantsRoleAlias(const Call& call) {
  return call.Has("EnableIotRoleAlias") &&
         call.input.at("EnableIotRoleAlias").get<bool>();
}

// A preset's configuration is JSON within JSON.
ApiResult<void> CheckOutputConfig(const Call& call) {
  const Json& config = call.input.at("OutputConfig");
  const auto preset = config.find("PresetDeploymentConfig");
  if (preset == config.end() || !preset->is_string()) return {};
  const std::string& text = preset->get_ref<const std::string&>();
  if (Json::parse(text, nullptr, /*allow_exceptions=*/false).is_object()) {
    return {};
  }
  return ValidationFault(
      "OutputConfig.PresetDeploymentConfig must be a JSON object, as text.");
}

ApiResult<Json> ModelStats(Sql& sql, const Call& call,
                           const std::string& fleet) {
  const std::int64_t since = call.now - kConnectedMicros;
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      sql.Query(
          "SELECT m.model, m.version, "
          "CAST(SUM(CASE WHEN d.heartbeat < $2 THEN 1 ELSE 0 END) AS BIGINT), "
          "CAST(SUM(CASE WHEN d.heartbeat >= $2 THEN 1 ELSE 0 END) AS BIGINT), "
          "CAST(SUM(CASE WHEN d.heartbeat >= $2 AND m.inferred >= $2 "
          "THEN 1 ELSE 0 END) AS BIGINT), "
          "CAST(SUM(CASE WHEN d.heartbeat >= $2 AND m.sampled >= $2 "
          "THEN 1 ELSE 0 END) AS BIGINT) "
          "FROM sm_device_models m JOIN sm_devices d ON d.arn = m.arn "
          "WHERE m.fleet = $1 GROUP BY m.model, m.version "
          "ORDER BY m.model, m.version",
          {fleet, since}));
  Json stats = Json::array();
  for (const SqlRow& row : rows) {
    stats.push_back({{"ModelName", TextOf(row[0])},
                     {"ModelVersion", TextOf(row[1])},
                     {"OfflineDeviceCount", IntOf(row[2])},
                     {"ConnectedDeviceCount", IntOf(row[3])},
                     {"ActiveDeviceCount", IntOf(row[4])},
                     {"SamplingDeviceCount", IntOf(row[5])}});
  }
  return stats;
}

ApiResult<Json> AgentVersions(Sql& sql, const std::string& fleet) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      sql.Query("SELECT agent_version, COUNT(*) FROM sm_devices "
                "WHERE fleet = $1 AND agent_version IS NOT NULL "
                "GROUP BY agent_version ORDER BY agent_version",
                {fleet}));
  Json versions = Json::array();
  for (const SqlRow& row : rows) {
    versions.push_back(
        {{"Version", TextOf(row[0])}, {"AgentCount", IntOf(row[1])}});
  }
  return versions;
}

// The ARN of a fleet that is there; what is said if it is not.
ApiResult<std::string> FleetArn(Sql& sql, const std::string& fleet,
                                const std::string& absent) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn FROM sm_fleets WHERE name = $1", {fleet}));
  if (!row) return ValidationFault(absent);
  return TextOf(row->at(0));
}

ApiResult<void> CheckUnused(Sql& sql, const std::string& fleet) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> devices,
      sql.Query("SELECT name FROM sm_devices WHERE fleet = $1 LIMIT 1",
                {fleet}));
  if (!devices.empty()) {
    return InUseFault("DeviceFleet with name " + fleet +
                      " has registered devices; deregister them first.");
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> plans,
      sql.Query("SELECT name FROM sm_plans WHERE fleet = $1 LIMIT 1", {fleet}));
  if (!plans.empty()) {
    return InUseFault("DeviceFleet with name " + fleet +
                      " is used by edge deployment plan " +
                      TextOf(plans[0][0]) + ".");
  }
  return {};
}

}  // namespace

ApiResult<void> NeedFleet(Sql& sql, const std::string& fleet) {
  SKERRY_API_RETURN_IF_ERROR(
      FleetArn(sql, fleet, "No device fleet with name " + fleet + " found."));
  return {};
}

ApiResult<Json> CreateDeviceFleet(Sql& sql, const Call& call) {
  SKERRY_API_RETURN_IF_ERROR(CheckOutputConfig(call));
  const std::string fleet = call.Text("DeviceFleetName");
  const std::string arn = call.Arn("device-fleet/" + fleet);
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t added,
      sql.Execute(
          "INSERT INTO sm_fleets (name, arn, role_arn, description, "
          "output_config, role_alias, device_count, created, modified) "
          "VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7) "
          "ON CONFLICT DO NOTHING",
          {fleet, arn, TextOrNull(call.Text("RoleArn")),
           TextOrNull(call.Text("Description")), call.Raw("OutputConfig"),
           WantsRoleAlias(call) ? RoleAlias(call, fleet) : SqlValue(),
           call.now}));
  if (added == 0) {
    return InUseFault("DeviceFleet with name " + fleet + " already exists.");
  }
  SKERRY_API_ASSIGN_OR_RETURN(const std::vector<SqlRow> counts,
                              sql.Query("SELECT COUNT(*) FROM sm_fleets", {}));
  if (IntOf(counts.at(0).at(0)) > kFleetCountMax) {
    return LimitFault("There are " + std::to_string(kFleetCountMax) +
                      " device fleets, the limit.");
  }
  SKERRY_API_RETURN_IF_ERROR(AddTagsTo(sql, call, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json();
}

ApiResult<Json> DescribeDeviceFleet(Sql& sql, const Call& call) {
  const std::string fleet = call.Text("DeviceFleetName");
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn, output_config, description, created, modified, "
                "role_arn, role_alias FROM sm_fleets WHERE name = $1",
                {fleet}));
  if (!row) {
    return ValidationFault("No devicefleet with name " + fleet + " found.");
  }
  Json output = {{"DeviceFleetName", fleet},
                 {"DeviceFleetArn", TextOf(row->at(0))}};
  PutJson(output, "OutputConfig", row->at(1));
  PutText(output, "Description", row->at(2));
  PutTime(output, "CreationTime", row->at(3));
  PutTime(output, "LastModifiedTime", row->at(4));
  PutText(output, "RoleArn", row->at(5));
  PutText(output, "IotRoleAlias", row->at(6));
  return output;
}

ApiResult<Json> UpdateDeviceFleet(Sql& sql, const Call& call) {
  SKERRY_API_RETURN_IF_ERROR(CheckOutputConfig(call));
  const std::string fleet = call.Text("DeviceFleetName");
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::string arn,
      FleetArn(sql, fleet, "No devicefleet with name " + fleet + " found."));
  // What the request does not say stays.
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      "UPDATE sm_fleets SET output_config = $2, "
      "role_arn = COALESCE($3, role_arn), "
      "description = COALESCE($4, description), modified = $5 "
      "WHERE name = $1",
      {fleet, call.Raw("OutputConfig"), TextOrNull(call.Text("RoleArn")),
       TextOrNull(call.Text("Description")), call.now}));
  if (call.Has("EnableIotRoleAlias")) {
    SKERRY_API_RETURN_IF_ERROR(sql.Execute(
        "UPDATE sm_fleets SET role_alias = $2 WHERE name = $1",
        {fleet, WantsRoleAlias(call) ? RoleAlias(call, fleet) : SqlValue()}));
  }
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json();
}

ApiResult<Json> DeleteDeviceFleet(Sql& sql, const Call& call) {
  const std::string fleet = call.Text("DeviceFleetName");
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::string arn,
      FleetArn(sql, fleet,
               "DeviceFleet with name " + fleet + " does not exist."));
  SKERRY_API_RETURN_IF_ERROR(CheckUnused(sql, fleet));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_fleets WHERE name = $1", {fleet}));
  SKERRY_API_RETURN_IF_ERROR(DropTagsOf(sql, arn));
  SKERRY_API_RETURN_IF_ERROR(Audit(sql, call, arn));
  return Json();
}

ApiResult<Json> ListDeviceFleets(Sql& sql, const Call& call) {
  ListQuery query(call, "arn, name, created, modified", "sm_fleets", "name");
  query.Contains("name", "NameContains");
  query.Between("created", "CreationTime");
  query.Between("modified", "LastModifiedTime");
  const std::string sort = call.Text("SortBy");
  query.SortBy(sort == "NAME"                 ? "name"
               : sort == "LAST_MODIFIED_TIME" ? "modified"
                                              : "created");
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) {
    summaries.push_back({{"DeviceFleetArn", TextOf(row[0])},
                         {"DeviceFleetName", TextOf(row[1])},
                         {"CreationTime", TimeJson(IntOf(row[2]))},
                         {"LastModifiedTime", TimeJson(IntOf(row[3]))}});
  }
  Json output = {{"DeviceFleetSummaries", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

ApiResult<Json> GetDeviceFleetReport(Sql& sql, const Call& call) {
  const std::string fleet = call.Text("DeviceFleetName");
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn, output_config, description, device_count "
                "FROM sm_fleets WHERE name = $1",
                {fleet}));
  if (!row) {
    return ValidationFault("No devicefleet with name " + fleet + " found.");
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> connected,
      sql.Query("SELECT COUNT(*) FROM sm_devices WHERE fleet = $1 "
                "AND heartbeat >= $2",
                {fleet, call.now - kConnectedMicros}));
  Json output = {{"DeviceFleetName", fleet},
                 {"DeviceFleetArn", TextOf(row->at(0))},
                 {"ReportGenerated", TimeJson(call.now)},
                 {"DeviceStats",
                  {{"RegisteredDeviceCount", IntOf(row->at(3))},
                   {"ConnectedDeviceCount", IntOf(connected.at(0).at(0))}}}};
  PutJson(output, "OutputConfig", row->at(1));
  PutText(output, "Description", row->at(2));
  SKERRY_API_ASSIGN_OR_RETURN(output["AgentVersions"],
                              AgentVersions(sql, fleet));
  SKERRY_API_ASSIGN_OR_RETURN(output["ModelStats"],
                              ModelStats(sql, call, fleet));
  return output;
}

}  // namespace skerry::cloud
