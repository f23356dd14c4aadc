#include "program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <string_view>

namespace skerry::cli {
namespace {

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

}  // namespace

int RunProgram(CLI::App& app, const Action& action, int argc, char** argv) {
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

}  // namespace skerry::cli
