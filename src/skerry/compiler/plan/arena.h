#pragma once

#include <cstdint>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Where a value's elements are while the model runs.
struct Place {
  enum class Kind : std::uint8_t {
    kNone,    ///< nowhere: constants, and values that nothing makes or reads
    kInput,   ///< in the caller's input `index`
    kOutput,  ///< in the caller's output `index`
    kArena,   ///< in the arena
  };
  Kind kind = Kind::kNone;
  int index = -1;
  std::int64_t offset = 0;  ///< bytes from the start of what `kind` says
};

/// The memory of one inference.
struct ArenaPlan {
  std::vector<Place> places;  ///< by ValueId
  /// By node: its output is where its inputs are, so that no code is needed.
  /// Reshape, Squeeze, Identity and the like give their first input another
  /// shape; the inputs of a Concat along the outermost axis of more than one
  /// element are made in their parts of the result.
  std::vector<bool> aliases;
  std::int64_t arena_bytes = 0;
  std::int64_t total_bytes = 0;  ///< what it would be without any sharing
};

/// Packs all that lives in the arena by lifetime; offsets in the arena are
/// multiples of 64 but for parts of a Concat.
///
/// `in_place_inputs[i]` is `KernelPlan::in_place_input` of `graph.nodes[i]`.
/// Graph outputs are made in the caller's memory, and graph inputs read from
/// there. kInternal if the graph's types are not all known.
Result<ArenaPlan> PlanArena(const Graph& graph,
                            const std::vector<int>& in_place_inputs);

/// Whether `node` only gives its first input another shape or name.
bool IsAlias(const Node& node);

}  // namespace skerry::compiler
