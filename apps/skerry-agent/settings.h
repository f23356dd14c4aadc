#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include "skerry/agent/config.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// What the command line and the environment say. What is absent is left to
/// the configuration file, and then to the defaults.
struct Settings {
  std::string config_file;
  std::optional<std::string> socket_path;
  bool replace_socket = false;
  std::optional<std::size_t> message_bytes_max;
  std::optional<std::string> repository;
  std::vector<std::string> models;  ///< NAME=FOLDER
  std::optional<std::string> grpc_listen;
  std::optional<std::string> http_listen;
  std::optional<std::string> tls_certificate;
  std::optional<std::string> tls_key;
  std::optional<std::string> tls_client_ca;
  std::optional<std::string> trust_roots;
  bool isolate = false;
  std::optional<std::string> log_format;
  std::optional<std::string> log_level;
  std::optional<std::string> otlp_endpoint;
  std::optional<int> drain_seconds;
};

/// Declares the program's options, which fill `settings`.
void AddSettings(CLI::App& app, Settings& settings);

/// Reads the configuration file, if there is one, and puts `settings` above
/// it. Errors: kInvalidArgument, kNotFound; they name file, key or option.
Result<AgentConfig> ReadSettings(const Settings& settings,
                                 std::vector<std::string>& ignored);

}  // namespace skerry::agent
