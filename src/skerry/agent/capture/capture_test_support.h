#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "skerry/agent/capture/capture.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::agent {

/// A record of model "detector" 1.0 at 2026-11-24 10:15:30 UTC, with an input
/// of `element_count` floats.
CaptureRecord MakeRecord(const std::string& id, int element_count = 4);

/// Waits until `condition` holds; false after 10 s.
bool Await(const std::function<bool()>& condition);

/// What was captured, read back from a folder.
struct CapturedFiles {
  std::map<std::string, std::string> contents;  ///< by path below the folder
  std::vector<nlohmann::json> lines;            ///< of all .jsonl files
  std::vector<std::string> faults;  ///< lines that are broken, lost payloads

  /// How often an id is in the lines.
  std::map<std::string, int> ids() const;
};
CapturedFiles ReadFolder(const std::string& folder);

/// A folder, a registry and a log for a `Capture`.
class CaptureFixture {
 public:
  CaptureFixture();

  const std::string& folder() const { return folder_.path(); }
  CaptureOptions DiskOptions() const;
  CaptureOptions CloudOptions() const;

  std::unique_ptr<Capture> Create(const CaptureOptions& options,
                                  std::unique_ptr<aws::S3Client> s3 = nullptr);

  /// The value of a series in the registry's text; -1 if it is not there.
  double Metric(const std::string& series) const;
  /// How often `event` was logged.
  int LogCount(const std::string& event) const;

 private:
  platform::TempDirectory folder_;
  platform::TempDirectory log_folder_;
  platform::FileDescriptor log_file_;
  telemetry::Registry metrics_;
  std::unique_ptr<telemetry::Logger> log_;
};

}  // namespace skerry::agent
