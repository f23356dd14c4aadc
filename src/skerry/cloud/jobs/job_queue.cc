#include "skerry/cloud/jobs/job_queue.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace skerry::cloud {
namespace {

constexpr std::size_t kReasonBytesMax = 1024;  // of FailureReason
constexpr std::string_view kColumns =
    "kind, name, spec, state, failure_reason, result, created, started, ended, "
    "modified";

std::int64_t Number(JobKind kind) { return std::to_underlying(kind); }
std::int64_t Number(JobState state) { return std::to_underlying(state); }

std::string Named(JobKind kind, const std::string& name) {
  return std::string(JobKindName(kind)) + " job '" + name + "'";
}

Error NoSuchJob(JobKind kind, const std::string& name) {
  return NotFound("there is no " + Named(kind, name));
}

Error LostLease(const Job& job) {
  return {ErrorCode::kAborted, Named(job.kind, job.name) +
                                   ": its lease was lost; another worker has "
                                   "it, or it has ended"};
}

// Of the columns `kColumns`.
Job JobOf(const SqlRow& row) {
  Job job;
  job.kind = static_cast<JobKind>(IntOf(row[0]));
  job.name = TextOf(row[1]);
  job.spec = TextOf(row[2]);
  job.state = static_cast<JobState>(IntOf(row[3]));
  job.failure_reason = TextOf(row[4]);
  job.result = TextOf(row[5]);
  job.created = IntOf(row[6]);
  job.started = IntOf(row[7]);
  job.ended = IntOf(row[8]);
  job.modified = IntOf(row[9]);
  return job;
}

std::string Select(std::string_view rest) {
  std::string sql = "SELECT ";
  sql += kColumns;
  sql += " FROM jobs ";
  sql += rest;
  return sql;
}

std::int64_t Micros(std::chrono::seconds duration) {
  return std::chrono::microseconds(duration).count();
}

// A text whose first `bytes_max` bytes end with a whole character.
std::string Cut(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

struct Candidate {
  LeasedJob last;  // with the lease that ran out, if there was one
  std::int64_t attempt_count = 0;
};

// The oldest job that nobody holds.
Result<std::optional<Candidate>> FindCandidate(Transaction& transaction,
                                               std::int64_t now,
                                               std::optional<JobKind> only,
                                               std::string_view suffix) {
  std::string sql = "SELECT ";
  sql += kColumns;
  sql +=
      ", stop_requested, lease, attempt_count FROM jobs "
      "WHERE ended = 0 AND lease_end < $1 AND ($2 < 0 OR kind = $2) "
      "ORDER BY id LIMIT 1";
  sql += suffix;
  const SqlValue parameters[] = {now, only ? Number(*only) : std::int64_t{-1}};
  SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                          transaction.Query(sql, parameters));
  if (rows.empty()) return std::optional<Candidate>();
  const SqlRow& row = rows[0];
  Candidate found{{JobOf(row), TextOf(row[11]), 0, IntOf(row[10]) != 0},
                  IntOf(row[12])};
  return std::optional(std::move(found));
}

// One row must have changed: its lease is part of the condition.
Result<void> CheckHeld(const Result<std::int64_t>& count, const Job& job) {
  if (!count) return count.error();
  return *count > 0 ? Result<void>() : LostLease(job);
}

Result<void> SetEnded(Transaction& transaction, const LeasedJob& leased,
                      JobState state, const std::string& reason,
                      const std::string& result) {
  const Job& job = leased.job;
  const SqlValue parameters[] = {Number(job.kind),
                                 job.name,
                                 leased.lease,
                                 Number(state),
                                 Cut(reason, kReasonBytesMax),
                                 result,
                                 NowMicros()};
  return CheckHeld(
      transaction.Execute(
          "UPDATE jobs SET state = $4, failure_reason = $5, result = $6, "
          "ended = $7, modified = $7, lease = '', lease_end = 0 "
          "WHERE kind = $1 AND name = $2 AND lease = $3 AND ended = 0",
          parameters),
      job);
}

// Ends a job that cannot be handed out again, or hands it out.
Result<std::optional<LeasedJob>> Take(Transaction& transaction,
                                      const Candidate& found,
                                      const std::string& worker,
                                      std::int64_t now,
                                      std::int64_t lease_end) {
  const Job& job = found.last.job;
  if (found.last.stop_requested) {
    SKERRY_RETURN_IF_ERROR(
        SetEnded(transaction, found.last, JobState::kStopped, "", ""));
    return std::optional<LeasedJob>();
  }
  if (found.attempt_count >= kJobAttemptsMax) {
    SKERRY_RETURN_IF_ERROR(SetEnded(
        transaction, found.last, JobState::kFailed,
        "ServerError: " + std::to_string(found.attempt_count) +
            " workers were lost while they ran this job; see the workers' logs",
        ""));
    return std::optional<LeasedJob>();
  }
  LeasedJob leased{job, NewRowId(), lease_end, false};
  leased.job.state = JobState::kInProgress;
  leased.job.modified = now;
  if (leased.job.started == 0) leased.job.started = now;
  const SqlValue parameters[] = {
      Number(job.kind),   job.name, Number(JobState::kInProgress),
      leased.job.started, now,      leased.lease,
      lease_end,          worker};
  SKERRY_RETURN_IF_ERROR(transaction.Execute(
      "UPDATE jobs SET state = $3, started = $4, modified = $5, lease = $6, "
      "lease_end = $7, worker = $8, attempt_count = attempt_count + 1 "
      "WHERE kind = $1 AND name = $2",
      parameters));
  return std::optional(std::move(leased));
}

// The state of a job that `job` still holds; kAborted.
Result<JobState> HeldState(Transaction& transaction, const LeasedJob& job) {
  const SqlValue parameters[] = {Number(job.job.kind), job.job.name, job.lease};
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      transaction.Query("SELECT state FROM jobs WHERE kind = $1 AND name = $2 "
                        "AND lease = $3 AND ended = 0",
                        parameters));
  if (rows.empty() || job.lease.empty()) return LostLease(job.job);
  return static_cast<JobState>(IntOf(rows[0][0]));
}

}  // namespace

