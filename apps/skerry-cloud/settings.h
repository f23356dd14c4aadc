#pragma once

#include <CLI/App.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "skerry/base/result.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/cloud/service/control_plane.h"

namespace skerry::cloud {

/// Where objects are, if not in the data folder.
struct ObjectSettings {
  std::optional<std::string> endpoint;
  std::optional<std::string> region;
  std::optional<std::string> credentials;
  std::optional<std::string> ca_file;
  std::optional<std::string> scope;
};

/// Declares --object-endpoint and what belongs to it.
void AddObjectOptions(CLI::App& command, ObjectSettings& settings);

/// kInvalidArgument names what makes no sense without an endpoint.
Result<ExternalPlace> ReadObjectSettings(const ObjectSettings& settings);

/// What the command line and the environment say. What is absent is left to
/// the configuration file, and then to the defaults.
struct Settings {
  std::string config_file;
  std::string data_folder;
  std::optional<std::string> listen;
  std::optional<std::string> database;
  ObjectSettings objects;
  std::optional<std::string> tls_certificate;
  std::optional<std::string> tls_key;
  std::optional<int> workers;
  std::optional<std::string> sandbox;
  std::optional<std::string> compiler;
  std::optional<int> job_memory_mib;
  std::optional<int> threads;
  std::optional<std::size_t> connections;
  std::optional<std::string> agent_socket;
  std::optional<std::string> metrics_token;
  std::optional<std::string> log_format;
  std::optional<std::string> log_level;
  std::optional<int> drain_seconds;
};

/// Declares the options of `serve`, which fill `settings`.
void AddSettings(CLI::App& command, Settings& settings);

/// Reads the configuration file, if there is one, and puts `settings` above
/// it. Errors: kInvalidArgument, kNotFound; they name file, key or option.
Result<ControlPlaneConfig> ReadSettings(const Settings& settings);

}  // namespace skerry::cloud
