#include "skerry/compiler/layout/region.h"

#include <unordered_map>
#include <vector>

namespace skerry::compiler {
namespace {

/// 1. Seeds join. A value that a joined node moves makes its other users and
///    its producer join, if they can, until no more do.
/// 2. Each joined node is made anew for the new axes. Its operands are the
///    moved values, where they exist, else a Transpose of the old ones; the
///    old results become a Transpose of the new ones. When all users of such a
///    Transpose have joined, nothing uses it, and it goes.
class RegionConverter {
 public:
  RegionConverter(Editor& editor, const RegionRule& rule)
      : editor_(editor),
        rule_(rule),
        remappings_(static_cast<std::size_t>(editor.size())),
        is_seed_(static_cast<std::size_t>(editor.size()), false) {}

  Result<void> Run() {
    Grow();
    const NodeIndex count = editor_.size();
    for (NodeIndex i = 0; i < count; ++i) {
      if (remappings_[static_cast<std::size_t>(i)].has_value()) {
        SKERRY_RETURN_IF_ERROR(Convert(i));
      }
    }
    return {};
  }

 private:
  void Grow() {
    for (NodeIndex i = 0; i < editor_.size(); ++i) {
      auto found = rule_.find_seed(editor_.graph(), editor_.node(i), rule_.map);
      if (!found.has_value()) continue;
      is_seed_[static_cast<std::size_t>(i)] = true;
      Join(i, std::move(found));
    }
    while (!joined_.empty()) {
      const NodeIndex index = joined_.back();
      joined_.pop_back();
      const Node& node = editor_.node(index);
      const Remapping& remapping =
          *remappings_[static_cast<std::size_t>(index)];
      for (const std::size_t i : remapping.inputs) Spread(node.inputs[i]);
      if (!remapping.outputs) continue;
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) Spread(id);
      }
    }
  }

  void Join(NodeIndex index, std::optional<Remapping> remapping) {
    remappings_[static_cast<std::size_t>(index)] = std::move(remapping);
    joined_.push_back(index);
  }

  /// `id` moves: what makes it and what uses it may join.
  void Spread(ValueId id) {
    const NodeIndex producer = editor_.Producer(id);
    if (producer != kNoNode) MayJoin(producer, id);
    for (const NodeIndex user : editor_.Users(id)) MayJoin(user, id);
  }

  void MayJoin(NodeIndex index, ValueId moved) {
    if (remappings_[static_cast<std::size_t>(index)].has_value()) return;
    const Node& node = editor_.node(index);
    auto found = FindRemapping(editor_.graph(), node, rule_.map);
    if (!found.has_value()) return;
    bool touches = false;
    for (const std::size_t i : found->inputs) {
      touches |= node.inputs[i] == moved;
    }
    if (found->outputs) touches |= editor_.Producer(moved) == index;
    if (touches) Join(index, std::move(found));
  }

  Result<ValueId> Moved(NodeIndex index, ValueId id) {
    if (const auto found = moved_.find(id); found != moved_.end()) {
      return found->second;
    }
    SKERRY_ASSIGN_OR_RETURN(const ValueId moved,
                            AddMapped(editor_, index, id, rule_.map));
    moved_[id] = moved;
    return moved;
  }

  Result<void> Convert(NodeIndex index) {
    const Remapping& remapping = *remappings_[static_cast<std::size_t>(index)];
    auto remap =
        is_seed_[static_cast<std::size_t>(index)] ? rule_.remap_seed : Remap;
    SKERRY_ASSIGN_OR_RETURN(Node node, remap(editor_, index, rule_.map));
    for (const std::size_t i : remapping.inputs) {
      SKERRY_ASSIGN_OR_RETURN(node.inputs[i], Moved(index, node.inputs[i]));
    }
    const std::vector<ValueId> old_outputs = node.outputs;
    SKERRY_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                            editor_.AddNode(std::move(node)));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] == kNoValue) continue;
      ValueId replacement = outputs[i];
      if (remapping.outputs) {
        SKERRY_ASSIGN_OR_RETURN(
            replacement, AddUnmapped(editor_, index, outputs[i], rule_.map));
        moved_[replacement] = outputs[i];
      }
      editor_.ReplaceUses(old_outputs[i], replacement);
    }
    return {};
  }

  Editor& editor_;
  const RegionRule& rule_;
  std::vector<std::optional<Remapping>> remappings_;  ///< of joined nodes
  std::vector<bool> is_seed_;
  std::vector<NodeIndex> joined_;  ///< whose values have not spread yet
  std::unordered_map<ValueId, ValueId> moved_;
};

}  // namespace

Result<bool> ConvertRegions(Graph& graph, const RegionRule& rule) {
  Editor editor(graph);
  SKERRY_RETURN_IF_ERROR(RegionConverter(editor, rule).Run());
  return editor.changed();
}

}  // namespace skerry::compiler