struct JobQueue::Outcome {
  JobState state;
  std::string reason;
  std::string result;
  const Database::Body* also = nullptr;
};

Result<void> JobQueue::Submit(Transaction& transaction, JobKind kind,
                              const std::string& name,
                              const std::string& spec) {
  const std::int64_t now = NowMicros();
  const SqlValue parameters[] = {
      Number(kind), name, NewRowId(), spec, Number(JobState::kStarting), now};
  SKERRY_ASSIGN_OR_RETURN(
      const std::int64_t count,
      transaction.Execute(
          "INSERT INTO jobs (kind, name, id, spec, state, failure_reason, "
          "result, created, started, ended, modified, stop_requested, lease, "
          "lease_end, worker, attempt_count) VALUES ($1, $2, $3, $4, $5, '', "
          "'', $6, 0, 0, $6, 0, '', 0, '', 0) ON CONFLICT DO NOTHING",
          parameters));
  if (count == 0) return AlreadyExists(Named(kind, name) + " exists");
  return {};
}

Result<Job> JobQueue::Get(Transaction& transaction, JobKind kind,
                          const std::string& name) {
  const SqlValue parameters[] = {Number(kind), name};
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      transaction.Query(Select("WHERE kind = $1 AND name = $2"), parameters));
  if (rows.empty()) return NoSuchJob(kind, name);
  return JobOf(rows[0]);
}

