#include <array>

#include "skerry/cloud/jobs/job_queue.h"

namespace skerry::cloud {

std::span<const Migration> JobMigrations() {
  static const std::array<Migration, 2> kMigrations = {
      Migration{"jobs/1",
                {"CREATE TABLE jobs (kind BIGINT NOT NULL, name TEXT NOT NULL, "
                 "id TEXT NOT NULL, spec TEXT NOT NULL, state BIGINT NOT NULL, "
                 "failure_reason TEXT NOT NULL, result TEXT NOT NULL, "
                 "created BIGINT NOT NULL, started BIGINT NOT NULL, "
                 "ended BIGINT NOT NULL, modified BIGINT NOT NULL, "
                 "stop_requested BIGINT NOT NULL, lease TEXT NOT NULL, "
                 "lease_end BIGINT NOT NULL, worker TEXT NOT NULL, "
                 "attempt_count BIGINT NOT NULL, PRIMARY KEY (kind, name))",
                 "CREATE INDEX jobs_waiting ON jobs (ended, id)",
                 "CREATE INDEX jobs_created ON jobs (kind, created)"}},
      Migration{"jobs/2",
                {"CREATE TABLE job_artifacts (uri TEXT NOT NULL, "
                 "id TEXT NOT NULL, sha256 TEXT NOT NULL, "
                 "job_name TEXT NOT NULL, lineage TEXT NOT NULL, "
                 "created BIGINT NOT NULL, PRIMARY KEY (uri, id))",
                 "CREATE INDEX job_artifacts_sha256 ON job_artifacts (sha256)",
                 "CREATE TABLE model_versions (uri TEXT NOT NULL PRIMARY KEY, "
                 "model_name TEXT NOT NULL, model_version TEXT NOT NULL, "
                 "sha256 TEXT NOT NULL, artifact_sha256 TEXT NOT NULL, "
                 "key_id TEXT NOT NULL, lineage TEXT NOT NULL, "
                 "created BIGINT NOT NULL)",
                 "CREATE INDEX model_versions_name ON model_versions "
                 "(model_name, model_version)"}}};
  return kMigrations;
}

}  // namespace skerry::cloud
