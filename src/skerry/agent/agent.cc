#include "skerry/agent/agent.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ranges>
#include <set>
#include <utility>

#include "skerry/agent/grpc/grpc_server.h"
#include "skerry/agent/rest/http_server.h"
#include "skerry/agent/services.h"
#include "skerry/telemetry/metrics.h"
#include "skerry/telemetry/trace.h"

namespace skerry::agent {
namespace {

using telemetry::Logger;

std::string Environment(const char* name) {
  // Read while the program has one thread.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

std::string S3Endpoint(const ProviderConfig& provider) {
  if (!provider.s3_endpoint.empty()) return provider.s3_endpoint;
  for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    if (const std::string value = Environment(name); !value.empty()) {
      return value;
    }
  }
  return "https://s3." + provider.region + ".amazonaws.com";
}

Result<std::unique_ptr<aws::S3Client>> CreateS3(ProviderConfig provider) {
  if (provider.region.empty()) provider.region = Environment("AWS_REGION");
  if (provider.region.empty()) provider.region = "us-east-1";
  aws::CredentialsProvider credentials = aws::EnvironmentCredentials();
  if (!provider.credential_url.empty()) {
    SKERRY_ASSIGN_OR_RETURN(
        credentials,
        aws::IotCredentials({.url = provider.credential_url,
                             .thing_name = provider.thing_name,
                             .ca_file = provider.ca_file,
                             .certificate_file = provider.certificate_file,
                             .key_file = provider.key_file}));
  }
  return aws::S3Client::Create({.endpoint = S3Endpoint(provider),
                                .region = provider.region,
                                .ca_file = provider.ca_file},
                               std::move(credentials));
}

bool NeedsCloud(const CaptureOptions& capture) {
  return capture.destination == CaptureOptions::Destination::kCloud ||
         capture.periodic_upload;
}

/// Captures nothing if it is not configured, or needs a cloud that is
/// configured badly: inference must go on.
Result<std::unique_ptr<Capture>> CreateCapture(const AgentConfig& config,
                                               telemetry::Registry& metrics,
                                               const Logger& log) {
  if (!config.captures) return std::unique_ptr<Capture>();
  std::unique_ptr<aws::S3Client> s3;
  if (NeedsCloud(config.capture)) {
    auto created =
        config.provider.enabled
            ? CreateS3(config.provider)
            : Result<std::unique_ptr<aws::S3Client>>(FailedPrecondition(
                  "'sagemaker_edge_provider_provider' is \"None\""));
    if (!created) {
      log.Error("capture is off: no cloud",
                {{"reason", created.error().message()}});
      return std::unique_ptr<Capture>();
    }
    s3 = *std::move(created);
  }
  return Capture::Create(config.capture, std::move(s3), metrics, log);
}

class AgentImpl final : public Agent {
 public:
  AgentImpl(AgentConfig config, const Logger& log)
      : config_(std::move(config)), log_(log) {}

  Result<void> Start(const std::string& worker_program) {
    SKERRY_RETURN_IF_ERROR(StartServing(worker_program));
    return StartFrontEnds();
  }

  void LoadModels() override {
    for (const ConfiguredModel& model : config_.models) {
      if (auto loaded = LoadModel(model); !loaded) {
        log_.Error("model is left out", {{"model", model.name},
                                         {"reason", loaded.error().message()}});
      }
    }
    for (const std::string& name : NamesToLoad()) {
      if (auto loaded = repository_->Load(name, ""); !loaded) {
        log_.Error("model is left out",
                   {{"model", name}, {"reason", loaded.error().message()}});
      }
    }
    ready_ = true;
    log_.Info("ready", {{"models", models_->List().size()}});
  }

  void Drain() override {
    ready_ = false;
    const auto deadline = std::chrono::steady_clock::now() + config_.drain_time;
    log_.Info("draining", {{"seconds", config_.drain_time.count()}});
    http_->Shutdown(deadline);
    grpc_->Shutdown(deadline);
    models_->Drain(deadline);
    if (capture_ != nullptr) capture_->Drain(deadline);
    log_.Info("stopped");
  }

  int grpc_port() const override { return grpc_->tcp_port(); }
  int http_port() const override { return http_->tcp_port(); }

