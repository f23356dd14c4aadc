#include "skerry/cloud/sagemaker/devices.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "skerry/cloud/sagemaker/fleets.h"
#include "skerry/cloud/sagemaker/list_query.h"
#include "skerry/cloud/sagemaker/stages.h"
#include "skerry/cloud/sagemaker/tags.h"

namespace skerry::cloud {
namespace {

SqlValue MemberText(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

std::string NoDevice(const std::string& device, const std::string& fleet) {
  return "No device with name " + device + " found in device fleet " + fleet +
         ".";
}

ApiResult<void> CheckCount(const Json& devices) {
  if (devices.size() <= kRequestDeviceCountMax) return {};
  return ValidationFault("The request has " + std::to_string(devices.size()) +
                         " devices, limit " +
                         std::to_string(kRequestDeviceCountMax) + ".");
}

// Adds `change` to the number of devices of `fleet`; gives the sum.
ApiResult<std::int64_t> CountDevices(Sql& sql, const std::string& fleet,
                                     std::int64_t change) {
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("UPDATE sm_fleets SET device_count = device_count + $2 "
                  "WHERE name = $1",
                  {fleet, change}));
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT device_count FROM sm_fleets WHERE name = $1", {fleet}));
  return row ? IntOf(row->at(0)) : 0;
}

ApiResult<void> RegisterDevice(Sql& sql, const Call& call,
                               const std::string& fleet, const Json& device) {
  const auto name = device.at("DeviceName").get<std::string>();
  const std::string arn = call.Arn("device-fleet/" + fleet + "/device/" + name);
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t added,
      sql.Execute("INSERT INTO sm_devices (fleet, name, arn, description, "
                  "thing_name, registered, heartbeat) "
                  "VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING",
                  {fleet, name, arn, MemberText(device, "Description"),
                   MemberText(device, "IotThingName"), call.now}));
  if (added == 0) {
    return InUseFault("Device with name " + name +
                      " is already registered in device fleet " + fleet + ".");
  }
  return AddTagsTo(sql, call, arn);
}

// What waits for the device waits no longer.
ApiResult<void> LeaveStages(Sql& sql, const std::string& fleet,
                            const std::string& device) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> stages,
      sql.Query("SELECT plan, stage FROM sm_stage_devices WHERE fleet = $1 "
                "AND device = $2 AND status <> 'DEPLOYED'",
                {fleet, device}));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_stage_devices WHERE fleet = $1 "
                  "AND device = $2 AND status <> 'DEPLOYED'",
                  {fleet, device}));
  for (const SqlRow& stage : stages) {
    SKERRY_API_RETURN_IF_ERROR(
        SettleStage(sql, TextOf(stage[0]), TextOf(stage[1])));
  }
  return {};
}

ApiResult<void> DeregisterDevice(Sql& sql, const std::string& fleet,
                                 const std::string& device) {
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn FROM sm_devices WHERE fleet = $1 AND name = $2",
                {fleet, device}));
  if (!row) {
    return ValidationFault("Device with name " + device +
                           " is not registered in device fleet " + fleet + ".");
  }
  const std::string& arn = TextOf(row->at(0));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_devices WHERE arn = $1", {arn}));
  SKERRY_API_RETURN_IF_ERROR(
      sql.Execute("DELETE FROM sm_device_models WHERE arn = $1", {arn}));
  SKERRY_API_RETURN_IF_ERROR(LeaveStages(sql, fleet, device));
  return DropTagsOf(sql, arn);
}

// The models of devices, by the devices' ARNs.
ApiResult<std::map<std::string, Json>> ModelsOf(
    Sql& sql, const std::vector<SqlRow>& devices, std::size_t arn_column) {
  std::map<std::string, Json> models;
  if (devices.empty()) return models;
  std::vector<SqlValue> arns;
  std::string marks;
  for (const SqlRow& device : devices) {
    arns.push_back(device[arn_column]);
    marks += (arns.size() > 1 ? ", $" : "$") + std::to_string(arns.size());
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      sql.Query("SELECT arn, model, version FROM sm_device_models "
                "WHERE arn IN (" +
                    marks + ") ORDER BY arn, model",
                arns));
  for (const SqlRow& row : rows) {
    models[TextOf(row[0])].push_back(
        {{"ModelName", TextOf(row[1])}, {"ModelVersion", TextOf(row[2])}});
  }
  return models;
}

Json DeviceSummary(const SqlRow& row, std::map<std::string, Json>& models) {
  Json summary = {{"DeviceFleetName", TextOf(row[0])},
                  {"DeviceName", TextOf(row[1])},
                  {"DeviceArn", TextOf(row[2])}};
  PutText(summary, "Description", row[3]);
  PutText(summary, "IotThingName", row[4]);
  PutTime(summary, "RegistrationTime", row[5]);
  PutTime(summary, "LatestHeartbeat", row[6]);
  PutText(summary, "AgentVersion", row[7]);
  const auto found = models.find(TextOf(row[2]));
  summary["Models"] =
      found == models.end() ? Json::array() : std::move(found->second);
  return summary;
}

}  // namespace

ApiResult<Json> RegisterDevices(Sql& sql, const Call& call) {
  const std::string fleet = call.Text("DeviceFleetName");
  const Json& devices = call.input.at("Devices");
  SKERRY_API_RETURN_IF_ERROR(CheckCount(devices));
  SKERRY_API_RETURN_IF_ERROR(NeedFleet(sql, fleet));
  for (const Json& device : devices) {
    SKERRY_API_RETURN_IF_ERROR(RegisterDevice(sql, call, fleet, device));
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::int64_t count,
      CountDevices(sql, fleet, static_cast<std::int64_t>(devices.size())));
  if (count > kFleetDeviceCountMax) {
    return LimitFault("Device fleet " + fleet + " would have " +
                      std::to_string(count) + " devices, limit " +
                      std::to_string(kFleetDeviceCountMax) + ".");
  }
  SKERRY_API_RETURN_IF_ERROR(
      Audit(sql, call, call.Arn("device-fleet/" + fleet)));
  return Json();
}

