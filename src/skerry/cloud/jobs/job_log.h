#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/job_queue.h"

namespace skerry::cloud {

/// Bytes of a job's log; what comes later is left out, and the log says so.
inline constexpr std::uint64_t kJobLogBytesMax = std::uint64_t{1} << 20;
/// Logs that are kept; the oldest go first.
inline constexpr std::size_t kJobLogCountMax = 10'000;

/// A part of a log.
struct JobLogPart {
  std::string text;
  std::uint64_t next_offset = 0;
  std::uint64_t byte_count = 0;  ///< of the whole log, so far
};

/// What jobs say while they run: a text file for each,
/// FOLDER/compilation/NAME.log and FOLDER/packaging/NAME.log. A name that is
/// used again goes on with the old one's log.
///
/// Thread safety: thread-safe.
class JobLogs {
 public:
  /// Makes `folder`, and removes logs if there are too many.
  static Result<std::unique_ptr<JobLogs>> Create(const std::string& folder);

  Result<void> Append(JobKind kind, const std::string& name,
                      std::string_view text);

  /// At most `bytes_max` bytes from `offset` on; kNotFound if the job has no
  /// log; kOutOfRange if the offset lies behind its end.
  Result<JobLogPart> Read(JobKind kind, const std::string& name,
                          std::uint64_t offset, std::size_t bytes_max);

 private:
  explicit JobLogs(std::string folder) : folder_(std::move(folder)) {}
  Result<std::string> PathOf(JobKind kind, const std::string& name) const;

  std::string folder_;
  std::mutex mutex_;
};

}  // namespace skerry::cloud
