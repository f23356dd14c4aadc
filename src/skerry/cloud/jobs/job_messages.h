#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/jobs/job_run.h"

namespace skerry::cloud {

/// What workers on other machines say to the server and hear from it, as JSON:
/// POST to kJobPathPrefix and the call's name, signed for the service
/// `kJobService` by a key whose role is worker (or one that may do all).
///
///   lease    {"worker", "seconds"}          -> the job, or {} if none waits
///   renew    the job, {"seconds"}           -> the job
///   log      the job, {"text"}              -> {}
///   complete the job, {"result", "artifact_uri", "artifact_sha256", "lineage"}
///   fail     the job, {"reason"}
///   stopped  the job
///   release  the job                        -> {}
///
/// A job is {"kind", "name", "lease", "lease_end"}; one that was leased has
/// "spec", "created" and "stop_requested" as well. Only compilations are
/// leased: packages are signed where the key is. An error is
/// {"error", "message"} with the name of a code of `ErrorCode`.
inline constexpr std::string_view kJobPathPrefix = "/skerry/v1/jobs/";
inline constexpr std::string_view kJobService = "skerry";
/// Bytes of a request or an answer.
inline constexpr std::size_t kJobMessageBytesMax = std::size_t{4} << 20;

struct JobMessage {
  std::string worker = {};
  std::int64_t seconds = 0;
  LeasedJob job = {};
  std::string text = {};  ///< of log; the reason of fail
  JobOutcome outcome = {};
};

std::string PrintJobMessage(std::string_view call, const JobMessage& message);
/// kInvalidArgument names the key that is missing or wrong.
Result<JobMessage> ParseJobMessage(std::string_view call,
                                   std::string_view text);

std::string PrintLeasedJob(const std::optional<LeasedJob>& job);
Result<std::optional<LeasedJob>> ParseLeasedJob(std::string_view text);

std::string PrintJobError(const Error& error);
/// The error in the answer with HTTP `status`.
Error ParseJobError(int status, std::string_view text);

}  // namespace skerry::cloud
