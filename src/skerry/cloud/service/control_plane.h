#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/cloud/database/database.h"
#include "skerry/cloud/identity/identity.h"
#include "skerry/cloud/jobs/sandbox.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/cloud/server/server.h"
#include "skerry/cloud/service/data_folder.h"
#include "skerry/telemetry/log.h"

namespace skerry::cloud {

struct ControlPlaneConfig {
  std::string data_folder = {};
  std::string database_url = {};  ///< empty: what the folder says
  ExternalPlace objects = {};     ///< empty: objects are in the folder
  ServerOptions server = {};
  std::string metrics_token = {};
  int job_count = 1;  ///< compilations at once in this process; 0: none
  std::string sandbox = "auto";  ///< SandboxOptions::method
  std::string compiler = {};     ///< JobWorkerOptions::program
  std::uint64_t job_memory_bytes = SandboxLimits().memory_bytes;
  std::uint64_t job_address_space_bytes = SandboxLimits().address_space_bytes;
  std::string agent_socket = {};  ///< of a local agent, for InvokeEndpoint
  telemetry::LogFormat log_format = telemetry::LogFormat::kText;
  telemetry::LogLevel log_level = telemetry::LogLevel::kInfo;
  std::chrono::seconds drain_time = std::chrono::seconds(30);
  std::string version = {};
};

/// Opens the metadata of `folder` (`url`: instead of its own) with all tables
/// that this version wants.
Result<std::unique_ptr<Database>> OpenMetadata(const DataFolder& folder,
                                               const std::string& url);

/// The whole control plane: what is in a data folder, served on one port.
///
/// Thread safety: thread-safe.
class ControlPlane {
 public:
  /// Errors: those of `DataFolder::Open`, `Database::Open` and
  /// `Server::Create`.
  static Result<std::unique_ptr<ControlPlane>> Create(
      const ControlPlaneConfig& config, const telemetry::Logger& log);
  virtual ~ControlPlane() = default;

  virtual int port() const = 0;
  /// See `Server::ReloadCertificate`.
  virtual Result<void> ReloadCertificate() = 0;
  /// Is not ready any more, takes no more work, and waits for what is under
  /// way, for the configured time.
  virtual void Drain() = 0;
};

}  // namespace skerry::cloud
