#include "settings.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "command.h"
#include "skerry/platform/errno_error.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::json;
using platform::Quoted;

constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;
constexpr int kThreadCountMax = 1024;
constexpr int kJobMemoryMibMax = 1 << 20;

void AddNetworkOptions(CLI::App& command, Settings& settings) {
  command
      .add_option("--listen", settings.listen,
                  "Serve here; port 0 takes any; default 127.0.0.1:8780")
      ->type_name("HOST:PORT")
      ->envname("SKERRY_CLOUD_LISTEN");
  command
      .add_option("--tls-certificate,--tls-cert", settings.tls_certificate,
                  "Certificate (PEM, with its chain); read again on SIGHUP")
      ->type_name("FILE")
      ->envname("SKERRY_CLOUD_TLS_CERTIFICATE");
  command.add_option("--tls-key", settings.tls_key, "Its private key (PEM)")
      ->type_name("FILE")
      ->envname("SKERRY_CLOUD_TLS_KEY");
  command
      .add_option("--connections", settings.connections,
                  "Connections at once; default 10000")
      ->type_name("COUNT")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}));
  command
      .add_option("--threads", settings.threads,
                  "Requests that are worked on at once; default 16")
      ->type_name("COUNT")
      ->check(CLI::Range(1, kThreadCountMax));
}

void AddJobOptions(CLI::App& command, Settings& settings) {
  command
      .add_option("--sandbox", settings.sandbox,
                  "What contains a job: bubblewrap, user, none; default auto: "
                  "the first of them that this system permits, but none")
      ->type_name("METHOD")
      ->envname("SKERRY_CLOUD_SANDBOX");
  command
      .add_option("--compiler", settings.compiler,
                  "The program skerry; default: beside this one, or in $PATH")
      ->type_name("FILE");
  command
      .add_option("--job-memory", settings.job_memory_mib,
                  "Memory that a job may use; default 6144")
      ->type_name("MIB")
      ->check(CLI::Range(64, kJobMemoryMibMax));
}

void AddLogOptions(CLI::App& command, Settings& settings) {
  command
      .add_option("--metrics-token", settings.metrics_token,
                  "Show /metrics only to who sends this as a bearer token")
      ->type_name("TOKEN")
      ->envname("SKERRY_CLOUD_METRICS_TOKEN");
  command.add_option("--log-format", settings.log_format, "text or json")
      ->type_name("FORMAT")
      ->envname("SKERRY_CLOUD_LOG_FORMAT");
  command
      .add_option("--log-level", settings.log_level,
                  "debug (a line for each request), info, warning or error")
      ->type_name("LEVEL")
      ->envname("SKERRY_CLOUD_LOG_LEVEL");
  command
      .add_option("--drain-seconds", settings.drain_seconds,
                  "How long requests under way may take at the end; default 30")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 3600));
}

template <class T>
Result<void> Take(const Json& value, std::string_view name, T& place,
                  bool fits) {
  if (!fits) {
    return InvalidArgument("setting '" + std::string(name) + "': got " +
                           value.dump() + ", want " +
                           (std::is_same_v<T, std::optional<std::string>>
                                ? "a text"
                                : "a whole number within its range"));
  }
  // The command line stands above the file.
  if (!place) place = value.get<typename T::value_type>();
  return {};
}

bool IsWithin(const Json& value, std::int64_t least, std::int64_t most) {
  return value.is_number_integer() && value.get<std::int64_t>() >= least &&
         value.get<std::int64_t>() <= most;
}

