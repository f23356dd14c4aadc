#pragma once

#include "skerry/cloud/database/database.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/jobs/job_run.h"
#include "skerry/trust/package_signature.h"

namespace skerry::cloud {

struct PackagingSettings {
  Database& database;
  const trust::SigningKey* key = nullptr;  ///< null: packages are not signed
};

/// Does what a CreateEdgePackagingJob request asks for: takes the compilation's
/// archive, adds `sagemaker_edge_manifest` (name, version, digests of all
/// files, lineage) and its signature, and puts
/// "<S3OutputLocation>/<ModelName>-<ModelVersion>.tar.gz", which agents load.
/// The version is recorded (lineage.h) and never changes: the same again is
/// fine, other content is refused.
JobOutcome RunPackagingJob(const Job& job, const JobSite& site,
                           const PackagingSettings& settings);

}  // namespace skerry::cloud
