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
Result<JobState> ParseJobState(std::string_view name);
/// COMPLETED, FAILED and STOPPED.
bool HasEnded(JobState state);
/// "compilation" or "packaging", as in paths and messages.
std::string_view JobKindName(JobKind kind);
Result<JobKind> ParseJobKind(std::string_view name);

/// Work for a worker. `spec` and `result` are JSON; their keys are those of the
/// SageMaker API (CreateCompilationJob's and CreateEdgePackagingJob's request,
/// completed by the server; and what Describe shows of the outcome:
/// ModelArtifacts, ModelDigests, DerivedInformation; ModelArtifact,
/// ModelSignature, PresetDeploymentOutput).
struct Job {
  JobKind kind = JobKind::kCompilation;
  std::string name = {};  ///< unique among its kind
  std::string spec = {};
  JobState state = JobState::kStarting;
  std::string failure_reason = {};  ///< for a person; "" if none
  std::string result = {};          ///< of a completed job
  std::int64_t created = 0, started = 0, ended = 0, modified = 0;  ///< micros
};

/// A job that a worker holds until `lease_end`, and must renew before.
struct LeasedJob {
  Job job = {};
  std::string lease = {};  ///< proves who holds it
  std::int64_t lease_end = 0;
  bool stop_requested = false;
};

/// Which jobs to list, and in what order; times in micros, 0: any.
struct JobFilter {
  enum class Order : std::uint8_t { kName, kCreated, kModified, kState };

  std::string name_contains = {};
  std::optional<JobState> state = {};
  std::int64_t created_after = 0, created_before = 0;
  std::int64_t modified_after = 0, modified_before = 0;
  Order order = Order::kCreated;
  bool ascending = true;
  std::int64_t skip = 0;  ///< so many of those that match
  std::int64_t count_max = 100;
};

/// How often a job is handed out before it is given up.
inline constexpr int kJobAttemptsMax = 3;

/// Jobs that wait, run and have ended: rows of the database, so that they
/// survive the server, and several servers and workers share them. A job whose
/// worker is gone is handed out again, `kJobAttemptsMax` times at most.
///
///   state        event               next
///   STARTING     Lease               INPROGRESS
///   STARTING     RequestStop         STOPPED
///   INPROGRESS   Complete            COMPLETED
///   INPROGRESS   Fail                FAILED
///   INPROGRESS   Release             STARTING
///   INPROGRESS   RequestStop         STOPPING
///   INPROGRESS   lease ran out       INPROGRESS, leased anew; or FAILED
///   STOPPING     Complete, Fail, Stopped, Release, lease ran out   STOPPED
///
/// The rows are in the table `jobs`, see `JobMigrations`; others may join it.
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

  /// Without `spec` and `result`.
  Result<std::vector<Job>> List(Transaction& transaction, JobKind kind,
                                const JobFilter& filter);
  /// How many jobs are in `state`.
  Result<std::int64_t> Count(Transaction& transaction, JobKind kind,
                             JobState state);

  // For workers; each a transaction of its own.
  /// The oldest job that waits; none: there is none. `only`: of this kind.
  Result<std::optional<LeasedJob>> Lease(const std::string& worker,
                                         std::chrono::seconds duration,
                                         std::optional<JobKind> only = {});
  /// kAborted: the lease was lost, stop working. Else the job, with
  /// `stop_requested` up to date. It may be called for a lease that ran out
  /// but that nobody else took.
  Result<LeasedJob> Renew(const LeasedJob& job, std::chrono::seconds duration);
  /// kAborted unless the job is held by that lease.
  Result<void> CheckLease(const LeasedJob& job);
  /// `also` is done in the same transaction, unless the job was to be stopped.
  /// kAborted: the lease was lost, and nothing is done; so below.
  Result<void> Complete(const LeasedJob& job, const std::string& result,
                        const Database::Body& also = {});
  /// A reason takes at most 1024 bytes; the rest is cut.
  Result<void> Fail(const LeasedJob& job, const std::string& reason);
  Result<void> Stopped(const LeasedJob& job);
  /// Gives a job back unfinished: it waits again, and this attempt does not
  /// count.
  Result<void> Release(const LeasedJob& job);

 private:
  struct Outcome;
  Result<void> End(const LeasedJob& job, const Outcome& outcome);

  Database& database_;
};

/// The tables of this module: `jobs` (kind, name, id, spec, state,
/// failure_reason, result, created, started, ended, modified, ...) and what
/// lineage.h keeps. `kind` and `state` are the numbers of their enumerators.
std::span<const Migration> JobMigrations();

}  // namespace skerry::cloud
