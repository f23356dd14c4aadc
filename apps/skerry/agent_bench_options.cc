#include "agent_bench_options.h"

#include <CLI/CLI.hpp>

namespace skerry::cli {

void AddAgentBenchFlags(CLI::App& command, AgentBenchOptions& options) {
  const std::string group = "Through an agent";
  CLI::Option* agent =
      command
          .add_option("--agent", options.socket,
                      "the unix socket of an agent that has MODEL loaded")
          ->type_name("SOCKET")
          ->group(group);
  command
      .add_option("--clients", options.clients,
                  "how many clients ask at the same time (1,2,8)")
      ->type_name("COUNT[,COUNT]...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(1, kBenchClientsMax).description(""))
      ->needs(agent)
      ->group(group);
  CLI::Option* shared =
      command
          .add_flag("--shared-memory", options.shared_memory,
                    "measure only tensors in shared memory; by default both")
          ->needs(agent)
          ->group(group);
  command
      .add_flag("--inline", options.inline_only,
                "measure only tensors in the messages")
      ->needs(agent)
      ->excludes(shared)
      ->group(group);
}

}  // namespace skerry::cli
