#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

enum class JobKind : std::uint8_t { kCompilation, kPackaging };

/// The states of SageMaker's jobs: STARTING, INPROGRESS, COMPLETED, FAILED,
/// STOPPING, STOPPED.
enum class JobState : std::uint8_t {
  kStarting,
  kInProgress,
  kCompleted,
  kFailed,
  kStopping,
  kStopped,
};
std::string_view JobStateName(JobState state);

/// Work for a worker. `spec` and `result` are JSON; their keys are those of the
/// SageMaker API (CreateCompilationJob's and CreateEdgePackagingJob's request,
/// completed by the server; and what Describe shows of the outcome:
/// ModelArtifacts, ModelDigests, DerivedInformation; ModelArtifact,
/// ModelSignature, PresetDeploymentOutput).
struct Job {
  JobKind kind = JobKind::kCompilation;
  std::string name;  ///< unique among its kind
  std::string spec;
  JobState state = JobState::kStarting;
  std::string failure_reason;  ///< for a person; "" if none
  std::string result;          ///< of a completed job
  std::int64_t created = 0, started = 0, ended = 0, modified = 0;  ///< micros
};

/// A job that a worker holds until `lease_end`, and must renew before.
struct LeasedJob {
  Job job;
  std::string lease;  ///< proves who holds it
  std::int64_t lease_end = 0;
  bool stop_requested = false;
};

/// Jobs that wait, run and have ended: rows of the database, so that they
/// survive the server, and several servers and workers share them. A job whose
/// worker is gone is handed out again, three times at most.
///
/// Thread safety: thread-safe; may block.
class JobQueue {
 public:
  explicit JobQueue(Database& database) : database_(database) {}

  // Within the caller's transaction.
  /// kAlreadyExists if the name is taken.
  Result<void> Submit(Transaction& transaction, JobKind kind,
                      const std::string& name, const std::string& spec);
  /// kNotFound.
  Result<Job> Get(Transaction& transaction, JobKind kind,
                  const std::string& name);
  /// kFailedPrecondition if it has ended.
  Result<void> RequestStop(Transaction& transaction, JobKind kind,
                           const std::string& name);
  /// kFailedPrecondition unless it has ended.
  Result<void> Remove(Transaction& transaction, JobKind kind,
                      const std::string& name);

  // For workers; each a transaction of its own.
  /// The oldest job that waits; none: there is none.
  Result<std::optional<LeasedJob>> Lease(const std::string& worker,
                                         std::chrono::seconds duration);
  /// kAborted: the lease was lost, stop working. Else the job, with
  /// `stop_requested` up to date.
  Result<LeasedJob> Renew(const LeasedJob& job, std::chrono::seconds duration);
  Result<void> Complete(const LeasedJob& job, const std::string& result);
  Result<void> Fail(const LeasedJob& job, const std::string& reason);
  Result<void> Stopped(const LeasedJob& job);

 private:
  Database& database_;
};

/// The tables of this module.
std::span<const Migration> JobMigrations();

}  // namespace skerry::cloud
