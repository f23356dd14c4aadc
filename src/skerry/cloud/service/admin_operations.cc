#include "skerry/cloud/service/admin_operations.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <utility>

namespace skerry::cloud {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kCountMax = 1000;

Result<std::int64_t> NumberOf(const AdminTarget& target, std::string_view name,
                              std::int64_t absent) {
  const std::string text = target.Value(name);
  if (text.empty()) return absent;
  std::int64_t value = 0;
  const auto [end, fault] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < 0) {
    return InvalidArgument("query '" + std::string(name) + "': got '" + text +
                           "', want a number");
  }
  return value;
}

Result<int> CountOf(const AdminTarget& target) {
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t count,
                          NumberOf(target, "count", 100));
  return static_cast<int>(std::clamp<std::int64_t>(count, 1, kCountMax));
}

Json JsonOf(const AccessKey& key) {
  return {{"access_key_id", key.principal.access_key_id},
          {"name", key.principal.name},
          {"role", RoleName(key.principal.role)},
          {"active", key.active},
          {"created", key.created}};
}

Json JsonOf(const AuditEntry& entry) {
  return {{"time", entry.time},
          {"id", entry.id},
          {"access_key_id", entry.access_key_id},
          {"name", entry.name},
          {"peer", entry.peer},
          {"action", entry.action},
          {"resource", entry.resource},
          {"outcome", entry.outcome}};
}

Json JsonOf(const Job& job) {
  return {{"kind", JobKindName(job.kind)},
          {"name", job.name},
          {"state", JobStateName(job.state)},
          {"failure_reason", job.failure_reason},
          {"created", job.created},
          {"started", job.started},
          {"ended", job.ended}};
}

Result<Response> GetStatus(const AdminCall& call) {
  Json jobs = Json::object();
  const auto count = [&](Transaction& transaction) -> Result<void> {
    for (const JobKind kind : {JobKind::kCompilation, JobKind::kPackaging}) {
      Json& states = jobs[std::string(JobKindName(kind))] = Json::object();
      for (const JobState state :
           {JobState::kStarting, JobState::kInProgress, JobState::kStopping,
            JobState::kCompleted, JobState::kFailed, JobState::kStopped}) {
        SKERRY_ASSIGN_OR_RETURN(
            const std::int64_t number,
            call.services.jobs.Count(transaction, kind, state));
        states[std::string(JobStateName(state))] = number;
      }
    }
    return {};
  };
  SKERRY_RETURN_IF_ERROR(call.services.database.Read(count));
  return JsonResponse(200, {{"version", call.services.version},
                            {"region", call.services.region},
                            {"jobs", jobs}});
}

Result<Response> ListKeys(const AdminCall& call) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<AccessKey> keys,
                          call.services.keys.List());
  Json list = Json::array();
  for (const AccessKey& key : keys) list.push_back(JsonOf(key));
  return JsonResponse(200, {{"keys", list}});
}

Result<Response> AddKey(const AdminCall& call) {
  SKERRY_ASSIGN_OR_RETURN(const Json json, call.BodyJson());
  if (!json.contains("role") || !json["role"].is_string() ||
      !json.contains("name") || !json["name"].is_string()) {
    return InvalidArgument("'role' and 'name' are wanted, both text");
  }
  SKERRY_ASSIGN_OR_RETURN(const Role role,
                          ParseRole(json["role"].get<std::string>()));
  SKERRY_ASSIGN_OR_RETURN(
      const AccessKey key,
      call.services.keys.Add(role, json["name"].get<std::string>(),
                             call.Audit("skerry:keys:Add")));
  Json made = JsonOf(key);
  made["secret_access_key"] = key.secret;
  return JsonResponse(201, made);
}

Result<Response> UpdateKey(const AdminCall& call) {
  SKERRY_ASSIGN_OR_RETURN(const Json json, call.BodyJson());
  if (!json.contains("active") || !json["active"].is_boolean()) {
    return InvalidArgument("'active' is wanted, true or false");
  }
  const bool active = json["active"].get<bool>();
  SKERRY_RETURN_IF_ERROR(call.services.keys.SetActive(
      call.target.parts[1], active,
      call.Audit(active ? "skerry:keys:Enable" : "skerry:keys:Disable")));
  return JsonResponse(200, Json::object());
}

