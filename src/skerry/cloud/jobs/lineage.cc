#include "skerry/cloud/jobs/lineage.h"

#include <algorithm>
#include <iterator>

namespace skerry::cloud {
namespace {

ModelVersionRecord VersionOf(const SqlRow& row) {
  return {.uri = TextOf(row[0]),
          .model_name = TextOf(row[1]),
          .model_version = TextOf(row[2]),
          .sha256 = TextOf(row[3]),
          .artifact_sha256 = TextOf(row[4]),
          .key_id = TextOf(row[5]),
          .lineage = TextOf(row[6]),
          .created = IntOf(row[7])};
}

constexpr std::string_view kVersionsSql =
    "SELECT uri, model_name, model_version, sha256, artifact_sha256, key_id, "
    "lineage, created FROM model_versions ";

}  // namespace

Result<void> RecordArtifact(Transaction& transaction,
                            const ArtifactRecord& record) {
  const SqlValue parameters[] = {record.uri,     NewRowId(),
                                 record.sha256,  record.job_name,
                                 record.lineage, record.created};
  SKERRY_RETURN_IF_ERROR(transaction.Execute(
      "INSERT INTO job_artifacts (uri, id, sha256, job_name, lineage, created) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      parameters));
  return {};
}

Result<std::optional<ArtifactRecord>> FindArtifact(Transaction& transaction,
                                                   const std::string& uri,
                                                   const std::string& sha256) {
  const SqlValue parameters[] = {uri, sha256};
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      transaction.Query("SELECT job_name, lineage, created FROM job_artifacts "
                        "WHERE uri = $1 AND sha256 = $2 ORDER BY id DESC "
                        "LIMIT 1",
                        parameters));
  if (rows.empty()) return std::optional<ArtifactRecord>();
  const SqlRow& row = rows[0];
  return std::optional(ArtifactRecord{.uri = uri,
                                      .sha256 = sha256,
                                      .job_name = TextOf(row[0]),
                                      .lineage = TextOf(row[1]),
                                      .created = IntOf(row[2])});
}

Result<void> RecordModelVersion(Transaction& transaction,
                                const ModelVersionRecord& record) {
  const SqlValue parameters[] = {
      record.uri,     record.model_name,      record.model_version,
      record.sha256,  record.artifact_sha256, record.key_id,
      record.lineage, record.created};
  SKERRY_ASSIGN_OR_RETURN(
      const std::int64_t count,
      transaction.Execute(
          "INSERT INTO model_versions (uri, model_name, model_version, sha256, "
          "artifact_sha256, key_id, lineage, created) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
          parameters));
  if (count > 0) return {};
  SKERRY_ASSIGN_OR_RETURN(const ModelVersionRecord there,
                          GetModelVersion(transaction, record.uri));
  if (there.sha256 == record.sha256) return {};
  return AlreadyExists("version " + record.model_version + " of model " +
                       record.model_name + " is at " + record.uri +
                       " with other content; versions do not change, so "
                       "package it as another version");
}

Result<void> ForgetModelVersion(Transaction& transaction,
                                const ModelVersionRecord& record) {
  const SqlValue parameters[] = {record.uri, record.sha256};
  SKERRY_RETURN_IF_ERROR(transaction.Execute(
      "DELETE FROM model_versions WHERE uri = $1 AND sha256 = $2", parameters));
  return {};
}

Result<ModelVersionRecord> GetModelVersion(Transaction& transaction,
                                           const std::string& uri) {
  const SqlValue parameters[] = {uri};
  const std::string sql = std::string(kVersionsSql) + "WHERE uri = $1";
  SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                          transaction.Query(sql, parameters));
  if (rows.empty()) return NotFound("no package is recorded at " + uri);
  return VersionOf(rows[0]);
}

Result<std::vector<ModelVersionRecord>> ListModelVersions(
    Transaction& transaction, const std::string& model_name, int count) {
  const SqlValue parameters[] = {model_name, std::int64_t{count}};
  const std::string sql = std::string(kVersionsSql) +
                          "WHERE model_name = $1 ORDER BY created, uri LIMIT "
                          "$2";
  SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                          transaction.Query(sql, parameters));
  std::vector<ModelVersionRecord> versions;
  std::ranges::transform(rows, std::back_inserter(versions), VersionOf);
  return versions;
}

}  // namespace skerry::cloud
