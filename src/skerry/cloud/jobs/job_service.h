#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "skerry/aws/s3_client.h"
#include "skerry/base/result.h"
#include "skerry/cloud/database/database.h"
#include "skerry/cloud/jobs/job_log.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/jobs/sandbox.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::cloud {

/// What workers are, wherever they run.
struct JobWorkerOptions {
  int job_count = 1;             ///< compilations at once
  std::string work_folder = {};  ///< other workers may share it
  std::string program = {};      ///< `skerry`; empty: found, see below
  std::string sandbox = "auto";  ///< SandboxOptions::method
  SandboxLimits limits = {};
};

/// The program `skerry` beside the running program, else in $PATH; kNotFound.
Result<std::string> FindCompiler();

/// Runs jobs within the server: the compilations that there is room for, and
/// all packages.
///
/// Thread safety: thread-safe.
class JobService {
 public:
  struct Options {
    JobWorkerOptions worker = {};
    std::string signing_key_file = {};  ///< empty: packages are not signed
  };

  /// All that is given outlives the service. The log says which sandbox was
  /// chosen. With no compilations, there need be no compiler and no sandbox.
  ///
  /// Errors: kNotFound for the compiler or the key; kFailedPrecondition if the
  /// system permits no sandbox.
  static Result<std::unique_ptr<JobService>> Create(
      const Options& options, Database& database, JobQueue& queue,
      ObjectAccess& objects, JobLogs& logs, const telemetry::Logger& log,
      telemetry::Registry& metrics);
  virtual ~JobService() = default;

  /// Takes no more jobs; what runs may end until `deadline`, and is given back
  /// then.
  virtual void Shutdown(std::chrono::steady_clock::time_point deadline) = 0;
};

/// Runs compilations for a control plane on another machine. Objects come from
/// the same server, by S3, unless they are elsewhere.
class RemoteWorker {
 public:
  struct Options {
    JobWorkerOptions worker = {};
    std::string url = {};
    std::string region = "us-east-1";
    std::string ca_file = {};    ///< empty: the system's
    ExternalPlace objects = {};  ///< what the control plane has
  };

  /// Errors: as `JobService::Create`; kInvalidArgument for a bad URL. That the
  /// server cannot be reached is logged, and tried again.
  static Result<std::unique_ptr<RemoteWorker>> Create(
      const Options& options, const aws::CredentialsProvider& credentials,
      const telemetry::Logger& log, telemetry::Registry& metrics);
  virtual ~RemoteWorker() = default;

  virtual void Shutdown(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace skerry::cloud
