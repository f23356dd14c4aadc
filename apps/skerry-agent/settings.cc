#include "settings.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "skerry/platform/file.h"

namespace skerry::agent {
namespace {

constexpr const char* kDescription =
    "Serves compiled models to the programs of one machine: gRPC (SageMaker "
    "Edge Manager's agent\ninterface, the Open Inference Protocol) and REST, "
    "on one unix socket.";

constexpr const char* kFooter =
    "Settings come from the command line, then the environment, then the "
    "configuration file.\nSignals: TERM, INT and HUP end it; requests under "
    "way are answered first.\nExit codes: 0 ended by a signal; 1 a fault of "
    "this machine, or of ours; 2 bad usage or configuration.\n\nExamples:\n"
    "  skerry-agent -a /run/skerry/agent.sock -f --model detector=./package\n"
    "  skerry-agent -c agent.json --repository /var/lib/skerry/models";

void AddServingOptions(CLI::App& app, Settings& settings) {
  app.add_option("--repository", settings.repository,
                 "Load the models of this folder, ROOT/NAME/VERSION/")
      ->type_name("FOLDER")
      ->envname("SKERRY_AGENT_REPOSITORY");
  app.add_option("--model", settings.models,
                 "Load the package in FOLDER as NAME; may be repeated")
      ->type_name("NAME=FOLDER");
  app.add_flag("--isolate", settings.isolate,
               "Run each model in a process of its own");
  app.add_option("--trust-roots", settings.trust_roots,
                 "Take only packages signed by a key in this folder")
      ->type_name("FOLDER")
      ->envname("SKERRY_AGENT_TRUST_ROOTS");
}

void AddNetworkOptions(CLI::App& app, Settings& settings) {
  app.add_option("--grpc-listen", settings.grpc_listen,
                 "Serve gRPC on TCP too; port 0 takes any")
      ->type_name("HOST:PORT")
      ->envname("SKERRY_AGENT_GRPC_LISTEN");
  app.add_option("--http-listen", settings.http_listen,
                 "Serve REST on TCP too; port 0 takes any")
      ->type_name("HOST:PORT")
      ->envname("SKERRY_AGENT_HTTP_LISTEN");
  app.add_option("--tls-certificate,--tls-cert", settings.tls_certificate,
                 "Certificate of the TCP listeners (PEM)")
      ->type_name("FILE");
  app.add_option("--tls-key", settings.tls_key, "Its private key (PEM)")
      ->type_name("FILE");
  app.add_option("--tls-client-ca", settings.tls_client_ca,
                 "Who must have signed the certificates of clients (PEM)")
      ->type_name("FILE");
}

void AddLogOptions(CLI::App& app, Settings& settings) {
  app.add_option("--log-format", settings.log_format, "text or json")
      ->type_name("FORMAT")
      ->envname("SKERRY_AGENT_LOG_FORMAT");
  app.add_option("--log-level", settings.log_level,
                 "debug, info, warning or error")
      ->type_name("LEVEL")
      ->envname("SKERRY_AGENT_LOG_LEVEL");
  app.add_option("--otlp-endpoint", settings.otlp_endpoint,
                 "Send traces to this OpenTelemetry collector, by OTLP/HTTP")
      ->type_name("URL")
      ->envname("OTEL_EXPORTER_OTLP_ENDPOINT");
  app.add_option("--drain-seconds", settings.drain_seconds,
                 "How long requests under way may take at the end; default 30")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 3600));
}

template <class T, class Place>
void Override(const std::optional<T>& value, Place& place) {
  if (value) place = *value;
}

Result<void> AddModels(const Settings& settings, AgentConfig& config) {
  for (const std::string& text : settings.models) {
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == text.size()) {
      return InvalidArgument("--model: got '" + text + "', want NAME=FOLDER");
    }
    config.models.push_back({.name = text.substr(0, sign),
                             .paths = {text.substr(sign + 1)},
                             .configuration = {config.model_defaults, {}}});
  }
  return {};
}

Result<void> CheckTls(const AgentConfig& config) {
  const TlsOptions& tls = config.tls;
  const bool all = !tls.certificate_file.empty() && !tls.key_file.empty() &&
                   !tls.client_ca_file.empty();
  const bool none = tls.certificate_file.empty() && tls.key_file.empty() &&
                    tls.client_ca_file.empty();
  if (all || none) return {};
  return InvalidArgument(
      "TLS needs a certificate, its key and the clients' CA: --tls-certificate,"
      " --tls-key, --tls-client-ca");
}

Result<void> ReadFileInto(const std::string& path, AgentConfig& config,
                          std::vector<std::string>& ignored) {
  SKERRY_ASSIGN_OR_RETURN(const std::string text,
                          platform::ReadTextFile(path, kConfigBytesMax));
  if (auto parsed = ParseAgentConfig(text, config, ignored); !parsed) {
    return parsed.error().WithContext("'" + path + "'");
  }
  return {};
}

}  // namespace

void AddSettings(CLI::App& app, Settings& settings) {
  app.name("skerry-agent");
  app.description(kDescription);
  app.footer(kFooter);
  app.set_version_flag("--version", "skerry-agent " SKERRY_VERSION);
  app.add_option("-a,--socket", settings.socket_path,
                 "Listen on this unix socket; default /run/skerry/agent.sock")
      ->type_name("PATH")
      ->envname("SKERRY_AGENT_SOCKET");
  app.add_option("-c,--config", settings.config_file,
                 "Read settings from this JSON file")
      ->type_name("FILE")
      ->envname("SKERRY_AGENT_CONFIG");
  app.add_flag("-f,--force", settings.replace_socket,
               "Remove what is at the socket's path first");
  app.add_option("-m,--message-bytes", settings.message_bytes_max,
                 "Refuse larger messages; default 67108864")
      ->type_name("BYTES")
      ->check(CLI::Range(std::size_t{1024}, std::size_t{2147483647}));
  AddServingOptions(app, settings);
  AddNetworkOptions(app, settings);
  AddLogOptions(app, settings);
}

Result<AgentConfig> ReadSettings(const Settings& settings,
                                 std::vector<std::string>& ignored) {
  AgentConfig config;
  if (!settings.config_file.empty()) {
    SKERRY_RETURN_IF_ERROR(ReadFileInto(settings.config_file, config, ignored));
  }
  Override(settings.socket_path, config.socket_path);
  Override(settings.message_bytes_max, config.message_bytes_max);
  Override(settings.repository, config.repository);
  Override(settings.grpc_listen, config.grpc_listen);
  Override(settings.http_listen, config.http_listen);
  Override(settings.tls_certificate, config.tls.certificate_file);
  Override(settings.tls_key, config.tls.key_file);
  Override(settings.tls_client_ca, config.tls.client_ca_file);
  Override(settings.trust_roots, config.trust_roots);
  Override(settings.otlp_endpoint, config.otlp_endpoint);
  if (settings.drain_seconds) {
    config.drain_time = std::chrono::seconds(*settings.drain_seconds);
  }
  config.replace_socket |= settings.replace_socket;
  config.isolate |= settings.isolate;
  if (settings.log_format) {
    SKERRY_ASSIGN_OR_RETURN(config.log_format,
                            telemetry::ParseLogFormat(*settings.log_format));
  }
  if (settings.log_level) {
    SKERRY_ASSIGN_OR_RETURN(config.log_level,
                            telemetry::ParseLogLevel(*settings.log_level));
  }
  SKERRY_RETURN_IF_ERROR(AddModels(settings, config));
  SKERRY_RETURN_IF_ERROR(CheckTls(config));
  return config;
}

}  // namespace skerry::agent
