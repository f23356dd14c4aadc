#include "skerry/cloud/jobs/job_service.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "skerry/cloud/jobs/job_pool.h"
#include "skerry/cloud/jobs/job_source.h"
#include "skerry/cloud/jobs/remote_jobs.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/folder.h"
#include "skerry/trust/package_signature.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;

// From build/release/bin up to the source tree, and some to spare.
constexpr int kParentsMax = 5;

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "worker";
  return name.data();
}

bool IsProgram(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

// Where the program's importers of other formats are, as it looks for them.
std::optional<std::string> FindImporters(const std::string& program) {
  std::error_code error;
  fs::path folder = fs::canonical(program, error).parent_path();
  std::vector<fs::path> places = {folder.parent_path() /
                                  "share/skerry/importers"};
  for (int i = 0; i < kParentsMax; ++i, folder = folder.parent_path()) {
    places.push_back(folder / "importers");
  }
  for (const fs::path& place : places) {
    if (fs::is_regular_file(place / "torch_to_onnx.py", error)) {
      return place.string();
    }
  }
  return std::nullopt;
}

// What both kinds of service set up: a sandbox and options for a pool.
struct Workshop {
  std::unique_ptr<Sandbox> sandbox;  // null: no compilations
  JobPoolOptions pool;
};

Result<Workshop> MakeWorkshop(const JobWorkerOptions& options,
                              const telemetry::Logger& log) {
  Workshop shop;
  shop.pool.name = HostName();
  shop.pool.compile_thread_count = options.job_count;
  shop.pool.work_folder = options.work_folder;
  shop.pool.limits = options.limits;
  if (options.job_count == 0) return shop;
  std::string program = options.program;
  if (program.empty()) {
    SKERRY_ASSIGN_OR_RETURN(program, FindCompiler());
  } else if (!IsProgram(program)) {
    return NotFound(platform::Quoted(program) + " is no program");
  }
  SandboxOptions sandbox{.method = options.sandbox,
                         .program = fs::absolute(program).string(),
                         .work_root = fs::absolute(options.work_folder)};
  if (const auto importers = FindImporters(program)) {
    sandbox.program_folders.push_back(*importers);
    shop.pool.importers_index = 0;
  }
  SKERRY_ASSIGN_OR_RETURN(shop.sandbox, Sandbox::Create(sandbox));
  shop.pool.work_folder = sandbox.work_root;
  log.Info("job-workers",
           {{"count", options.job_count},
            {"sandbox", SandboxMethodName(shop.sandbox->method())},
            {"compiler", sandbox.program},
            {"pytorch", shop.pool.importers_index >= 0}});
  if (shop.sandbox->method() == SandboxMethod::kNone) {
    log.Warning("jobs-without-sandbox",
                {{"meaning", "a model can do what this program can"}});
  }
  return shop;
}

class JobServiceImpl final : public JobService {
 public:
  Result<void> Start(const Options& options, Database& database,
                     JobQueue& queue, ObjectAccess& objects, JobLogs& logs,
                     const telemetry::Logger& log,
                     telemetry::Registry& metrics) {
    if (!options.signing_key_file.empty()) {
      SKERRY_ASSIGN_OR_RETURN(
          key_, trust::SigningKey::Load(options.signing_key_file));
    }
    SKERRY_ASSIGN_OR_RETURN(shop_, MakeWorkshop(options.worker, log));
    source_ = LocalJobs(queue, logs);
    SKERRY_ASSIGN_OR_RETURN(
        pool_, JobPool::Create(
                   shop_.pool, *source_, objects, shop_.sandbox.get(),
                   {.database = &database, .key = key_.get()}, log, metrics));
    return {};
  }

  void Shutdown(std::chrono::steady_clock::time_point deadline) override {
    pool_->Shutdown(deadline);
  }

 private:
  std::unique_ptr<trust::SigningKey> key_;
  Workshop shop_;
  std::unique_ptr<JobSource> source_;
  std::unique_ptr<JobPool> pool_;
};

class RemoteWorkerImpl final : public RemoteWorker {
 public:
  Result<void> Start(const Options& options,
                     const aws::CredentialsProvider& credentials,
                     const telemetry::Logger& log,
                     telemetry::Registry& metrics) {
    SKERRY_ASSIGN_OR_RETURN(shop_, MakeWorkshop(options.worker, log));
    SKERRY_ASSIGN_OR_RETURN(source_, RemoteJobs({.url = options.url,
                                                 .region = options.region,
                                                 .ca_file = options.ca_file},
                                                credentials));
    SKERRY_RETURN_IF_ERROR(platform::MakeFolders(shop_.pool.work_folder));
    SKERRY_ASSIGN_OR_RETURN(objects_, OpenObjects(options, credentials));
    SKERRY_ASSIGN_OR_RETURN(
        pool_, JobPool::Create(shop_.pool, *source_, *objects_,
                               shop_.sandbox.get(), {}, log, metrics));
    return {};
  }

  void Shutdown(std::chrono::steady_clock::time_point deadline) override {
    pool_->Shutdown(deadline);
  }

 private:
  Result<std::unique_ptr<ObjectAccess>> OpenObjects(
      const Options& options, const aws::CredentialsProvider& credentials) {
    const std::string& scratch = shop_.pool.work_folder;
    if (!options.objects.endpoint.empty()) {
      ExternalPlace place = options.objects;
      if (place.region.empty()) place.region = options.region;
      return OpenExternalPlace(place, scratch);
    }
    aws::S3Options s3;
    s3.endpoint = options.url;
    s3.region = options.region;
    s3.ca_file = options.ca_file;
    return ExternalObjects(s3, credentials, scratch);
  }

  Workshop shop_;
  std::unique_ptr<JobSource> source_;
  std::unique_ptr<ObjectAccess> objects_;
  std::unique_ptr<JobPool> pool_;
};

}  // namespace

Result<std::string> FindCompiler() {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  std::vector<fs::path> places = {own.parent_path() / "skerry"};
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    places.push_back(fs::path(rest.substr(0, colon)) / "skerry");
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
  for (const fs::path& place : places) {
    if (place.is_absolute() && IsProgram(place)) return place.string();
  }
  return NotFound(
      "the compiler `skerry` is neither beside this program nor in $PATH");
}

Result<std::unique_ptr<JobService>> JobService::Create(
    const Options& options, Database& database, JobQueue& queue,
    ObjectAccess& objects, JobLogs& logs, const telemetry::Logger& log,
    telemetry::Registry& metrics) {
  auto service = std::make_unique<JobServiceImpl>();
  SKERRY_RETURN_IF_ERROR(
      service->Start(options, database, queue, objects, logs, log, metrics));
  return std::unique_ptr<JobService>(std::move(service));
}

Result<std::unique_ptr<RemoteWorker>> RemoteWorker::Create(
    const Options& options, const aws::CredentialsProvider& credentials,
    const telemetry::Logger& log, telemetry::Registry& metrics) {
  auto worker = std::make_unique<RemoteWorkerImpl>();
  SKERRY_RETURN_IF_ERROR(worker->Start(options, credentials, log, metrics));
  return std::unique_ptr<RemoteWorker>(std::move(worker));
}

}  // namespace skerry::cloud
