#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// How the program ends; `skerry-cloud.8` documents them.
enum ExitCode {
  kExitOk = 0,
  kExitFailure = 1,  ///< a fault of this machine, or of ours
  kExitUsage = 2,    ///< bad usage or configuration
};

/// What a command does once the command line is read.
using Action = std::function<Result<void>()>;

/// Each adds one command to `app`. When the command is given, parsing sets
/// `action`.
void AddInitCommand(CLI::App& app, Action& action);
void AddServeCommand(CLI::App& app, Action& action);
void AddWorkerCommand(CLI::App& app, Action& action);
void AddBackupCommands(CLI::App& app, Action& action);

/// Adds the option --data, with $SKERRY_CLOUD_DATA.
void AddDataOption(CLI::App& command, std::string& folder);

}  // namespace skerry::cloud
