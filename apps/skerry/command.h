#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::cli {

/// How the program ends. `skerry.1` and `skerry --help` document them.
enum ExitCode {
  kExitOk = 0,
  kExitFailure = 1,  ///< a fault of this machine, or of ours
  kExitUsage = 2,    ///< bad input or usage
};

/// What a command does once the command line is read. An error is printed and
/// gives the exit code.
using Action = std::function<Result<void>()>;

/// Each adds one command to `app`. When the command is given, parsing sets
/// `action`. One file per command holds its options and what it does.
void AddCompileCommand(CLI::App& app, Action& action);
void AddRunCommand(CLI::App& app, Action& action);
/// `argv` is the program's: an agent is measured by another program.
void AddBenchCommand(CLI::App& app, Action& action, char** argv);
void AddInspectCommand(CLI::App& app, Action& action);
void AddPackageCommand(CLI::App& app, Action& action);
/// Its answers come from a control plane, over HTTP.
void AddCloudCommand(CLI::App& app, Action& action);
void AddDoctorCommand(CLI::App& app, Action& action);
void AddCompletionCommand(CLI::App& app, Action& action);
void AddVersionCommand(CLI::App& app, Action& action);
void AddHelpCommand(CLI::App& app, Action& action);

/// The exit code of `error`: what the user gave, or what the machine lacks.
ExitCode ExitCodeOf(const Error& error);

/// `error` of a file that a user gave. That the machine cannot run a model
/// (kFailedPrecondition) is then the file's fault: it is for another one.
Error BlameFile(const Error& error, std::string_view path);

/// "skerry: error: ..." on standard error. Lines after the first become hints,
/// indented.
void PrintError(std::string_view message);

/// Adds the paragraph of examples at the end of a command's help.
void AddExamples(CLI::App& command, std::string_view lines);

}  // namespace skerry::cli
