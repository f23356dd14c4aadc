#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "skerry/agent/capture/file_sink.h"
#include "skerry/base/result.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::agent {

/// Moves files from the disk into a bucket, oldest first, from a thread of
/// its own. A file is removed once the bucket has it, and not before: after a
/// crash between the two it is put again, the same under the same key.
///
/// Thread safety: thread-safe.
class Upload {
 public:
  struct Options {
    std::string root;    ///< the folder that keys begin in
    std::string prefix;  ///< part of the keys: only files below it are taken
    std::chrono::milliseconds period;
  };

  /// Starts with what is on the disk. kResourceExhausted without a thread.
  static Result<std::unique_ptr<Upload>> Start(Options options,
                                               std::unique_ptr<FileSink> sink,
                                               telemetry::Registry& metrics,
                                               const telemetry::Logger& log);

  /// Waits for the upload of one file to end.
  virtual ~Upload() = default;

  /// There are new files: they are uploaded within a period. Without, the
  /// disk is not looked at.
  virtual void Announce() = 0;
};

}  // namespace skerry::agent
