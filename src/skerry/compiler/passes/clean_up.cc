#include <array>

#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

/// Each round makes the graph smaller or moves a Transpose down; this many are
/// never needed, and stopping early is no error.
constexpr int kRoundsMax = 100;

}  // namespace

Result<bool> CleanUp(Graph& graph) {
  static constexpr std::array kSteps = {FoldConstants, RemoveIdentities,
                                        SimplifyReshapes, SimplifyTransposes,
                                        MergeCommon};
  bool changed = false;
  for (int round = 0; round < kRoundsMax; ++round) {
    bool found = false;
    for (const auto step : kSteps) {
      SKERRY_ASSIGN_OR_RETURN(const bool step_found, step(graph));
      found |= step_found;
    }
    if (!found) break;
    changed = true;
  }
  return changed;
}

}  // namespace skerry::compiler
