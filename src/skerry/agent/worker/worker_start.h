#pragma once

#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::agent {

/// What a worker is told as its arguments.
struct WorkerStart {
  std::string model_path;
  int thread_count = 1;
  std::vector<int> cores;
};

/// The descriptors that a worker is born with: the connection to its executor
/// and the memory that they share.
inline constexpr int kWorkerConnection = 3;
inline constexpr int kWorkerMemory = 4;

/// {"--worker", model path, thread count, cores as "0,1"}.
std::vector<std::string> PrintWorkerArguments(const WorkerStart& start);

/// Reads those after "--worker". kInvalidArgument.
Result<WorkerStart> ParseWorkerArguments(
    std::span<const std::string> arguments);

}  // namespace skerry::agent
