#include "skerry/cloud/sagemaker/stage_devices.h"

#include <set>
#include <utility>

#include "skerry/cloud/sagemaker/devices.h"
#include "skerry/cloud/sagemaker/list_query.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kInsertSql =
    "INSERT INTO sm_stage_devices (plan, stage, fleet, device, status, "
    "started) SELECT $1, $2, d.fleet, d.name, 'READYTODEPLOY', 0 "
    "FROM sm_devices d WHERE d.fleet = $3";

bool HasMember(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && !found->is_null();
}

ApiResult<void> SelectShare(Sql& sql, const StageKey& key,
                            std::int64_t percentage) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> counts,
      sql.Query("SELECT COUNT(*) FROM sm_devices WHERE fleet = $1",
                {key.fleet}));
  const std::int64_t count =
      (IntOf(counts.at(0).at(0)) * percentage + 99) / 100;
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      std::string(kInsertSql) +
          " ORDER BY CASE WHEN EXISTS (SELECT 1 FROM sm_stage_devices o "
          "WHERE o.plan = $1 AND o.stage <> $2 AND o.device = d.name) "
          "THEN 1 ELSE 0 END, d.name LIMIT $4",
      {key.plan, key.stage, key.fleet, count}));
  return {};
}

ApiResult<void> SelectNamed(Sql& sql, const StageKey& key, const Json& names) {
  std::set<std::string> distinct;
  for (const Json& name : names) distinct.insert(name.get<std::string>());
  for (const std::string& name : distinct) {
    SKERRY_API_ASSIGN_OR_RETURN(
        const std::int64_t added,
        sql.Execute(std::string(kInsertSql) + " AND d.name = $4",
                    {key.plan, key.stage, key.fleet, name}));
    if (added == 0) {
      return ValidationFault("No device with name " + name +
                             " found in device fleet " + key.fleet + ".");
    }
  }
  return {};
}

}  // namespace

ApiResult<void> CheckSelection(const Json& selection) {
  const auto type = selection.at("DeviceSubsetType").get<std::string>();
  const std::string needed = type == "PERCENTAGE"  ? "Percentage"
                             : type == "SELECTION" ? "DeviceNames"
                                                   : "DeviceNameContains";
  if (!HasMember(selection, needed)) {
    return ValidationFault("DeviceSelectionConfig of type " + type + " needs " +
                           needed + ".");
  }
  if (type == "PERCENTAGE" &&
      selection.at("Percentage").get<std::int64_t>() < 1) {
    return ValidationFault("Percentage must be from 1 to 100.");
  }
  if (type == "SELECTION" &&
      selection.at("DeviceNames").size() > kRequestDeviceCountMax) {
    return ValidationFault("DeviceNames has more than " +
                           std::to_string(kRequestDeviceCountMax) +
                           " entries, the limit.");
  }
  return {};
}

ApiResult<void> SelectDevices(Sql& sql, const StageKey& key,
                              const Json& selection) {
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_stage_devices WHERE plan = $1 AND stage = $2",
                  {key.plan, key.stage}));
  const auto type = selection.at("DeviceSubsetType").get<std::string>();
  if (type == "PERCENTAGE") {
    return SelectShare(sql, key,
                       selection.at("Percentage").get<std::int64_t>());
  }
  if (type == "SELECTION") {
    return SelectNamed(sql, key, selection.at("DeviceNames"));
  }
  SKERRY_API_RETURN_IF_ERROR(sql.Execute(
      std::string(kInsertSql) + " AND replace(d.name, $4, '') <> d.name",
      {key.plan, key.stage, key.fleet,
       selection.at("DeviceNameContains").get<std::string>()}));
  return {};
}

ApiResult<Json> StageDevices(Sql& sql, const Call& call,
                             const std::string& plan_arn, const StageKey& key) {
  // The other stage of the plan that has deployed to the device, if any.
  ListQuery query(call,
                  "s.device, d.arn, s.status, s.message, d.description, "
                  "s.started, (SELECT MIN(o.stage) FROM sm_stage_devices o "
                  "WHERE o.plan = s.plan AND o.device = s.device "
                  "AND o.status = 'DEPLOYED')",
                  "sm_stage_devices s LEFT JOIN sm_devices d "
                  "ON d.fleet = s.fleet AND d.name = s.device",
                  "s.device");
  query.Where("s.plan = ?", key.plan);
  query.Where("s.stage = ?", key.stage);
  if (call.Has("ExcludeDevicesDeployedInOtherStage") &&
      call.input.at("ExcludeDevicesDeployedInOtherStage").get<bool>()) {
    query.Where(
        "NOT EXISTS (SELECT 1 FROM sm_stage_devices o WHERE o.plan = s.plan "
        "AND o.device = s.device AND o.status = 'DEPLOYED' AND o.stage <> ?)",
        key.stage);
  }
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) {
    // A device that was deregistered since has no record of its own.
    const std::string& arn = TextOf(row[1]);
    Json& summary = summaries.emplace_back(
        Json{{"EdgeDeploymentPlanArn", plan_arn},
             {"EdgeDeploymentPlanName", key.plan},
             {"StageName", key.stage},
             {"DeviceFleetName", key.fleet},
             {"DeviceName", TextOf(row[0])},
             {"DeviceArn", arn.empty() ? call.Arn("device-fleet/" + key.fleet +
                                                  "/device/" + TextOf(row[0]))
                                       : arn},
             {"DeviceDeploymentStatus", TextOf(row[2])}});
    PutText(summary, "DeviceDeploymentStatusMessage", row[3]);
    PutText(summary, "Description", row[4]);
    PutTime(summary, "DeploymentStartTime", row[5]);
    PutText(summary, "DeployedStageName", row[6]);
  }
  Json output = {{"DeviceDeploymentSummaries", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

}  // namespace skerry::cloud
