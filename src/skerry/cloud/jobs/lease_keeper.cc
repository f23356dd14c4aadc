#include "skerry/cloud/jobs/lease_keeper.h"

#include <algorithm>
#include <utility>

namespace skerry::cloud {

Result<std::unique_ptr<LeaseKeeper>> LeaseKeeper::Start(
    JobSource& source, const LeasedJob& job, const Options& options) {
  std::unique_ptr<LeaseKeeper> keeper(new LeaseKeeper(source, job, options));
  LeaseKeeper* const self = keeper.get();
  SKERRY_ASSIGN_OR_RETURN(
      keeper->thread_,
      platform::Thread::Start("job-lease", [self] { self->Run(); }));
  return keeper;
}

LeaseKeeper::~LeaseKeeper() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wakes_.notify_all();
  thread_ = platform::Thread();
  FlushLog();
}

void LeaseKeeper::Log(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  // No more than the log takes anyway.
  const std::uint64_t room =
      kJobLogBytesMax - std::min(logged_, kJobLogBytesMax);
  log_ += text.substr(0, room);
  logged_ += std::min<std::uint64_t>(room, text.size());
}

void LeaseKeeper::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wakes_.wait_for(lock, options_.renew_every, [&] { return ending_; });
      if (ending_) return;
    }
    Renew();
    FlushLog();
  }
}

void LeaseKeeper::Renew() {
  const auto renewed = source_.Renew(job_, options_.duration);
  if (renewed) {
    job_ = *renewed;
    if (renewed->stop_requested) stop_requested_ = true;
    return;
  }
  // A server or database that does not answer may do so in time.
  if (renewed.error().code() == ErrorCode::kAborted ||
      NowMicros() > job_.lease_end) {
    lost_ = true;
  }
}

void LeaseKeeper::FlushLog() {
  std::string text;
  {
    const std::scoped_lock lock(mutex_);
    text.swap(log_);
  }
  if (text.empty() || lost_) return;
  // A log that cannot be kept is no reason to fail a job.
  static_cast<void>(source_.AppendLog(job_, text));
}

}  // namespace skerry::cloud
