#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "command.h"
#include "inference_options.h"
#include "skerry/base/result.h"

namespace skerry::cli {

/// What `skerry predict` is told.
struct PredictOptions : InferenceOptions {
  std::string socket;
  double timeout_s = 30;
  bool shared_memory = false;
};

/// Adds `predict`, which does what `run` says. `skerry` hands the command over
/// to the program `skerry-agent-client`, which does it.
void AddPredictCommand(CLI::App& app, Action& action,
                       std::function<Result<void>(const PredictOptions&)> run);

}  // namespace skerry::cli