 private:
  Result<void> StartServing(const std::string& worker_program) {
    if (!config_.otlp_endpoint.empty()) {
      SKERRY_ASSIGN_OR_RETURN(
          tracer_,
          telemetry::Tracer::Create({.endpoint = config_.otlp_endpoint,
                                     .service_name = "skerry-agent",
                                     .service_version = SKERRY_VERSION,
                                     .sample_share = config_.trace_share}));
    }
    ModelStore::Options options;
    if (!config_.trust_roots.empty()) {
      SKERRY_ASSIGN_OR_RETURN(options.roots,
                              trust::TrustRoots::Load(config_.trust_roots));
    }
    options.worker_program = worker_program;
    options.isolate_all = config_.isolate;
    options.defaults = config_.model_defaults;
    SKERRY_ASSIGN_OR_RETURN(
        models_, ModelStore::Create(std::move(options), metrics_, log_));
    SKERRY_ASSIGN_OR_RETURN(repository_,
                            Repository::Create(config_.repository, *models_));
    SKERRY_ASSIGN_OR_RETURN(capture_, CreateCapture(config_, metrics_, log_));
    return {};
  }

  Services MakeServices() {
    return {*models_, *repository_,  *regions_,      capture_.get(), metrics_,
            log_,     tracer_.get(), SKERRY_VERSION, ready_};
  }

  Result<void> StartFrontEnds() {
    SKERRY_ASSIGN_OR_RETURN(
        grpc_,
        GrpcServer::Create({.message_bytes_max = config_.message_bytes_max,
                            .tcp_address = config_.grpc_listen,
                            .tls = config_.tls},
                           MakeServices()));
    HttpServer::Options options;
    options.socket_path = config_.socket_path;
    options.replace_socket = config_.replace_socket;
    options.socket_mode = config_.socket_mode;
    options.users_allowed = config_.users_allowed;
    options.groups_allowed = config_.groups_allowed;
    options.body_bytes_max = config_.message_bytes_max;
    options.tcp_address = config_.http_listen;
    options.tls = config_.tls;
    SKERRY_ASSIGN_OR_RETURN(
        http_, HttpServer::Create(std::move(options), MakeServices(),
                                  [this](platform::FileDescriptor connection,
                                         const Peer& peer) {
                                    grpc_->Adopt(std::move(connection), peer);
                                  }));
    return {};
  }

  /// What the repository has beyond what the store has already.
  std::set<std::string> NamesToLoad() const {
    std::set<std::string> names;
    for (const Repository::Entry& entry : repository_->Index(false)) {
      names.insert(entry.name);
    }
    for (const ModelDescription& model : models_->List()) {
      names.erase(model.alias);
    }
    return names;
  }

  Result<void> LoadModel(const ConfiguredModel& model) {
    const ModelOptions& options = model.configuration.options;
    SKERRY_RETURN_IF_ERROR(
        models_->Load(model.name, model.paths.front(), options));
    for (const std::string& path : model.paths | std::views::drop(1)) {
      SKERRY_RETURN_IF_ERROR(models_->AddVersion(model.name, path, options));
    }
    if (!model.configuration.split) return {};
    return models_->SetSplit(model.name, model.configuration.split);
  }

  AgentConfig config_;
  const Logger& log_;
  std::atomic<bool> ready_ = false;
  telemetry::Registry metrics_;
  std::unique_ptr<telemetry::Tracer> tracer_;
  std::unique_ptr<ModelStore> models_;
  std::unique_ptr<Repository> repository_;
  std::unique_ptr<SharedRegions> regions_ = SharedRegions::Create();
  std::unique_ptr<Capture> capture_;
  // Ended first, in reverse: the HTTP server hands connections to gRPC's.
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace

Result<std::unique_ptr<Agent>> Agent::Create(const AgentConfig& config,
                                             const std::string& worker_program,
                                             const Logger& log) {
  auto agent = std::make_unique<AgentImpl>(config, log);
  SKERRY_RETURN_IF_ERROR(agent->Start(worker_program));
  return std::unique_ptr<Agent>(std::move(agent));
}

}  // namespace skerry::agent
