#include "predict_options.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace skerry::cli {

void AddPredictCommand(CLI::App& app, Action& action,
                       std::function<Result<void>(const PredictOptions&)> run) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand(
      "predict", "Let an agent run a model on arrays or photos");
  command->add_option("MODEL", options->model, "a model that the agent has")
      ->required();
  command->add_option("--agent", options->socket, "the agent's unix socket")
      ->type_name("SOCKET")
      ->required();
  AddInferenceFlags(*command, options, "");
  command
      ->add_option("--timeout", options->timeout_s,
                   "how long the agent may take to answer (30)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 86400.0).description(""));
  command->add_flag("--shared-memory", options->shared_memory,
                    "send tensors through memory, not through the socket");
  AddExamples(*command,
              "  skerry predict --agent /run/skerry.sock net "
              "--input x=input.npy \\\n      --output-dir out\n"
              "  skerry predict --agent /run/skerry.sock mobilenet "
              "--input parrot.jpg \\\n      --preprocess mobilenet.yaml "
              "--top 3 --labels labels.txt\n");
  command->callback([&action, options, run = std::move(run)] {
    action = [options, run] { return run(*options); };
  });
}

}  // namespace skerry::cli
