#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Makes a graph node by node. Types are worked out as nodes are added, and
/// what only depends on constants becomes a constant at once, as long as it
/// is small and cheap: that is how shapes that are computed get known. What
/// is large is left to the constant-folding pass.
///
/// Thread safety: thread-compatible.
class Builder {
 public:
  /// Values larger than this stay computed.
  static constexpr std::int64_t kFoldedBytesMax = 1 << 16;
  /// Bytes that all folded values may have together.
  static constexpr std::int64_t kFoldedBytesTotalMax = 1 << 28;

  Graph& graph() { return graph_; }
  const Graph& graph() const { return graph_; }
  const Shape& shape(ValueId id) const { return graph_.shape(id); }
  DataType data_type(ValueId id) const { return graph_.type(id).type; }

  /// The name that nodes get from now on, and that their inner values begin
  /// with.
  void set_node_name(std::string name) { node_name_ = std::move(name); }

  /// Adds `node`, whose outputs are still empty, with an output for each of
  /// `outputs`; an empty one is left out. Returns the outputs' ids.
  ///
  /// Errors: those of `InferOutputs`.
  Result<std::vector<ValueId>> Add(Node node,
                                   std::span<const std::string> outputs);

  /// Adds an operation that is part of a larger one.
  Result<ValueId> AddInner(std::string op, std::vector<ValueId> inputs,
                           Attributes attributes = {});
  /// The same for an operation that has the result `output`.
  Result<ValueId> AddLast(std::string op, std::vector<ValueId> inputs,
                          const std::string& output,
                          Attributes attributes = {});

  /// Constants.
  ValueId AddInts(std::string_view name, std::vector<std::int64_t> values);
  ValueId AddInt(std::string_view name, std::int64_t value);
  Result<ValueId> AddScalar(std::string_view name, DataType type, float value);

 private:
  Result<bool> Fold(const Node& node);

  Graph graph_;
  std::string node_name_;
  std::int64_t folded_bytes_ = 0;
};

}  // namespace skerry::compiler