ApiResult<Json> DeregisterDevices(Sql& sql, const Call& call) {
  const std::string fleet = call.Text("DeviceFleetName");
  SKERRY_API_RETURN_IF_ERROR(CheckCount(call.input.at("DeviceNames")));
  SKERRY_API_RETURN_IF_ERROR(NeedFleet(sql, fleet));
  std::set<std::string> names;
  for (const Json& name : call.input.at("DeviceNames")) {
    names.insert(name.get<std::string>());
  }
  for (const std::string& name : names) {
    SKERRY_API_RETURN_IF_ERROR(DeregisterDevice(sql, fleet, name));
  }
  SKERRY_API_RETURN_IF_ERROR(
      CountDevices(sql, fleet, -static_cast<std::int64_t>(names.size())));
  SKERRY_API_RETURN_IF_ERROR(
      Audit(sql, call, call.Arn("device-fleet/" + fleet)));
  return Json();
}

ApiResult<Json> UpdateDevices(Sql& sql, const Call& call) {
  const std::string fleet = call.Text("DeviceFleetName");
  SKERRY_API_RETURN_IF_ERROR(CheckCount(call.input.at("Devices")));
  SKERRY_API_RETURN_IF_ERROR(NeedFleet(sql, fleet));
  for (const Json& device : call.input.at("Devices")) {
    const auto name = device.at("DeviceName").get<std::string>();
    SKERRY_API_ASSIGN_OR_RETURN(
        const std::int64_t changed,
        sql.Execute("UPDATE sm_devices SET description = $3, thing_name = $4 "
                    "WHERE fleet = $1 AND name = $2",
                    {fleet, name, MemberText(device, "Description"),
                     MemberText(device, "IotThingName")}));
    if (changed == 0) return ValidationFault(NoDevice(name, fleet));
  }
  SKERRY_API_RETURN_IF_ERROR(
      Audit(sql, call, call.Arn("device-fleet/" + fleet)));
  return Json();
}

ApiResult<Json> DescribeDevice(Sql& sql, const Call& call) {
  const std::string fleet = call.Text("DeviceFleetName");
  const std::string name = call.Text("DeviceName");
  if (!call.Text("NextToken").empty()) {
    return ValidationFault(
        "The NextToken is not one that this request was given.");
  }
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::optional<SqlRow> row,
      sql.First("SELECT arn, description, thing_name, registered, heartbeat, "
                "agent_version FROM sm_devices WHERE fleet = $1 AND name = $2",
                {fleet, name}));
  if (!row) {
    SKERRY_API_RETURN_IF_ERROR(NeedFleet(sql, fleet));
    return ValidationFault(NoDevice(name, fleet));
  }
  Json output = {{"DeviceArn", TextOf(row->at(0))},
                 {"DeviceName", name},
                 {"DeviceFleetName", fleet},
                 {"MaxModels", kDeviceModelCountMax},
                 {"Models", Json::array()}};
  PutText(output, "Description", row->at(1));
  PutText(output, "IotThingName", row->at(2));
  PutTime(output, "RegistrationTime", row->at(3));
  PutTime(output, "LatestHeartbeat", row->at(4));
  PutText(output, "AgentVersion", row->at(5));
  // A device without a heartbeat has told of no model.
  if (IntOf(row->at(4)) == 0) return output;
  SKERRY_API_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> models,
      sql.Query("SELECT model, version, sampled, inferred "
                "FROM sm_device_models WHERE arn = $1 ORDER BY model",
                {row->at(0)}));
  for (const SqlRow& model : models) {
    Json& entry = output["Models"].emplace_back(Json{
        {"ModelName", TextOf(model[0])}, {"ModelVersion", TextOf(model[1])}});
    PutTime(entry, "LatestSampleTime", model[2]);
    PutTime(entry, "LatestInference", model[3]);
  }
  return output;
}

ApiResult<Json> ListDevices(Sql& sql, const Call& call) {
  if (call.Has("DeviceFleetName")) {
    SKERRY_API_RETURN_IF_ERROR(NeedFleet(sql, call.Text("DeviceFleetName")));
  }
  ListQuery query(call,
                  "fleet, name, arn, description, thing_name, registered, "
                  "heartbeat, agent_version",
                  "sm_devices", "name");
  query.SortBy("fleet");
  query.Equals("fleet", "DeviceFleetName");
  if (call.Has("LatestHeartbeatAfter")) {
    query.Where("heartbeat > ?",
                MicrosOf(call.input.at("LatestHeartbeatAfter")));
  }
  if (call.Has("ModelName")) {
    query.Where("arn IN (SELECT arn FROM sm_device_models WHERE model = ?)",
                call.Text("ModelName"));
  }
  SKERRY_API_ASSIGN_OR_RETURN(const Page page, query.Run(sql));
  SKERRY_API_ASSIGN_OR_RETURN(auto models, ModelsOf(sql, page.rows, 2));
  Json summaries = Json::array();
  for (const SqlRow& row : page.rows) {
    summaries.push_back(DeviceSummary(row, models));
  }
  Json output = {{"DeviceSummaries", std::move(summaries)}};
  PutText(output, "NextToken", page.next_token);
  return output;
}

}  // namespace skerry::cloud
