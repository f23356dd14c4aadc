#include "skerry/cloud/jobs/job_messages.h"

#include <nlohmann/json.hpp>

namespace skerry::cloud {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kLeaseSecondsMax = 3600;
constexpr int kCodeFirst = 1;
constexpr int kCodeLast = 16;

std::string Print(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> ParseObject(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return InvalidArgument("the body is no JSON object");
  return json;
}

Result<std::string> Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) {
    return InvalidArgument(std::string("'") + key + "' must be a string");
  }
  return found->get<std::string>();
}

Result<std::int64_t> Number(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) {
    return InvalidArgument(std::string("'") + key + "' must be a whole number");
  }
  return found->get<std::int64_t>();
}

Json JobJson(const LeasedJob& job) {
  return {{"kind", std::string(JobKindName(job.job.kind))},
          {"name", job.job.name},
          {"lease", job.lease},
          {"lease_end", job.lease_end}};
}

Result<LeasedJob> JobOf(const Json& json) {
  LeasedJob job;
  SKERRY_ASSIGN_OR_RETURN(const std::string kind, Text(json, "kind"));
  SKERRY_ASSIGN_OR_RETURN(job.job.kind, ParseJobKind(kind));
  SKERRY_ASSIGN_OR_RETURN(job.job.name, Text(json, "name"));
  SKERRY_ASSIGN_OR_RETURN(job.lease, Text(json, "lease"));
  SKERRY_ASSIGN_OR_RETURN(job.lease_end, Number(json, "lease_end"));
  return job;
}

Result<std::int64_t> Seconds(const Json& json) {
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t seconds, Number(json, "seconds"));
  if (seconds < 1 || seconds > kLeaseSecondsMax) {
    return InvalidArgument("'seconds' is " + std::to_string(seconds) +
                           ", want 1 to " + std::to_string(kLeaseSecondsMax));
  }
  return seconds;
}

}  // namespace

std::string PrintJobMessage(std::string_view call, const JobMessage& message) {
  if (call == "lease") {
    return Print({{"worker", message.worker}, {"seconds", message.seconds}});
  }
  Json json = JobJson(message.job);
  if (call == "renew") json["seconds"] = message.seconds;
  if (call == "log") json["text"] = message.text;
  if (call == "fail") json["reason"] = message.text;
  if (call == "complete") {
    json["result"] = message.outcome.result;
    json["artifact_uri"] = message.outcome.artifact_uri;
    json["artifact_sha256"] = message.outcome.artifact_sha256;
    json["lineage"] = message.outcome.lineage;
  }
  return Print(json);
}

Result<JobMessage> ParseJobMessage(std::string_view call,
                                   std::string_view text) {
  SKERRY_ASSIGN_OR_RETURN(const Json json, ParseObject(text));
  JobMessage message;
  if (call == "lease") {
    SKERRY_ASSIGN_OR_RETURN(message.worker, Text(json, "worker"));
    SKERRY_ASSIGN_OR_RETURN(message.seconds, Seconds(json));
    return message;
  }
  SKERRY_ASSIGN_OR_RETURN(message.job, JobOf(json));
  if (call == "renew") {
    SKERRY_ASSIGN_OR_RETURN(message.seconds, Seconds(json));
  } else if (call == "log") {
    SKERRY_ASSIGN_OR_RETURN(message.text, Text(json, "text"));
  } else if (call == "fail") {
    SKERRY_ASSIGN_OR_RETURN(message.text, Text(json, "reason"));
  } else if (call == "complete") {
    JobOutcome& outcome = message.outcome;
    outcome.end = JobOutcome::End::kCompleted;
    SKERRY_ASSIGN_OR_RETURN(outcome.result, Text(json, "result"));
    SKERRY_ASSIGN_OR_RETURN(outcome.artifact_uri, Text(json, "artifact_uri"));
    SKERRY_ASSIGN_OR_RETURN(outcome.artifact_sha256,
                            Text(json, "artifact_sha256"));
    SKERRY_ASSIGN_OR_RETURN(outcome.lineage, Text(json, "lineage"));
    // They are shown to clients as JSON.
    SKERRY_RETURN_IF_ERROR(ParseObject(outcome.result));
    SKERRY_RETURN_IF_ERROR(ParseObject(outcome.lineage));
  }
  return message;
}

std::string PrintLeasedJob(const std::optional<LeasedJob>& job) {
  if (!job) return "{}";
  Json json = JobJson(*job);
  json["spec"] = job->job.spec;
  json["created"] = job->job.created;
  json["stop_requested"] = job->stop_requested;
  return Print(json);
}

Result<std::optional<LeasedJob>> ParseLeasedJob(std::string_view text) {
  SKERRY_ASSIGN_OR_RETURN(const Json json, ParseObject(text));
  if (json.empty()) return std::optional<LeasedJob>();
  SKERRY_ASSIGN_OR_RETURN(LeasedJob job, JobOf(json));
  SKERRY_ASSIGN_OR_RETURN(job.job.spec, Text(json, "spec"));
  SKERRY_ASSIGN_OR_RETURN(job.job.created, Number(json, "created"));
  const auto stop = json.find("stop_requested");
  job.stop_requested = stop != json.end() && *stop == true;
  return std::optional(std::move(job));
}

std::string PrintJobError(const Error& error) {
  return Print({{"error", std::string(ErrorCodeName(error.code()))},
                {"message", error.message()}});
}

Error ParseJobError(int status, std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) {
    const auto name = Text(json, "error");
    const auto message = Text(json, "message");
    for (int code = kCodeFirst; name && message && code <= kCodeLast; ++code) {
      if (ErrorCodeName(static_cast<ErrorCode>(code)) == *name) {
        return {static_cast<ErrorCode>(code), *message};
      }
    }
    // As AWS's protocols say it, such as about a signature.
    if (message) return PermissionDenied(*message);
  }
  const std::string words =
      "the server answered with HTTP status " + std::to_string(status);
  return status >= 500 ? Unavailable(words) : FailedPrecondition(words);
}

}  // namespace skerry::cloud
