#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/attributes.h"
#include "skerry/tensor/shape.h"
#include "skerry/tensor/tensor.h"

namespace skerry::compiler {

/// Index of a value in `Graph::values`. An optional operand that is left out
/// is `kNoValue`.
using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;

/// One tensor: a graph input, a constant or the result of a node.
struct Value {
  std::string name;  ///< unique and not empty
  /// Known for all values once shapes are resolved. The shape is the one in
  /// memory: a feature map in NHWC has its channels last here.
  std::optional<TensorType> type;
  /// The elements if the value is a constant. Shared, never changed.
  std::shared_ptr<const Tensor> constant;
};

/// One operation. The operators are ONNX's, of its newest meaning (the
/// importer rewrites older forms), and a few of ours that passes make; all
/// are in `ops/ops.def`, which says what each takes, gives and means.
struct Node {
  std::string op;    ///< "Conv"
  std::string name;  ///< as the source model calls it, for messages
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;
};

/// A typed dataflow graph. `nodes` is in an order in which every value is
/// made before it is used.
///
/// Thread safety: thread-compatible.
class Graph {
 public:
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;   ///< what the caller gives, in order
  std::vector<ValueId> outputs;  ///< what the caller gets, in order

  Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
  const Value& value(ValueId id) const {
    return values[static_cast<std::size_t>(id)];
  }
  /// The type of a value whose type is known.
  const TensorType& type(ValueId id) const { return *value(id).type; }
  const Shape& shape(ValueId id) const { return type(id).shape; }
  /// The constant behind `id`, or null; `kNoValue` has none.
  const Tensor* constant(ValueId id) const {
    return id == kNoValue ? nullptr : value(id).constant.get();
  }

  /// Adds a value and returns its id. If `name` is taken or empty, a number is
  /// added. Values are added and renamed by these only, so that the names
  /// stay unique.
  ValueId AddValue(std::string wanted, std::optional<TensorType> type);
  ValueId AddConstant(std::string wanted, Tensor tensor);
  void Rename(ValueId id, std::string wanted);

  /// Index into `nodes` of what makes `id`; -1 for inputs and constants.
  /// All at once, as one call walks the graph.
  std::vector<int> Producers() const;
  /// How many node operands and graph outputs read each value.
  std::vector<int> UseCounts() const;

  /// Checks what every pass must keep: ids in range, unique names, one
  /// producer for each value, producers before users, outputs that exist.
  /// kInternal names the node that breaks it.
  Result<void> Verify() const;

 private:
  std::string UniqueName(std::string wanted);

  /// Names in use, and the number to try next where one is wanted again.
  std::unordered_map<std::string, int> names_;
};

/// "Conv 'features.0'": how messages call a node.
std::string Describe(const Node& node);

}  // namespace skerry::compiler
