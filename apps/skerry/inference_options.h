#pragma once

#include <CLI/App.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "preprocess_options.h"
#include "skerry/base/result.h"
#include "skerry/media/preprocess.h"

namespace skerry::cli {

/// What `skerry run` and `skerry predict` are told alike: what goes in, and
/// what is to be said of what comes out.
struct InferenceOptions {
  std::string model;  ///< a file, or a name that an agent knows
  std::vector<std::string> inputs;
  std::string output_folder;
  std::size_t top = 0;
  std::string labels;
  bool json = false;
  std::string preprocess;  ///< a sidecar file; empty: not given
  PreprocessValues preprocess_values;
};

/// Adds the flags that set all but `model`. `options` outlives parsing.
/// `sidecar_by_default` says, for the help, what is read if --preprocess is
/// not given.
void AddInferenceFlags(CLI::App& command,
                       const std::shared_ptr<InferenceOptions>& options,
                       const std::string& sidecar_by_default);

/// The steps that the sidecar at `path` (empty: none) and the flags state.
Result<media::Preprocess> ReadSteps(const InferenceOptions& options,
                                    const std::string& path);

/// The lines of the labels file at `path`; none without a path.
Result<std::vector<std::string>> ReadLabels(const std::string& path);

}  // namespace skerry::cli
