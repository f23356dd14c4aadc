#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/plan/arena.h"
#include "skerry/compiler/toolchain/target.h"

namespace skerry::compiler {

/// The source of a model: C++ that clang compiles, and its constants.
struct Emitted {
  std::string cc;                  ///< model.cc
  std::vector<std::byte> weights;  ///< weights.bin, which weights.S includes
};

/// Writes the source of a model: one function for each node that has a plan,
/// and the entry point that calls them in order.
///
/// `plans[i]` is the plan of `graph.nodes[i]`; it is not used if `arena` makes
/// the node an alias.
Emitted EmitModel(const Graph& graph, const std::vector<KernelPlan>& plans,
                  const ArenaPlan& arena, const Target& target);

/// A program that runs the model once, see self_check_main.h.
std::string EmitSelfCheckMain(const Graph& graph, std::int64_t arena_bytes,
                              std::int64_t scratch_bytes);

/// weights.S: puts weights.bin, page-aligned, under the name that model.cc
/// calls it by.
std::string EmitWeightsAssembly();

}  // namespace skerry::compiler