Result<void> JobQueue::RequestStop(Transaction& transaction, JobKind kind,
                                   const std::string& name) {
  SKERRY_ASSIGN_OR_RETURN(const Job job, Get(transaction, kind, name));
  const std::int64_t now = NowMicros();
  // What the job is may have changed since it was read, so the conditions say
  // it again.
  const SqlValue waiting[] = {Number(kind), name, Number(JobState::kStopped),
                              now, Number(JobState::kStarting)};
  SKERRY_ASSIGN_OR_RETURN(
      std::int64_t count,
      transaction.Execute("UPDATE jobs SET state = $3, ended = $4, "
                          "modified = $4, stop_requested = 1 "
                          "WHERE kind = $1 AND name = $2 AND state = $5",
                          waiting));
  if (count > 0) return {};
  const SqlValue running[] = {Number(kind), name, Number(JobState::kStopping),
                              now};
  SKERRY_ASSIGN_OR_RETURN(
      count, transaction.Execute("UPDATE jobs SET state = $3, modified = $4, "
                                 "stop_requested = 1 WHERE kind = $1 AND "
                                 "name = $2 AND ended = 0",
                                 running));
  if (count > 0) return {};
  return FailedPrecondition(Named(kind, name) + " has ended: it is " +
                            std::string(JobStateName(job.state)));
}

Result<void> JobQueue::Remove(Transaction& transaction, JobKind kind,
                              const std::string& name) {
  SKERRY_ASSIGN_OR_RETURN(const Job job, Get(transaction, kind, name));
  const SqlValue parameters[] = {Number(kind), name};
  SKERRY_ASSIGN_OR_RETURN(
      const std::int64_t count,
      transaction.Execute(
          "DELETE FROM jobs WHERE kind = $1 AND name = $2 AND ended > 0",
          parameters));
  if (count > 0) return {};
  return FailedPrecondition(Named(kind, name) + " has not ended: it is " +
                            std::string(JobStateName(job.state)));
}

Result<std::vector<Job>> JobQueue::List(Transaction& transaction, JobKind kind,
                                        const JobFilter& filter) {
  constexpr std::array<std::string_view, 4> kOrders = {"name", "created",
                                                       "modified", "state"};
  std::string sql =
      "SELECT kind, name, '', state, failure_reason, '', created, started, "
      "ended, modified FROM jobs WHERE kind = $1 "
      "AND ($2 < 0 OR state = $2) AND created > $3 AND created < $4 "
      "AND modified > $5 AND modified < $6 "
      "AND ($7 = '' OR REPLACE(name, $7, '') <> name) ORDER BY ";
  const std::string_view way = filter.ascending ? " ASC" : " DESC";
  sql += kOrders[std::to_underlying(filter.order)];
  sql.append(way).append(", name").append(way).append(" LIMIT $8 OFFSET $9");
  const auto before = [](std::int64_t time) {
    return time == 0 ? INT64_MAX : time;
  };
  const SqlValue parameters[] = {
      Number(kind),
      filter.state ? Number(*filter.state) : std::int64_t{-1},
      filter.created_after,
      before(filter.created_before),
      filter.modified_after,
      before(filter.modified_before),
      filter.name_contains,
      filter.count_max,
      filter.skip};
  SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                          transaction.Query(sql, parameters));
  std::vector<Job> jobs;
  jobs.reserve(rows.size());
  std::ranges::transform(rows, std::back_inserter(jobs), JobOf);
  return jobs;
}

Result<std::int64_t> JobQueue::Count(Transaction& transaction, JobKind kind,
                                     JobState state) {
  const SqlValue parameters[] = {Number(kind), Number(state)};
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      transaction.Query(
          "SELECT COUNT(*) FROM jobs WHERE kind = $1 AND state = $2",
          parameters));
  return rows.empty() ? 0 : IntOf(rows[0][0]);
}

