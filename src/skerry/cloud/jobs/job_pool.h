#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/cloud/database/database.h"
#include "skerry/cloud/jobs/job_source.h"
#include "skerry/cloud/jobs/sandbox.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"
#include "skerry/trust/package_signature.h"

namespace skerry::cloud {

struct JobPoolOptions {
  std::string name = {};  ///< of this machine's pool, for logs
  int compile_thread_count = 1;
  /// The folder of all work folders, which other pools may share.
  std::string work_folder = {};
  SandboxLimits limits = {};
  /// CompileSettings::importers_index.
  int importers_index = -1;
  std::chrono::seconds lease{60};
  std::chrono::milliseconds renew_every{3000};
  /// How often the queue is asked where nobody says that a job was added.
  std::chrono::milliseconds poll_every{1000};
};

/// What a pool that packages as well needs: it is in the server, which has the
/// key.
struct PoolPackaging {
  Database* database = nullptr;
  const trust::SigningKey* key = nullptr;
};

/// Threads that take jobs and do them, one at a time each: some for
/// compilations, and one for packages if `packaging` is given.
///
/// Thread safety: thread-safe.
class JobPool {
 public:
  /// Everything that is given outlives the pool. `sandbox` may be null if
  /// there are no threads for compilations.
  static Result<std::unique_ptr<JobPool>> Create(
      const JobPoolOptions& options, JobSource& source, ObjectAccess& objects,
      Sandbox* sandbox, const PoolPackaging& packaging,
      const telemetry::Logger& log, telemetry::Registry& metrics);
  /// As `Shutdown`, at once.
  virtual ~JobPool() = default;

  /// A job may have been added.
  virtual void Wake() = 0;

  /// Takes no more jobs; what runs may end until `deadline`, and is given back
  /// then, so that another worker does it.
  virtual void Shutdown(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace skerry::cloud