Result<void> TakeSetting(const std::string& name, const Json& value,
                         Settings& settings) {
  const std::pair<std::string_view, std::optional<std::string>*> texts[] = {
      {"listen", &settings.listen},
      {"database", &settings.database},
      {"object_endpoint", &settings.objects.endpoint},
      {"object_region", &settings.objects.region},
      {"object_credentials", &settings.objects.credentials},
      {"object_ca", &settings.objects.ca_file},
      {"object_scope", &settings.objects.scope},
      {"tls_certificate", &settings.tls_certificate},
      {"tls_key", &settings.tls_key},
      {"agent_socket", &settings.agent_socket},
      {"sandbox", &settings.sandbox},
      {"compiler", &settings.compiler},
      {"metrics_token", &settings.metrics_token},
      {"log_format", &settings.log_format},
      {"log_level", &settings.log_level},
  };
  for (const auto& [known, place] : texts) {
    if (known == name) return Take(value, name, *place, value.is_string());
  }
  if (name == "workers") {
    return Take(value, name, settings.workers, IsWithin(value, 0, 256));
  }
  if (name == "job_memory_mib") {
    return Take(value, name, settings.job_memory_mib,
                IsWithin(value, 64, kJobMemoryMibMax));
  }
  if (name == "threads") {
    return Take(value, name, settings.threads,
                IsWithin(value, 1, kThreadCountMax));
  }
  if (name == "connections") {
    return Take(value, name, settings.connections, IsWithin(value, 1, 1000000));
  }
  if (name == "drain_seconds") {
    return Take(value, name, settings.drain_seconds, IsWithin(value, 0, 3600));
  }
  return InvalidArgument(
      "there is no setting '" + name +
      "'; there are listen, database, object_endpoint, object_region, "
      "object_credentials, object_ca, object_scope, tls_certificate, tls_key, "
      "workers, sandbox, compiler, job_memory_mib, threads, connections, "
      "agent_socket, "
      "metrics_token, log_format, "
      "log_level, drain_seconds");
}

Result<void> ReadFileInto(Settings& settings) {
  SKERRY_ASSIGN_OR_RETURN(
      const std::string text,
      platform::ReadTextFile(settings.config_file, kConfigBytesMax));
  const Json json = Json::parse(text, nullptr, false, true);
  if (!json.is_object()) {
    return InvalidArgument(Quoted(settings.config_file) +
                           " holds no JSON object");
  }
  for (const auto& [name, value] : json.items()) {
    if (auto taken = TakeSetting(name, value, settings); !taken) {
      return taken.error().WithContext(Quoted(settings.config_file));
    }
  }
  return {};
}

Result<void> CheckTls(const ServerOptions& server) {
  if (server.certificate_file.empty() == server.key_file.empty()) return {};
  return InvalidArgument(
      "TLS wants a certificate and its key: --tls-certificate, --tls-key");
}

}  // namespace

void AddObjectOptions(CLI::App& command, ObjectSettings& settings) {
  command
      .add_option("--object-endpoint", settings.endpoint,
                  "Jobs' objects are in the S3 here, not in the control plane")
      ->type_name("URL")
      ->envname("SKERRY_CLOUD_OBJECT_ENDPOINT");
  command
      .add_option("--object-region", settings.region,
                  "Its region; default: the control plane's")
      ->type_name("REGION")
      ->envname("SKERRY_CLOUD_OBJECT_REGION");
  command
      .add_option("--object-credentials", settings.credentials,
                  "Keys for it, in the section [default] of a file in AWS's "
                  "format; default: $AWS_ACCESS_KEY_ID, "
                  "$AWS_SECRET_ACCESS_KEY")
      ->type_name("FILE")
      ->envname("SKERRY_CLOUD_OBJECT_CREDENTIALS");
  command
      .add_option("--object-ca", settings.ca_file,
                  "Trust its certificate by this CA (PEM)")
      ->type_name("FILE")
      ->envname("SKERRY_CLOUD_OBJECT_CA");
  command
      .add_option("--object-scope", settings.scope,
                  "Read and write there only below s3://BUCKET/PREFIX")
      ->type_name("S3URI")
      ->envname("SKERRY_CLOUD_OBJECT_SCOPE");
}

