#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/job_log.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/jobs/job_run.h"

namespace skerry::cloud {

/// Where a worker has its jobs from: the queue itself, or a server that has
/// it. Errors are those of `JobQueue`; kUnavailable is worth another try.
///
/// Thread safety: thread-safe; may block.
class JobSource {
 public:
  virtual ~JobSource() = default;
  virtual Result<std::optional<LeasedJob>> Lease(const std::string& worker,
                                                 std::chrono::seconds duration,
                                                 JobKind kind) = 0;
  virtual Result<LeasedJob> Renew(const LeasedJob& job,
                                  std::chrono::seconds duration) = 0;
  /// Ends the job as `outcome` says; what was made is recorded with it.
  virtual Result<void> Finish(const LeasedJob& job,
                              const JobOutcome& outcome) = 0;
  virtual Result<void> Release(const LeasedJob& job) = 0;
  virtual Result<void> AppendLog(const LeasedJob& job,
                                 std::string_view text) = 0;
};

/// Jobs of `queue`; logs go to `logs`. Both outlive it.
std::unique_ptr<JobSource> LocalJobs(JobQueue& queue, JobLogs& logs);

}  // namespace skerry::cloud
