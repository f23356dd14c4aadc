// The command line of Skerry. Each command has a file of its own; this one
// says which there are.

#include <CLI/CLI.hpp>
#include <exception>
#include <memory>

#include "agent_client.h"
#include "command.h"
#include "help_formatter.h"
#include "predict_options.h"
#include "program.h"

namespace skerry::cli {
namespace {

constexpr const char* kDescription =
    "Compiles trained neural networks for one kind of machine, and runs them.";

constexpr const char* kFooter =
    "Exit codes: 0 success; 1 this machine lacks something, or a fault of "
    "skerry;\n2 bad input or usage.\n\n"
    "'skerry COMMAND --help' tells more of a command.";

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
  AddBenchCommand(app, action, argv);
  AddPredictCommand(app, action, [argv](const PredictOptions&) {
    return BecomeAgentClient(argv);
  });
  AddInspectCommand(app, action);
  AddPackageCommand(app, action);
  AddCloudCommand(app, action);
  AddDoctorCommand(app, action);
  AddCompletionCommand(app, action);
  AddVersionCommand(app, action);
  AddHelpCommand(app, action);
  return RunProgram(app, action, argc, argv);
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
