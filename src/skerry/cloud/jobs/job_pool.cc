#include "skerry/cloud/jobs/job_pool.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "skerry/cloud/jobs/compile_job.h"
#include "skerry/cloud/jobs/lease_keeper.h"
#include "skerry/cloud/jobs/packaging_job.h"
#include "skerry/cloud/jobs/work_folders.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/thread.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kFinishAttemptsMax = 5;

// A job's own folder, which goes away.
class WorkFolder {
 public:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string_view EndName(JobOutcome::End end) {
  switch (end) {
    case JobOutcome::End::kCompleted:
      return "completed";
    case JobOutcome::End::kFailed:
      return "failed";
    case JobOutcome::End::kStopped:
      break;
  }
  return "stopped";
}

class JobPoolImpl final : public JobPool {
 public:
  JobPoolImpl(JobPoolOptions options, JobSource& source, ObjectAccess& objects,
              Sandbox* sandbox, const PoolPackaging& packaging,
              const telemetry::Logger& log, telemetry::Registry& metrics)
      : options_(std::move(options)),
        source_(source),
        objects_(objects),
        sandbox_(sandbox),
        packaging_(packaging),
        log_(log),
        metrics_(metrics) {}

  ~JobPoolImpl() override { Shutdown(Clock::now()); }

  Result<void> Start() {
    if (options_.compile_thread_count > 0 && sandbox_ == nullptr) {
      return InvalidArgument("jobs that compile need a sandbox");
    }
    SKERRY_ASSIGN_OR_RETURN(folders_, WorkFolders::Open(options_.work_folder));
    for (int i = 0; i < options_.compile_thread_count; ++i) {
      const auto slot = static_cast<unsigned>(i);
      SKERRY_RETURN_IF_ERROR(
          StartThread("compile-" + std::to_string(i),
                      [this, slot] { Work(JobKind::kCompilation, slot); }));
    }
    if (packaging_.database != nullptr) {
      SKERRY_RETURN_IF_ERROR(
          StartThread("package", [this] { Work(JobKind::kPackaging, 0); }));
    }
    return {};
  }

  void Wake() override {
    {
      const std::scoped_lock lock(mutex_);
      ++wake_count_;
    }
    wakes_.notify_all();
  }

  void Shutdown(Clock::time_point deadline) override {
    {
      std::unique_lock lock(mutex_);
      ending_ = true;
      wakes_.notify_all();
      idle_.wait_until(lock, deadline, [&] { return running_count_ == 0; });
    }
    abandon_ = true;
    const std::scoped_lock lock(threads_mutex_);
    threads_.clear();
  }

 private:
  Result<void> StartThread(const std::string& name,
                           std::function<void()> body) {
    SKERRY_ASSIGN_OR_RETURN(platform::Thread thread,
                            platform::Thread::Start(name, std::move(body)));
    const std::scoped_lock lock(threads_mutex_);
    threads_.push_back(std::move(thread));
    return {};
  }

  void Work(JobKind kind, unsigned slot) {
    const std::string worker = options_.name + "/" +
                               std::string(JobKindName(kind)) + "-" +
                               std::to_string(slot);
    while (true) {
      std::uint64_t seen = 0;
      {
        const std::scoped_lock lock(mutex_);
        if (ending_) return;
        seen = wake_count_;
        ++running_count_;
      }
      const bool worked = TakeOne(kind, slot, worker);
      std::unique_lock lock(mutex_);
      if (--running_count_ == 0) idle_.notify_all();
      if (worked) continue;
      wakes_.wait_for(lock, options_.poll_every,
                      [&] { return ending_ || wake_count_ != seen; });
    }
  }

  // Whether there was a job.
  bool TakeOne(JobKind kind, unsigned slot, const std::string& worker) {
    const auto leased = source_.Lease(worker, options_.lease, kind);
    if (!leased) {
      log_.Warning("job-lease-failed",
                   {{"worker", worker}, {"error", leased.error().message()}});
      return false;
    }
    if (!leased->has_value()) return false;
    RunJob(**leased, slot, worker);
    return true;
  }

