#include "skerry/cloud/service/control_plane.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "skerry/cloud/jobs/job_handler.h"
#include "skerry/cloud/jobs/job_log.h"
#include "skerry/cloud/jobs/job_queue.h"
#include "skerry/cloud/jobs/job_service.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/cloud/objects/object_store.h"
#include "skerry/cloud/s3/handler.h"
#include "skerry/cloud/sagemaker/migrations.h"
#include "skerry/cloud/sagemaker/service.h"
#include "skerry/cloud/sagemaker/sts.h"
#include "skerry/cloud/service/admin_handler.h"
#include "skerry/cloud/service/router.h"
#include "skerry/cloud/service/status_handler.h"
#include "skerry/http/client.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::cloud {
namespace {

class ControlPlaneImpl final : public ControlPlane {
 public:
  ControlPlaneImpl(ControlPlaneConfig config, const telemetry::Logger& log)
      : config_(std::move(config)), log_(log) {}

  Result<void> Start();

  int port() const override { return server_->port(); }
  Result<void> ReloadCertificate() override {
    return server_->ReloadCertificate();
  }
  void Drain() override;

 private:
  Result<void> OpenStores();
  void MakeHandlers();
  std::vector<std::string> BaseHosts() const;
  Result<void> StartJobs();
  Result<void> CheckReady();

  const ControlPlaneConfig config_;
  const telemetry::Logger& log_;
  telemetry::Registry metrics_;
  std::atomic<bool> draining_ = false;
  DataFolder folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<AccessKeys> keys_;
  std::unique_ptr<JobQueue> jobs_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<ObjectAccess> object_access_;
  std::unique_ptr<JobLogs> job_logs_;
  std::unique_ptr<Handler> status_;
  std::unique_ptr<Handler> admin_;
  std::unique_ptr<Handler> sagemaker_;
  std::unique_ptr<Handler> s3_;
  std::unique_ptr<Handler> sts_;
  std::unique_ptr<Handler> job_handler_;
  std::unique_ptr<Handler> router_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<JobService> job_service_;
};

Result<void> ControlPlaneImpl::Start() {
  SKERRY_ASSIGN_OR_RETURN(folder_, DataFolder::Open(config_.data_folder));
  SKERRY_RETURN_IF_ERROR(OpenStores());
  MakeHandlers();
  SKERRY_ASSIGN_OR_RETURN(
      server_, Server::Create(config_.server, *router_, log_, metrics_));
  return StartJobs();
}

Result<void> ControlPlaneImpl::OpenStores() {
  SKERRY_ASSIGN_OR_RETURN(std::string vault_key, folder_.ReadVaultKey());
  SKERRY_ASSIGN_OR_RETURN(database_,
                          OpenMetadata(folder_, config_.database_url));
  SKERRY_ASSIGN_OR_RETURN(keys_,
                          AccessKeys::Create(*database_, std::move(vault_key)));
  jobs_ = std::make_unique<JobQueue>(*database_);
  SKERRY_ASSIGN_OR_RETURN(objects_,
                          ObjectStore::Create(*database_, folder_.objects()));
  if (config_.objects.endpoint.empty()) {
    object_access_ = LocalObjects(*objects_);
  } else {
    ExternalPlace place = config_.objects;
    if (place.region.empty()) place.region = folder_.region;
    SKERRY_ASSIGN_OR_RETURN(object_access_,
                            OpenExternalPlace(place, folder_.work()));
    log_.Info("objects_elsewhere",
              {{"endpoint", place.endpoint}, {"scope", place.scope}});
  }
  SKERRY_ASSIGN_OR_RETURN(job_logs_, JobLogs::Create(folder_.job_logs()));
  return {};
}

void ControlPlaneImpl::MakeHandlers() {
  status_ = NewStatusHandler({.version = config_.version,
                              .metrics_token = config_.metrics_token,
                              .check = [this] { return CheckReady(); }},
                             metrics_);
  admin_ = NewAdminHandler({.database = *database_,
                            .keys = *keys_,
                            .jobs = *jobs_,
                            .version = config_.version,
                            .region = folder_.region});
  sagemaker_ = NewSageMakerHandler(*database_, *keys_, *jobs_,
                                   {.agent_socket = config_.agent_socket});
  s3_ = NewS3Handler(*objects_, *keys_,
                     {.base_hosts = BaseHosts(),
                      .region = folder_.region,
                      .objects_elsewhere = config_.objects.endpoint,
                      .log = &log_});
  sts_ = NewStsHandler(*keys_);
  job_handler_ = NewJobHandler(*keys_, *jobs_, *job_logs_);
  router_ = NewRouter({.status = status_.get(),
                       .admin = admin_.get(),
                       .jobs = job_handler_.get(),
                       .s3 = s3_.get(),
                       .sagemaker = sagemaker_.get(),
                       .sts = sts_.get()});
}

/// What a bucket's name may stand before, in a Host.
std::vector<std::string> ControlPlaneImpl::BaseHosts() const {
  std::vector<std::string> hosts = {"localhost"};
  if (const auto url = http::ParseUrl(folder_.public_url)) {
    hosts.push_back(url->host);
  }
  return hosts;
}

Result<void> ControlPlaneImpl::StartJobs() {
  JobService::Options options;
  options.worker.job_count = config_.job_count;
  options.worker.work_folder = folder_.work();
  options.worker.program = config_.compiler;
  options.worker.sandbox = config_.sandbox;
  options.worker.limits.memory_bytes = config_.job_memory_bytes;
  options.worker.limits.address_space_bytes = config_.job_address_space_bytes;
  options.signing_key_file = folder_.signing_key_file();
  SKERRY_ASSIGN_OR_RETURN(
      job_service_,
      JobService::Create(options, *database_, *jobs_, *object_access_,
                         *job_logs_, log_, metrics_));
  return {};
}

Result<void> ControlPlaneImpl::CheckReady() {
  if (draining_) return Unavailable("the server is ending");
  const auto asked = database_->Read([](Transaction& transaction) {
    const auto rows = transaction.Query("SELECT 1", {});
    return rows ? Result<void>() : Result<void>(rows.error());
  });
  if (!asked) {
    log_.Error("not_ready", {{"reason", asked.error().message()}});
  }
  return asked;
}

void ControlPlaneImpl::Drain() {
  draining_ = true;
  const auto deadline = std::chrono::steady_clock::now() + config_.drain_time;
  server_->Shutdown(deadline);
  job_service_->Shutdown(deadline);
}

}  // namespace

Result<std::unique_ptr<Database>> OpenMetadata(const DataFolder& folder,
                                               const std::string& url) {
  std::string chosen = url.empty() ? folder.database_url : url;
  if (chosen.empty()) chosen = "sqlite:" + folder.metadata_file();
  SKERRY_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                          Database::Open(chosen));
  SKERRY_RETURN_IF_ERROR(database->Migrate(IdentityMigrations()));
  SKERRY_RETURN_IF_ERROR(database->Migrate(ObjectMigrations()));
  SKERRY_RETURN_IF_ERROR(database->Migrate(JobMigrations()));
  SKERRY_RETURN_IF_ERROR(database->Migrate(SageMakerMigrations()));
  return database;
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::Create(
    const ControlPlaneConfig& config, const telemetry::Logger& log) {
  auto plane = std::make_unique<ControlPlaneImpl>(config, log);
  SKERRY_RETURN_IF_ERROR(plane->Start());
  return plane;
}

}  // namespace skerry::cloud
