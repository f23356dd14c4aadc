#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace skerry::cli {

/// Connections that the bench opens at once.
inline constexpr int kBenchClientsMax = 256;

/// What `skerry bench --agent` is told.
struct AgentBenchOptions {
  std::string socket;  ///< empty: no agent is to be measured
  std::string model;
  std::vector<int> clients = {1, 2, 8};
  double seconds = 2;
  bool shared_memory = false;  ///< only that
  bool inline_only = false;
  bool json = false;
};

/// Adds the flags that are the agent's: --agent, --clients, --shared-memory,
/// --inline. `options` outlives parsing.
void AddAgentBenchFlags(CLI::App& command, AgentBenchOptions& options);

}  // namespace skerry::cli
