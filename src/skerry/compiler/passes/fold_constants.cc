#include <algorithm>

#include "skerry/compiler/ops/op.h"
#include "skerry/compiler/passes/rewrites.h"
#include "skerry/compiler/reference/evaluate.h"

namespace skerry::compiler {
namespace {

/// Results end up in the model's file. Those up to this size are always worth
/// it; larger ones (an Expand, say) only if their operands are large too.
constexpr std::int64_t kAlwaysBytes = std::int64_t{64} << 20;
constexpr std::int64_t kGrowthMax = 4;
/// Together the results may take this much more than their operands.
constexpr std::int64_t kGrownBytesMax = std::int64_t{1} << 30;

/// Whether to fold `node`; if so, takes what it grows off `budget`.
bool CanFold(const Graph& graph, const Node& node, std::int64_t& budget) {
  const OpInfo* info = FindOp(node.op);
  if (info == nullptr || info->reference == nullptr) return false;
  std::int64_t operand_bytes = 0;
  for (const ValueId id : node.inputs) {
    if (id == kNoValue) continue;
    if (graph.constant(id) == nullptr) return false;
    operand_bytes += graph.type(id).byte_count();
  }
  std::int64_t result_bytes = 0;
  for (const ValueId id : node.outputs) {
    if (id == kNoValue) continue;
    if (!graph.value(id).type.has_value()) return false;
    result_bytes += graph.type(id).byte_count();
  }
  const std::int64_t growth = std::max(result_bytes - operand_bytes,  //
                                       std::int64_t{0});
  if (result_bytes > std::max(kAlwaysBytes, kGrowthMax * operand_bytes) ||
      growth > budget) {
    return false;
  }
  budget -= growth;
  return true;
}

Result<void> Fold(Graph& graph, const Node& node) {
  std::vector<const Tensor*> operands;
  for (const ValueId id : node.inputs) operands.push_back(graph.constant(id));
  SKERRY_ASSIGN_OR_RETURN(std::vector<Tensor> results,
                          EvaluateNode(graph, node, operands));
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    graph.value(node.outputs[i]).constant =
        std::make_shared<const Tensor>(std::move(results[i]));
  }
  return {};
}

}  // namespace

Result<bool> FoldConstants(Graph& graph) {
  std::vector<Node> kept;
  bool changed = false;
  std::int64_t budget = kGrownBytesMax;
  for (Node& node : graph.nodes) {
    if (!CanFold(graph, node, budget)) {
      kept.push_back(std::move(node));
      continue;
    }
    if (auto folded = Fold(graph, node); !folded.has_value()) {
      return folded.error().WithContext(Describe(node));
    }
    changed = true;
  }
  graph.nodes = std::move(kept);
  return changed;
}

}  // namespace skerry::compiler