Result<ExternalPlace> ReadObjectSettings(const ObjectSettings& settings) {
  const std::pair<std::string_view, const std::optional<std::string>*> more[] =
      {{"--object-region", &settings.region},
       {"--object-credentials", &settings.credentials},
       {"--object-ca", &settings.ca_file},
       {"--object-scope", &settings.scope}};
  for (const auto& [name, value] : more) {
    if (!settings.endpoint && *value) {
      return InvalidArgument(std::string(name) +
                             " is for an S3 that --object-endpoint names");
    }
  }
  return ExternalPlace{.endpoint = settings.endpoint.value_or(""),
                       .region = settings.region.value_or(""),
                       .ca_file = settings.ca_file.value_or(""),
                       .credentials_file = settings.credentials.value_or(""),
                       .scope = settings.scope.value_or("")};
}

void AddSettings(CLI::App& command, Settings& settings) {
  AddDataOption(command, settings.data_folder);
  command
      .add_option("-c,--config", settings.config_file,
                  "Read settings from this JSON file")
      ->type_name("FILE")
      ->envname("SKERRY_CLOUD_CONFIG");
  AddNetworkOptions(command, settings);
  command
      .add_option("--database", settings.database,
                  "Keep metadata here, not where the folder says")
      ->type_name("URL")
      ->envname("SKERRY_CLOUD_DATABASE");
  command
      .add_option("--workers", settings.workers,
                  "Jobs at once in this process; 0: others run them; default 1")
      ->type_name("COUNT")
      ->envname("SKERRY_CLOUD_WORKERS")
      ->check(CLI::Range(0, 256));
  AddObjectOptions(command, settings.objects);
  AddJobOptions(command, settings);
  command
      .add_option("--agent", settings.agent_socket,
                  "Answer InvokeEndpoint by the skerry-agent at this socket")
      ->type_name("PATH")
      ->envname("SKERRY_CLOUD_AGENT");
  AddLogOptions(command, settings);
}

Result<ControlPlaneConfig> ReadSettings(const Settings& given) {
  Settings settings = given;
  if (!settings.config_file.empty()) {
    SKERRY_RETURN_IF_ERROR(ReadFileInto(settings));
  }
  ControlPlaneConfig config;
  config.data_folder = settings.data_folder;
  config.database_url = settings.database.value_or("");
  SKERRY_ASSIGN_OR_RETURN(config.objects, ReadObjectSettings(settings.objects));
  ServerOptions& server = config.server;
  server.address = settings.listen.value_or(server.address);
  server.certificate_file = settings.tls_certificate.value_or("");
  server.key_file = settings.tls_key.value_or("");
  server.worker_thread_count =
      settings.threads.value_or(server.worker_thread_count);
  server.connection_count_max =
      settings.connections.value_or(server.connection_count_max);
  config.job_count = settings.workers.value_or(config.job_count);
  config.sandbox = settings.sandbox.value_or(config.sandbox);
  config.compiler = settings.compiler.value_or("");
  if (settings.job_memory_mib) {
    config.job_memory_bytes =
        static_cast<std::uint64_t>(*settings.job_memory_mib) << 20;
  }
  config.agent_socket = settings.agent_socket.value_or("");
  config.metrics_token = settings.metrics_token.value_or("");
  if (settings.log_format) {
    SKERRY_ASSIGN_OR_RETURN(config.log_format,
                            telemetry::ParseLogFormat(*settings.log_format));
  }
  if (settings.log_level) {
    SKERRY_ASSIGN_OR_RETURN(config.log_level,
                            telemetry::ParseLogLevel(*settings.log_level));
  }
  if (settings.drain_seconds) {
    config.drain_time = std::chrono::seconds(*settings.drain_seconds);
  }
  config.version = SKERRY_VERSION;
  SKERRY_RETURN_IF_ERROR(CheckTls(server));
  return config;
}

}  // namespace skerry::cloud