Result<Response> RemoveKey(const AdminCall& call) {
  SKERRY_RETURN_IF_ERROR(call.services.keys.Remove(
      call.target.parts[1], call.Audit("skerry:keys:Remove")));
  return JsonResponse(200, Json::object());
}

Result<Response> ReadAuditLog(const AdminCall& call) {
  SKERRY_ASSIGN_OR_RETURN(const int count, CountOf(call.target));
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t before,
                          NumberOf(call.target, "before", 0));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<AuditEntry> entries,
                          ReadAudit(call.services.database, count, before,
                                    call.target.Value("before_id")));
  Json list = Json::array();
  for (const AuditEntry& entry : entries) list.push_back(JsonOf(entry));
  return JsonResponse(200, {{"entries", list}});
}

Result<Response> ListJobs(const AdminCall& call) {
  JobFilter filter{.ascending = false};
  SKERRY_ASSIGN_OR_RETURN(filter.count_max, CountOf(call.target));
  if (const std::string state = call.target.Value("state"); !state.empty()) {
    SKERRY_ASSIGN_OR_RETURN(filter.state, ParseJobState(state));
  }
  std::vector<JobKind> kinds = {JobKind::kCompilation, JobKind::kPackaging};
  if (const std::string kind = call.target.Value("kind"); !kind.empty()) {
    SKERRY_ASSIGN_OR_RETURN(const JobKind only, ParseJobKind(kind));
    kinds = {only};
  }
  std::vector<Job> jobs;
  const auto list = [&](Transaction& transaction) -> Result<void> {
    jobs.clear();
    for (const JobKind kind : kinds) {
      SKERRY_ASSIGN_OR_RETURN(
          std::vector<Job> found,
          call.services.jobs.List(transaction, kind, filter));
      std::ranges::move(found, std::back_inserter(jobs));
    }
    return {};
  };
  SKERRY_RETURN_IF_ERROR(call.services.database.Read(list));
  std::ranges::sort(jobs, std::greater(), &Job::created);
  jobs.resize(
      std::min(jobs.size(), static_cast<std::size_t>(filter.count_max)));
  Json entries = Json::array();
  for (const Job& job : jobs) entries.push_back(JsonOf(job));
  return JsonResponse(200, {{"jobs", entries}});
}

constexpr AdminOperation kOperations[] = {
    {"GET", 1, "status", "skerry:GetStatus", &GetStatus},
    {"GET", 1, "keys", "skerry:keys:List", &ListKeys},
    {"POST", 1, "keys", "skerry:keys:Add", &AddKey},
    {"PUT", 2, "keys", "skerry:keys:Update", &UpdateKey},
    {"DELETE", 2, "keys", "skerry:keys:Remove", &RemoveKey},
    {"GET", 1, "audit", "skerry:audit:Read", &ReadAuditLog},
    {"GET", 1, "jobs", "skerry:ListJobs", &ListJobs},
};

}  // namespace

Response JsonResponse(int status, const Json& json) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  response.body =
      json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

Result<Json> AdminCall::BodyJson() const {
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return InvalidArgument("the body must be a JSON object");
  }
  return json;
}

AccessKeys::Also AdminCall::Audit(std::string action) const {
  return [this, action = std::move(action)](Transaction& transaction,
                                            const AccessKey& key) {
    return WriteAudit(transaction, {.access_key_id = who.access_key_id,
                                    .name = who.name,
                                    .peer = peer,
                                    .action = action,
                                    .resource = key.principal.access_key_id,
                                    .outcome = "ok"});
  };
}

const AdminOperation* FindAdminOperation(std::string_view method,
                                         const AdminTarget& target) {
  for (const AdminOperation& operation : kOperations) {
    if (operation.method == method &&
        operation.part_count == target.parts.size() &&
        operation.first == target.parts.front()) {
      return &operation;
    }
  }
  return nullptr;
}

}  // namespace skerry::cloud