  void RunJob(const LeasedJob& leased, unsigned slot,
              const std::string& worker) {
    const Job& job = leased.job;
    const std::string_view kind = JobKindName(job.kind);
    log_.Info("job-started",
              {{"kind", kind}, {"name", job.name}, {"worker", worker}});
    const auto start = Clock::now();
    auto keeper = LeaseKeeper::Start(
        source_, leased,
        {.duration = options_.lease, .renew_every = options_.renew_every});
    if (!keeper) {
      log_.Error("job-not-run",
                 {{"name", job.name}, {"error", keeper.error().message()}});
      GiveBack(leased);
      return;
    }
    (*keeper)->Log("worker " + worker + "\n");
    const WorkFolder folder(folders_->NewPath());
    const JobOutcome outcome = Do(leased, **keeper, folder.path(), slot);
    const bool lost = (*keeper)->lost();
    const bool stopped_by_us = outcome.end == JobOutcome::End::kStopped &&
                               !(*keeper)->stop_requested();
    keeper->reset();
    const double seconds =
        std::chrono::duration<double>(Clock::now() - start).count();
    if (lost) {
      log_.Warning("job-lost", {{"kind", kind}, {"name", job.name}});
      Count(kind, "lost");
      return;
    }
    if (stopped_by_us) {
      log_.Info("job-given-back", {{"kind", kind}, {"name", job.name}});
      GiveBack(leased);
      return;
    }
    Finish(leased, outcome);
    Count(kind, EndName(outcome.end));
    log_.Info("job-ended", {{"kind", kind},
                            {"name", job.name},
                            {"end", EndName(outcome.end)},
                            {"reason", outcome.failure_reason},
                            {"seconds", seconds}});
  }

  JobOutcome Do(const LeasedJob& leased, LeaseKeeper& keeper,
                const std::string& folder, unsigned slot) {
    if (auto made = platform::MakeFolders(folder); !made) {
      return JobOutcome::Failed("ServerError: " + made.error().message());
    }
    const JobSite site{
        .objects = objects_,
        .work_folder = folder,
        .stop_requested =
            [this, &keeper] {
              return abandon_ || keeper.lost() || keeper.stop_requested();
            },
        .log = [&keeper](std::string_view text) { keeper.Log(text); }};
    if (leased.job.kind == JobKind::kPackaging) {
      return RunPackagingJob(
          leased.job, site,
          {.database = *packaging_.database, .key = packaging_.key});
    }
    return RunCompileJob(leased.job, site,
                         {.sandbox = *sandbox_,
                          .slot = slot,
                          .limits = options_.limits,
                          .importers_index = options_.importers_index});
  }

  // An outcome that took minutes is worth some tries.
  void Finish(const LeasedJob& leased, const JobOutcome& outcome) {
    std::chrono::milliseconds pause{200};
    for (int i = 1;; ++i, pause *= 3) {
      const auto finished = source_.Finish(leased, outcome);
      if (finished) return;
      const bool again =
          finished.error().code() == ErrorCode::kUnavailable ||
          finished.error().code() == ErrorCode::kDeadlineExceeded;
      if (again && i < kFinishAttemptsMax && !abandon_) {
        std::unique_lock lock(mutex_);
        wakes_.wait_for(lock, pause, [&] { return abandon_.load(); });
        continue;
      }
      log_.Error("job-end-lost", {{"name", leased.job.name},
                                  {"error", finished.error().message()}});
      return;
    }
  }

  void GiveBack(const LeasedJob& leased) {
    const auto released = source_.Release(leased);
    if (released) return;
    log_.Warning("job-release-failed", {{"name", leased.job.name},
                                        {"error", released.error().message()}});
  }

  void Count(std::string_view kind, std::string_view end) {
    const auto counter = metrics_.AddCounter(
        "skerry_jobs_total", "Jobs that this program worked on",
        {{"kind", std::string(kind)}, {"end", std::string(end)}});
    counter->Add();
    const std::scoped_lock lock(mutex_);
    counters_.insert(counter);  // a series lives as long as it is held
  }

  JobPoolOptions options_;
  std::unique_ptr<WorkFolders> folders_;
  JobSource& source_;
  ObjectAccess& objects_;
  Sandbox* sandbox_;
  PoolPackaging packaging_;
  const telemetry::Logger& log_;
  telemetry::Registry& metrics_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::condition_variable idle_;
  bool ending_ = false;
  std::uint64_t wake_count_ = 0;
  int running_count_ = 0;
  std::atomic<bool> abandon_ = false;
  std::set<std::shared_ptr<telemetry::Counter>> counters_;
  std::mutex threads_mutex_;
  std::vector<platform::Thread> threads_;
};

}  // namespace

Result<std::unique_ptr<JobPool>> JobPool::Create(
    const JobPoolOptions& options, JobSource& source, ObjectAccess& objects,
    Sandbox* sandbox, const PoolPackaging& packaging,
    const telemetry::Logger& log, telemetry::Registry& metrics) {
  auto pool = std::make_unique<JobPoolImpl>(options, source, objects, sandbox,
                                            packaging, log, metrics);
  SKERRY_RETURN_IF_ERROR(pool->Start());
  return std::unique_ptr<JobPool>(std::move(pool));
}

}  // namespace skerry::cloud
