#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/sagemaker/call.h"
#include "skerry/cloud/sagemaker/list_query.h"

namespace skerry::cloud {

/// Jobs that have not ended, of each kind.
inline constexpr std::int64_t kUnfinishedJobCountMax = 10'000;

/// What of a job's row is in `jobs`, as SQL: its state's name.
extern const std::string_view kStateNameSql;

/// Queues the job with `spec`. "ResourceInUse" if the name is taken,
/// "ResourceLimitExceeded".
ApiResult<void> SubmitJob(Sql& sql, const Call& call, JobKind kind,
                          const std::string& name, const Json& spec);

/// The job; none.
ApiResult<std::optional<Job>> FindJob(Sql& sql, const Call& call, JobKind kind,
                                      const std::string& name);

/// "ResourceNotFound" if there is none.
ApiResult<Job> GetJob(Sql& sql, const Call& call, JobKind kind,
                      const std::string& name);

/// "ValidationException" if it has ended.
ApiResult<void> StopJob(Sql& sql, const Call& call, JobKind kind,
                        const std::string& name);

/// Adds the condition StatusEquals.
void StatusEquals(ListQuery& query, const Call& call);

/// "s3://bucket/key" with a bucket, and with a key if `key` says so.
ApiResult<void> CheckObjectUri(const std::string& uri, std::string_view member,
                               bool key);

}  // namespace skerry::cloud
