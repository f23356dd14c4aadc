#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Index of a node in an `Editor`. It stays the same while nodes come and go.
using NodeIndex = int;
inline constexpr NodeIndex kNoNode = -1;

/// Rewrites a graph. Passes match and change nodes in any order; the editor
/// knows at all times what makes and what uses each value, drops nodes as
/// soon as nothing uses what they make, and puts the rest in order at the end.
///
/// While an editor lives, `graph.nodes` is empty: the nodes are in the editor.
///
/// Thread safety: thread-compatible.
class Editor {
 public:
  /// `graph` must outlive the editor.
  explicit Editor(Graph& graph);
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;
  /// Puts the nodes back into the graph: each after what it needs, and else in
  /// the order of before.
  ~Editor();

  Graph& graph() { return graph_; }
  const Graph& graph() const { return graph_; }
  bool changed() const { return changed_; }

  /// Nodes are 0 to `size() - 1`; some may be removed.
  NodeIndex size() const { return static_cast<NodeIndex>(nodes_.size()); }
  bool removed(NodeIndex index) const { return At(index).removed; }
  /// Stays valid until the editor dies. Inputs and outputs are changed
  /// through the editor only.
  const Node& node(NodeIndex index) const { return At(index).node; }

  /// What makes `id`, or kNoNode.
  NodeIndex Producer(ValueId id) const;
  /// The node that makes `id` if its operator is `op`, else null.
  const Node* ProducerOf(ValueId id, std::string_view op) const;
  /// How many operands and graph outputs read `id`.
  int UseCount(ValueId id) const;
  bool IsGraphOutput(ValueId id) const;
  /// The nodes that read `id`, one entry for each operand.
  const std::vector<NodeIndex>& Users(ValueId id) const;

  /// Adds a node with one output, whose type is inferred, and returns the
  /// output. The names come from node `origin`.
  Result<ValueId> Add(NodeIndex origin, std::string op,
                      std::vector<ValueId> inputs, Attributes attributes = {});
  /// Adds a node like `node`, whose outputs name the new ones and are
  /// otherwise ignored; returns the new outputs.
  Result<std::vector<ValueId>> AddNode(Node node);
  /// A constant whose name comes from `like`.
  ValueId AddConstant(ValueId like, Tensor tensor);

  void SetOp(NodeIndex index, std::string op);
  void SetAttributes(NodeIndex index, Attributes attributes);
  /// Replaces all operands.
  void SetInputs(NodeIndex index, std::vector<ValueId> inputs);
  void SetInput(NodeIndex index, std::size_t position, ValueId id);
  /// Infers the output types anew, after a change.
  Result<void> Retype(NodeIndex index);

  /// Makes all users of `from` use `to`, except the node that makes `to`. The
  /// types must be the same. A graph output keeps its place in the list of
  /// outputs; `RunPasses` sees to its name.
  void ReplaceUses(ValueId from, ValueId to);
  /// `from` becomes the output of node `index` in place of its output 0; the
  /// node that made `from` is removed. For fusing a node into its producer.
  void TakeOutput(NodeIndex index, ValueId from);
  /// Removes the nodes whose results nothing uses. Edits do so by themselves;
  /// this is for what was unused before.
  void RemoveUnused();

 private:
  struct Entry {
    Node node;
    bool removed = false;
  };
  struct Uses {
    NodeIndex producer = kNoNode;
    std::vector<NodeIndex> users;
    int outputs = 0;
  };

  const Entry& At(NodeIndex index) const {
    return nodes_[static_cast<std::size_t>(index)];
  }
  Entry& At(NodeIndex index) { return nodes_[static_cast<std::size_t>(index)]; }
  Uses& UsesOf(ValueId id);
  const Uses& UsesOf(ValueId id) const;
  void AddUses(NodeIndex index);
  void DropUser(ValueId id, NodeIndex user);
  void Sweep();
  enum class State : std::uint8_t { kNew, kOpen, kEmitted };
  void EmitAfterProducers(NodeIndex index, std::vector<State>& states);

  Graph& graph_;
  std::deque<Entry> nodes_;
  std::vector<Uses> uses_;
  std::vector<NodeIndex> perhaps_unused_;
  bool changed_ = false;
};

}  // namespace skerry::compiler
