// The control plane: reads the command line, runs the command, and turns
// errors into exit codes.

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "command.h"

namespace skerry::cloud {
namespace {

constexpr const char* kDescription =
    "Skerry's control plane: object store, SageMaker API, compile jobs, "
    "registry and device fleets,\nfor AWS's own command line and SDKs.";

constexpr const char* kFooter =
    "Exit codes: 0 done, or ended by a signal; 1 a fault of this machine, or "
    "of ours;\n2 bad usage or configuration.\n\nExamples:\n"
    "  skerry-cloud init --data /var/lib/skerry-cloud > admin.sh\n"
    "  skerry-cloud serve --data /var/lib/skerry-cloud\n"
    "  . ./admin.sh; aws s3 mb s3://models\n\n"
    "'skerry-cloud COMMAND --help' tells more of a command; 'skerry cloud' "
    "administers a server that runs.";

int Complain(const Error& error) {
  std::fprintf(stderr, "skerry-cloud: error: %s\n", error.message().c_str());
  return error.code() == ErrorCode::kInvalidArgument ||
                 error.code() == ErrorCode::kNotFound ||
                 error.code() == ErrorCode::kAlreadyExists
             ? kExitUsage
             : kExitFailure;
}

void AddVersionCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->callback([&action] {
    action = []() -> Result<void> {
      std::printf("skerry-cloud %s\n", SKERRY_VERSION);
      return {};
    };
  });
}

int Main(int argc, char** argv) {
  // Keys and metadata are nobody else's.
  umask(077);
  CLI::App app(kDescription, "skerry-cloud");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", "skerry-cloud " SKERRY_VERSION);
  Action action;
  AddInitCommand(app, action);
  AddServeCommand(app, action);
  AddWorkerCommand(app, action);
  AddBackupCommands(app, action);
  AddVersionCommand(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::string command = "skerry-cloud";
    for (const CLI::App* chosen : app.get_subcommands()) {
      command += " " + chosen->get_name();
    }
    return Complain(InvalidArgument(std::string(error.what()) +
                                    "\n  try: " + command + " --help"));
  }
  if (const Result<void> done = action(); !done) return Complain(done.error());
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Complain(Unavailable("standard output cannot be written"));
  }
  return kExitOk;
}

}  // namespace

void AddDataOption(CLI::App& command, std::string& folder) {
  command.add_option("--data", folder, "The folder that holds all there is")
      ->type_name("FOLDER")
      ->envname("SKERRY_CLOUD_DATA")
      ->required();
}

}  // namespace skerry::cloud

int main(int argc, char** argv) {
  try {
    return skerry::cloud::Main(argc, argv);
  } catch (const std::exception& error) {
    return skerry::cloud::Complain(skerry::Internal(error.what()));
  }
}
