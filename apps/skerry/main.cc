// The command line of Skerry. Each command has a file of its own; this one
// reads the command line, runs the command and turns errors into exit codes.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "command.h"
#include "help_formatter.h"

namespace skerry::cli {
namespace {

constexpr const char* kDescription =
    "Compiles trained neural networks for one kind of machine, and runs them.";

constexpr const char* kFooter =
    "Exit codes: 0 success; 1 this machine lacks something, or a fault of "
    "skerry;\n2 bad input or usage.\n\n"
    "'skerry COMMAND --help' tells more of a command.";

/// What is wrong with the command line, in words that name it.
std::string UsageFault(const CLI::App& app, const CLI::ParseError& error,
                       std::string_view first) {
  if (!app.get_subcommands().empty()) return error.what();
  if (first.empty()) return "no command is given";
  if (first.starts_with('-')) return error.what();
  return "there is no command '" + std::string(first) + "'";
}

int ReportUsage(const CLI::App& app, const CLI::ParseError& error,
                std::string_view first) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  std::string command = "skerry";
  for (const CLI::App* chosen : app.get_subcommands()) {
    command += " " + chosen->get_name();
  }
  PrintError(UsageFault(app, error, first) + "\ntry: " + command + " --help");
  return kExitUsage;
}

int Main(int argc, char** argv) {
  CLI::App app(kDescription, "skerry");
  Action action;
  // Commands inherit the formatter that is set before they are added.
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(1);
  app.set_version_flag("--version", "skerry " SKERRY_VERSION);
  app.footer(kFooter);
  AddCompileCommand(app, action);
  AddRunCommand(app, action);
  AddBenchCommand(app, action);
  AddInspectCommand(app, action);
  AddDoctorCommand(app, action);
  AddCompletionCommand(app, action);
  AddVersionCommand(app, action);
  AddHelpCommand(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(app, error, argc > 1 ? argv[1] : "");
  }
  const Result<void> done = action();
  if (!done) {
    PrintError(done.error().message());
    return ExitCodeOf(done.error());
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    PrintError("standard output cannot be written");
    return kExitFailure;
  }
  return kExitOk;
}

}  // namespace
}  // namespace skerry::cli

int main(int argc, char** argv) {
  try {
    return skerry::cli::Main(argc, argv);
  } catch (const std::exception& error) {
    skerry::cli::PrintError(error.what());
    return skerry::cli::kExitFailure;
  }
}
