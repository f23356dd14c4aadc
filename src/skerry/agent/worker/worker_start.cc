#include "skerry/agent/worker/worker_start.h"

#include <charconv>
#include <string_view>

namespace skerry::agent {
namespace {

Result<int> ParseNumber(std::string_view text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end && number >= 0) return number;
  return InvalidArgument("'" + std::string(text) + "': want a number");
}

}  // namespace

std::vector<std::string> PrintWorkerArguments(const WorkerStart& start) {
  std::string cores;
  for (const int core : start.cores) {
    if (!cores.empty()) cores += ',';
    cores += std::to_string(core);
  }
  return {"--worker", start.model_path, std::to_string(start.thread_count),
          std::move(cores)};
}

Result<WorkerStart> ParseWorkerArguments(
    std::span<const std::string> arguments) {
  if (arguments.size() != 3) {
    return InvalidArgument("--worker: want a model, threads and cores");
  }
  WorkerStart start;
  start.model_path = arguments[0];
  SKERRY_ASSIGN_OR_RETURN(start.thread_count, ParseNumber(arguments[1]));
  std::string_view cores = arguments[2];
  while (!cores.empty()) {
    const std::string_view first = cores.substr(0, cores.find(','));
    SKERRY_ASSIGN_OR_RETURN(const int core, ParseNumber(first));
    start.cores.push_back(core);
    cores.remove_prefix(std::min(cores.size(), first.size() + 1));
  }
  return start;
}

}  // namespace skerry::agent
