#pragma once

#include <memory>
#include <string>

#include "skerry/aws/s3_client.h"
#include "skerry/base/result.h"
#include "skerry/cloud/jobs/job_source.h"

namespace skerry::cloud {

struct RemoteJobsOptions {
  std::string url = {};  ///< of a control plane: "https://host:8780"
  std::string region = "us-east-1";
  std::string ca_file = {};  ///< empty: the system's
};

/// Jobs of a control plane on another machine, over HTTP (job_messages.h).
/// Calls to it may come from several threads; each waits for the one before.
/// kInvalidArgument for a bad URL.
Result<std::unique_ptr<JobSource>> RemoteJobs(
    const RemoteJobsOptions& options, aws::CredentialsProvider credentials);

}  // namespace skerry::cloud
