#include "skerry/compiler/passes/passes.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "skerry/compiler/ir/compare.h"
#include "skerry/compiler/layout/layout.h"
#include "skerry/compiler/ops/op.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

constexpr auto kPasses = std::to_array<Pass>({
    {"remove-unused", "drop what nothing uses", RemoveUnused},
    {"clean-up", "fold, merge and drop what does nothing", CleanUp},
    {"canonicalise", "write the same thing the same way", Canonicalise},
    {"recognise-activations", "find spelled-out activations",
     RecogniseActivations},
    {"recognise-normalisation", "find spelled-out LayerNormalization",
     RecogniseNormalisation},
    {"recognise-space-to-depth", "find it written as Slices and Concat",
     RecogniseSpaceToDepth},
    {"lift-lines", "make 1-D feature maps 2-D", LiftToTwoDimensions},
    {"clean-up", "fold, merge and drop what does nothing", CleanUp},
    {"fold-scales", "put scales and offsets into weights", FoldScales},
    {"cascade-pools", "make larger windows from smaller ones", CascadePools},
    {"choose-layout", "make feature maps NHWC", ChooseNhwc},
    {"clean-up", "cancel and fold transposes", CleanUp},
    {"canonicalise", "find global pools of NHWC models", Canonicalise},
    {"recognise-normalisation", "find it in NHWC models too",
     RecogniseNormalisation},
    {"fold-scales", "put scales behind transposes into weights", FoldScales},
    {"fold-pads", "put Pad into convolutions and pools", FoldPads},
    {"clean-up", "fold, merge and drop what does nothing", CleanUp},
    {"fuse-epilogues", "put activations and residuals into convolutions",
     FuseEpilogues},
    {"fuse-elementwise", "make one node of elementwise trees", FuseElementwise},
    {"remove-unused", "drop what nothing uses", RemoveUnused},
});

/// The structure, and that each type is what its operator infers.
Result<void> VerifyGraph(const Graph& graph) {
  SKERRY_RETURN_IF_ERROR(graph.Verify());
  for (const Node& node : graph.nodes) {
    SKERRY_ASSIGN_OR_RETURN(const std::vector<TensorType> types,
                            InferTypes(graph, node));
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = node.outputs[i];
      if (id == kNoValue || graph.value(id).type == types[i]) continue;
      return Internal(
          Describe(node) + ": output '" + graph.value(id).name + "' is " +
          (graph.value(id).type.has_value() ? graph.type(id).ToString()
                                            : "of unknown type") +
          ", the operator infers " + types[i].ToString());
    }
  }
  return {};
}

Result<bool> RunPass(const Pass& pass, Graph& graph) {
  SKERRY_ASSIGN_OR_RETURN(const bool changed, pass.run(graph));
  if (changed) SKERRY_RETURN_IF_ERROR(VerifyGraph(graph));
  return changed;
}

/// Gives the graph outputs the names `wanted`, as far as those are not the
/// names of graph inputs or of earlier outputs.
void RenameOutputs(Graph& graph, const std::vector<std::string>& wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const ValueId output = graph.outputs[i];
    if (graph.value(output).name == wanted[i]) continue;
    const auto holder =
        std::ranges::find(graph.values, wanted[i], &Value::name);
    if (holder != graph.values.end()) {
      const auto id = static_cast<ValueId>(holder - graph.values.begin());
      const bool is_input =
          std::ranges::find(graph.inputs, id) != graph.inputs.end();
      const auto named_before =
          graph.outputs.begin() + static_cast<std::ptrdiff_t>(i);
      if (is_input ||
          std::find(graph.outputs.begin(), named_before, id) != named_before) {
        continue;
      }
      graph.Rename(id, wanted[i] + "_inner");
    }
    graph.Rename(output, wanted[i]);
  }
}

}  // namespace

std::span<const Pass> Passes() { return kPasses; }

Result<std::vector<PhaseTime>> RunPasses(Graph& graph,
                                         const PassOptions& options) {
  std::vector<std::string> output_names;
  for (const ValueId id : graph.outputs) {
    output_names.push_back(graph.value(id).name);
  }
  SKERRY_RETURN_IF_ERROR(VerifyGraph(graph));
  std::vector<PhaseTime> times;
  for (const Pass& pass : Passes()) {
    if (options.disabled.contains(pass.name)) continue;
    const auto start = std::chrono::steady_clock::now();
    const auto changed = RunPass(pass, graph);
    if (!changed.has_value()) {
      return Internal("pass " + std::string(pass.name) + ": " +
                      changed.error().message());
    }
    const std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    times.push_back({std::string(pass.name), passed.count()});
    if (*changed && options.trace) options.trace(pass.name, graph);
  }
  SKERRY_RETURN_IF_ERROR(CopyOutputs(graph));
  graph = Compact(graph);
  RenameOutputs(graph, output_names);
  return times;
}

}  // namespace skerry::compiler
