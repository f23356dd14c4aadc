#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/sagemaker/shapes/request_check.h"
#include "skerry/cloud/sagemaker/sql.h"

namespace skerry::cloud {

inline constexpr std::string_view kAccount = "000000000000";

/// What operations work on.
struct Records {
  Database& database;
  JobQueue& jobs;
};

/// One request: who asks, where and when, and for what. `input` has passed
/// `CheckRequest`.
struct Call {
  Records records;
  Principal principal;
  std::string region;
  std::string peer;
  std::string_view service;    ///< "sagemaker", "sagemaker-edge"
  std::string_view operation;  ///< "CreateDeviceFleet"
  std::int64_t now = 0;        ///< micros
  const Json& input;

  /// "sagemaker:CreateDeviceFleet", as rights and the audit log name it.
  std::string Action() const;

  /// "arn:aws:sagemaker:REGION:000000000000:`resource`".
  std::string Arn(std::string_view resource) const;

  bool Has(std::string_view member) const;
  /// The member's text; "" if it is absent.
  std::string Text(std::string_view member) const;
  /// The member as it came, as JSON; "" if it is absent.
  std::string Raw(std::string_view member) const;
};

/// Text that is NULL in the database where it is empty.
SqlValue TextOrNull(std::string text);

/// Adds "ok" for `resource` to the audit log, within the change.
ApiResult<void> Audit(Sql& sql, const Call& call, const std::string& resource);

/// As AWS writes times: seconds since 1970 with a fraction.
Json TimeJson(std::int64_t micros);
std::int64_t MicrosOf(const Json& seconds);

/// Adds to `json`, if there is something to add.
void PutText(Json& json, std::string_view name, const SqlValue& value);
void PutTime(Json& json, std::string_view name, const SqlValue& value);
/// `value` is JSON as text.
void PutJson(Json& json, std::string_view name, const SqlValue& value);

/// The errors of the service, each with its code.
std::unexpected<ApiError> ValidationFault(std::string message);
std::unexpected<ApiError> NotFoundFault(std::string message);
std::unexpected<ApiError> InUseFault(std::string message);
std::unexpected<ApiError> LimitFault(std::string message);
std::unexpected<ApiError> ConflictFault(std::string message);

}  // namespace skerry::cloud
