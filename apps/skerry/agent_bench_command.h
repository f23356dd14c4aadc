#pragma once

#include "agent_bench_options.h"
#include "skerry/base/result.h"

namespace skerry::cli {

/// `skerry bench --agent`: measures requests to an agent, and prints what it
/// found for each number of clients and each way that tensors can go.
Result<void> BenchAgent(const AgentBenchOptions& options);

}  // namespace skerry::cli
