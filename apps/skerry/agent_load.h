#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::cli {

/// Requests that clients make at the same time, each as soon as it has the
/// answer to the one before.
struct AgentLoad {
  std::string socket;
  std::string model;
  int clients = 1;
  double seconds = 2;
  bool shared_memory = false;
};

/// One request, seen from the client.
struct RequestTime {
  std::uint32_t latency_ns = 0;  ///< at most 4.29 s, also if it took longer
  std::uint32_t model_ns = 0;    ///< of that, the model's own time
};

/// What a load gave.
struct AgentLoadResult {
  std::vector<RequestTime> requests;  ///< of all clients
  double seconds = 0;                 ///< from the first to the last
};

/// Runs a load. Each client has a thread and a connection of its own, and
/// makes some requests that do not count first.
///
/// Errors: the first that any request met.
Result<AgentLoadResult> RunAgentLoad(const AgentLoad& load);

}  // namespace skerry::cli
