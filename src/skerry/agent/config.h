#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/agent/capture/capture.h"
#include "skerry/agent/serving/model_store.h"
#include "skerry/agent/serving/repository.h"
#include "skerry/agent/tls_options.h"
#include "skerry/base/result.h"
#include "skerry/telemetry/log.h"

namespace skerry::agent {

/// A model that the agent loads when it starts.
struct ConfiguredModel {
  std::string name;  ///< alias
  /// Folders of packages: the version that serves, then others for a split.
  std::vector<std::string> paths;
  ModelConfiguration configuration;
};

/// How the agent gets at the cloud, for captured data.
struct ProviderConfig {
  bool enabled = true;  ///< false: `sagemaker_edge_provider_provider` "None"
  std::string region;
  std::string s3_endpoint;  ///< empty: AWS's, of the region
  std::string thing_name;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string credential_url;  ///< empty: AWS_ACCESS_KEY_ID and the like
};

/// Everything that can be set of an agent.
struct AgentConfig {
  std::string socket_path = "/run/skerry/agent.sock";
  bool replace_socket = false;
  unsigned socket_mode = 0660;
  std::vector<unsigned> users_allowed;
  std::vector<unsigned> groups_allowed;
  std::size_t message_bytes_max = std::size_t{64} << 20;
  std::string grpc_listen;
  std::string http_listen;
  TlsOptions tls;
  std::string trust_roots;  ///< folder; empty: packages need no signature
  std::string repository;
  std::vector<ConfiguredModel> models;
  ModelOptions model_defaults;
  bool isolate = false;
  bool captures = false;  ///< whether capturing is configured at all
  CaptureOptions capture;
  ProviderConfig provider;
  telemetry::LogFormat log_format = telemetry::LogFormat::kText;
  telemetry::LogLevel log_level = telemetry::LogLevel::kInfo;
  std::string otlp_endpoint;
  double trace_share = 1.0;
  std::chrono::seconds drain_time{30};
};

/// A configuration file has at most this many bytes.
inline constexpr std::size_t kConfigBytesMax = std::size_t{4} << 20;

/// Sets what the JSON object `text` says in `config`. Keys are those of
/// SageMaker Edge Manager's agent and ours, which begin with `skerry_`
/// (docs/operating/agent.md lists both). Numbers and truth values may be
/// strings, as that agent's tools wrote them. Keys of that agent that mean
/// nothing here, and keys of nobody, are added to `ignored`.
///
/// Errors: kInvalidArgument names the key, what was found and what was
/// wanted.
Result<void> ParseAgentConfig(std::string_view text, AgentConfig& config,
                              std::vector<std::string>& ignored);

/// The id of the user (or group) that `text` names or numbers.
/// kInvalidArgument if there is none.
Result<unsigned> ParseUser(const std::string& text);
Result<unsigned> ParseGroup(const std::string& text);

}  // namespace skerry::agent
