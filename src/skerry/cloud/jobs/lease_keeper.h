#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "skerry/base/result.h"
#include "skerry/cloud/jobs/job_source.h"
#include "skerry/platform/thread.h"

namespace skerry::cloud {

/// Holds a job while it is worked on, by a thread of its own: renews the
/// lease, notices that the job is to be stopped or was lost, and passes on
/// what it says.
///
/// Thread safety: thread-safe.
class LeaseKeeper {
 public:
  struct Options {
    std::chrono::seconds duration{60};
    std::chrono::milliseconds renew_every{3000};
  };

  static Result<std::unique_ptr<LeaseKeeper>> Start(JobSource& source,
                                                    const LeasedJob& job,
                                                    const Options& options);
  /// Passes on the rest of the log.
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  bool stop_requested() const { return stop_requested_; }
  bool lost() const { return lost_; }
  void Log(std::string_view text);

 private:
  LeaseKeeper(JobSource& source, const LeasedJob& job, const Options& options)
      : source_(source), job_(job), options_(options) {}
  void Run();
  void Renew();
  void FlushLog();

  JobSource& source_;
  LeasedJob job_;
  Options options_;
  std::atomic<bool> stop_requested_ = false;
  std::atomic<bool> lost_ = false;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool ending_ = false;
  std::string log_;
  std::uint64_t logged_ = 0;
  platform::Thread thread_;
};

}  // namespace skerry::cloud
