#include <cstddef>
#include <string_view>
#include <unordered_map>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

std::size_t HashOf(const Tensor& tensor) {
  const auto bytes = tensor.bytes();
  return std::hash<std::string_view>()(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::size_t HashOf(const Node& node) {
  std::size_t hash = std::hash<std::string>()(node.op);
  for (const ValueId id : node.inputs) {
    hash = hash * 31 + static_cast<std::size_t>(id);
  }
  return hash;
}

bool SameWork(const Node& a, const Node& b) {
  return a.op == b.op && a.inputs == b.inputs &&
         a.outputs.size() == b.outputs.size() && a.attributes == b.attributes;
}

void MergeConstants(Editor& editor) {
  std::unordered_multimap<std::size_t, ValueId> seen;
  const Graph& graph = editor.graph();
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    if (graph.constant(id) == nullptr || editor.UseCount(id) == 0) continue;
    const std::size_t hash = HashOf(*graph.constant(id));
    const auto [first, last] = seen.equal_range(hash);
    auto same = first;
    while (same != last &&
           *graph.constant(same->second) != *graph.constant(id)) {
      ++same;
    }
    if (same != last) {
      editor.ReplaceUses(id, same->second);
    } else {
      seen.emplace(hash, id);
    }
  }
}

/// Makes all users of `node` use `earlier`, which does the same.
void ReplaceBy(Editor& editor, const Node& node, const Node& earlier) {
  // A copy: the node and its outputs go while they are being replaced.
  const std::vector<ValueId> outputs = node.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] != kNoValue) {
      editor.ReplaceUses(outputs[i], earlier.outputs[i]);
    }
  }
}

bool MakesAllOf(const Node& earlier, const Node& node) {
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue && earlier.outputs[i] == kNoValue) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<bool> MergeCommon(Graph& graph) {
  Editor editor(graph);
  MergeConstants(editor);
  std::unordered_multimap<std::size_t, NodeIndex> seen;
  for (NodeIndex i = 0; i < editor.size(); ++i) {
    if (editor.removed(i)) continue;
    const std::size_t hash = HashOf(editor.node(i));
    const auto [first, last] = seen.equal_range(hash);
    auto same = first;
    while (same != last &&
           (!SameWork(editor.node(same->second), editor.node(i)) ||
            !MakesAllOf(editor.node(same->second), editor.node(i)))) {
      ++same;
    }
    if (same != last) {
      ReplaceBy(editor, editor.node(i), editor.node(same->second));
    } else {
      seen.emplace(hash, i);
    }
  }
  return editor.changed();
}

}  // namespace skerry::compiler
