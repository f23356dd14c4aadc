#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/phase_time.h"

namespace skerry::compiler {

/// One rewriting of a graph that keeps what the graph computes.
struct Pass {
  std::string_view name;     ///< "fold-constants"
  std::string_view purpose;  ///< for people, one line
  /// Whether anything changed. Errors: a rewriting that could not be typed,
  /// which is a bug of the pass, or a constant that could not be folded.
  Result<bool> (*run)(Graph& graph);
};

/// All passes, in the order in which `RunPasses` runs them. A pass may stand
/// there several times.
std::span<const Pass> Passes();

/// How `RunPasses` goes about.
struct PassOptions {
  std::set<std::string, std::less<>> disabled;  ///< names of passes to skip
  /// Called with the graph after each pass that changed it. May be empty.
  std::function<void(std::string_view pass, const Graph& graph)> trace;
};

/// Runs all passes. Each is timed, and the graph verified after it: structure
/// (`Graph::Verify`) and that every type is what its operator infers.
///
/// Types and names of graph inputs and outputs stay as they are. In the
/// result no graph output is a graph input, a constant or another output.
///
/// Errors: kInternal names the pass that broke the graph and the node.
Result<std::vector<PhaseTime>> RunPasses(Graph& graph,
                                         const PassOptions& options = {});

}  // namespace skerry::compiler
