#include "skerry/cloud/jobs/job_source.h"
#include "skerry/cloud/jobs/lineage.h"

namespace skerry::cloud {
namespace {

class LocalJobsImpl final : public JobSource {
 public:
  LocalJobsImpl(JobQueue& queue, JobLogs& logs) : queue_(queue), logs_(logs) {}

  Result<std::optional<LeasedJob>> Lease(const std::string& worker,
                                         std::chrono::seconds duration,
                                         JobKind kind) override {
    return queue_.Lease(worker, duration, kind);
  }

  Result<LeasedJob> Renew(const LeasedJob& job,
                          std::chrono::seconds duration) override {
    return queue_.Renew(job, duration);
  }

  Result<void> Finish(const LeasedJob& job,
                      const JobOutcome& outcome) override {
    switch (outcome.end) {
      case JobOutcome::End::kStopped:
        return queue_.Stopped(job);
      case JobOutcome::End::kFailed:
        return queue_.Fail(job, outcome.failure_reason);
      case JobOutcome::End::kCompleted:
        break;
    }
    return queue_.Complete(
        job, outcome.result, [&](Transaction& transaction) -> Result<void> {
          // Packages record themselves before they are put.
          if (job.job.kind != JobKind::kCompilation) return {};
          return RecordArtifact(transaction, {.uri = outcome.artifact_uri,
                                              .sha256 = outcome.artifact_sha256,
                                              .job_name = job.job.name,
                                              .lineage = outcome.lineage,
                                              .created = NowMicros()});
        });
  }

  Result<void> Release(const LeasedJob& job) override {
    return queue_.Release(job);
  }

  Result<void> AppendLog(const LeasedJob& job, std::string_view text) override {
    return logs_.Append(job.job.kind, job.job.name, text);
  }

 private:
  JobQueue& queue_;
  JobLogs& logs_;
};

}  // namespace

std::unique_ptr<JobSource> LocalJobs(JobQueue& queue, JobLogs& logs) {
  return std::make_unique<LocalJobsImpl>(queue, logs);
}

}  // namespace skerry::cloud
