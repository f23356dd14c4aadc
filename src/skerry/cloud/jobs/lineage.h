#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

/// What a compile job made, and what from. Records outlive their jobs.
struct ArtifactRecord {
  std::string uri = {};  ///< "s3://bucket/key"
  std::string sha256 = {};
  std::string job_name = {};
  /// JSON: "source" (uri, sha256, model file, framework), "data_digest",
  /// "compiler" (version, target, flags), "artifact" (uri, digests).
  std::string lineage = {};
  std::int64_t created = 0;  ///< micros
};

/// A packaged version of a model: never changed once it is recorded.
struct ModelVersionRecord {
  std::string uri = {};  ///< of the package
  std::string model_name = {};
  std::string model_version = {};
  std::string sha256 = {};           ///< of the package
  std::string artifact_sha256 = {};  ///< of what was packaged
  std::string key_id = {};           ///< of the signature; empty: not signed
  std::string lineage = {};          ///< JSON, as the package's manifest has it
  std::int64_t created = 0;
};

Result<void> RecordArtifact(Transaction& transaction,
                            const ArtifactRecord& record);
/// The newest that was put at `uri` with that digest; none: unknown.
Result<std::optional<ArtifactRecord>> FindArtifact(Transaction& transaction,
                                                   const std::string& uri,
                                                   const std::string& sha256);

/// kAlreadyExists if another package is recorded at the URI. Nothing happens
/// if it is this one.
Result<void> RecordModelVersion(Transaction& transaction,
                                const ModelVersionRecord& record);
/// Takes that back, where the package could not be put at its URI.
Result<void> ForgetModelVersion(Transaction& transaction,
                                const ModelVersionRecord& record);
/// kNotFound.
Result<ModelVersionRecord> GetModelVersion(Transaction& transaction,
                                           const std::string& uri);
/// All versions of a model, the oldest first; at most `count`.
Result<std::vector<ModelVersionRecord>> ListModelVersions(
    Transaction& transaction, const std::string& model_name, int count);

}  // namespace skerry::cloud
