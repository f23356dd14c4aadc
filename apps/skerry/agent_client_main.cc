// The commands of skerry that speak to an agent. They are a program of their
// own, which `skerry` becomes when one of them is given, so that no other
// command pays for the start of gRPC.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <memory>

#include "agent_bench_command.h"
#include "agent_bench_options.h"
#include "command.h"
#include "help_formatter.h"
#include "predict_command.h"
#include "predict_options.h"
#include "program.h"

namespace skerry::cli {
namespace {

int Main(int argc, char** argv) {
  // Tells errors twice otherwise, in its own words.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  CLI::App app("Speaks to an agent; see skerry(1).", "skerry-agent-client");
  Action action;
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(1);
  app.set_version_flag("--version", "skerry " SKERRY_VERSION);
  AddPredictCommand(app, action, Predict);

  auto options = std::make_shared<AgentBenchOptions>();
  CLI::App* bench = app.add_subcommand("bench", "Measure an agent");
  bench->add_option("MODEL", options->model)->required();
  AddAgentBenchFlags(*bench, *options);
  bench->add_option("--seconds", options->seconds);
  bench->add_flag("--json", options->json);
  bench->callback([&action, options] {
    action = [options] { return BenchAgent(*options); };
  });
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