Result<std::optional<LeasedJob>> JobQueue::Lease(const std::string& worker,
                                                 std::chrono::seconds duration,
                                                 std::optional<JobKind> only) {
  while (true) {
    // Idle workers ask often, and asking must not cost a write.
    bool waits = false;
    SKERRY_RETURN_IF_ERROR(
        database_.Read([&](Transaction& transaction) -> Result<void> {
          SKERRY_ASSIGN_OR_RETURN(
              const std::optional<Candidate> found,
              FindCandidate(transaction, NowMicros(), only, ""));
          waits = found.has_value();
          return {};
        }));
    if (!waits) return std::optional<LeasedJob>();
    std::optional<LeasedJob> leased;
    bool found_one = false;
    SKERRY_RETURN_IF_ERROR(
        database_.Write([&](Transaction& transaction) -> Result<void> {
          const std::int64_t now = NowMicros();
          leased.reset();
          SKERRY_ASSIGN_OR_RETURN(
              const std::optional<Candidate> found,
              FindCandidate(transaction, now, only, transaction.skip_locked()));
          found_one = found.has_value();
          if (!found_one) return {};
          SKERRY_ASSIGN_OR_RETURN(leased, Take(transaction, *found, worker, now,
                                               now + Micros(duration)));
          return {};
        }));
    // A job that was ended here leaves the next one to be looked at.
    if (leased || !found_one) return leased;
  }
}

Result<LeasedJob> JobQueue::Renew(const LeasedJob& job,
                                  std::chrono::seconds duration) {
  LeasedJob renewed = job;
  SKERRY_RETURN_IF_ERROR(
      database_.Write([&](Transaction& transaction) -> Result<void> {
        SKERRY_ASSIGN_OR_RETURN(const JobState state,
                                HeldState(transaction, job));
        renewed.job.state = state;
        renewed.stop_requested = state == JobState::kStopping;
        renewed.lease_end = NowMicros() + Micros(duration);
        const SqlValue parameters[] = {Number(job.job.kind), job.job.name,
                                       job.lease, renewed.lease_end};
        return CheckHeld(
            transaction.Execute(
                "UPDATE jobs SET lease_end = $4 WHERE kind = $1 AND name = $2 "
                "AND lease = $3 AND ended = 0",
                parameters),
            job.job);
      }));
  return renewed;
}

Result<void> JobQueue::CheckLease(const LeasedJob& job) {
  return database_.Read([&](Transaction& transaction) -> Result<void> {
    SKERRY_RETURN_IF_ERROR(HeldState(transaction, job));
    return {};
  });
}

Result<void> JobQueue::End(const LeasedJob& job, const Outcome& outcome) {
  return database_.Write([&](Transaction& transaction) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(const JobState state, HeldState(transaction, job));
    if (state == JobState::kStopping) {
      return SetEnded(transaction, job, JobState::kStopped, "", "");
    }
    SKERRY_RETURN_IF_ERROR(SetEnded(transaction, job, outcome.state,
                                    outcome.reason, outcome.result));
    if (outcome.also == nullptr || !*outcome.also) return {};
    return (*outcome.also)(transaction);
  });
}

Result<void> JobQueue::Complete(const LeasedJob& job, const std::string& result,
                                const Database::Body& also) {
  return End(job, {JobState::kCompleted, "", result, &also});
}

Result<void> JobQueue::Fail(const LeasedJob& job, const std::string& reason) {
  return End(job, {JobState::kFailed, reason, "", nullptr});
}

Result<void> JobQueue::Stopped(const LeasedJob& job) {
  return End(job, {JobState::kStopped, "", "", nullptr});
}

Result<void> JobQueue::Release(const LeasedJob& job) {
  return database_.Write([&](Transaction& transaction) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(const JobState state, HeldState(transaction, job));
    if (state == JobState::kStopping) {
      return SetEnded(transaction, job, JobState::kStopped, "", "");
    }
    const SqlValue parameters[] = {Number(job.job.kind), job.job.name,
                                   job.lease, Number(JobState::kStarting),
                                   NowMicros()};
    return CheckHeld(
        transaction.Execute(
            "UPDATE jobs SET state = $4, modified = $5, lease = '', "
            "lease_end = 0, worker = '', attempt_count = attempt_count - 1 "
            "WHERE kind = $1 AND name = $2 AND lease = $3 AND ended = 0",
            parameters),
        job.job);
  });
}

}  // namespace skerry::cloud
