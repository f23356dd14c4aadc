#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Whether all operands of `node` are float32.
bool IsFloat(const Graph& graph, const Node& node);

/// Whether some output has no elements.
bool HasEmptyOutput(const Graph& graph, const Node& node);

/// An axis counted from 0; negative ones count from the end.
std::size_t NormalAxis(std::int64_t axis, int rank);

/// Whether input `index` is there.
bool HasInput(const Node& node, std::size_t index);

/// The integers of a constant input; none if it is absent or not constant.
std::optional<std::vector<std::int64_t>> ConstantInts(const Graph& graph,
                                                      const Node& node,
                                                      std::size_t index);

/// Whether attribute `layout` says that channels come last.
bool ChannelsLast(const Node& node);

/// A tensor seen along axes [first, last): [outer, count, inner].
struct AxisView {
  std::int64_t outer = 1;
  std::int64_t count = 1;
  std::int64_t inner = 1;
};
AxisView ViewAlong(const Shape& shape, std::size_t first, std::size_t last);

/// "a, b, c": the fields of an initialiser in generated code.
std::string Fields(std::initializer_list<std::string> fields);

}  // namespace skerry::compiler
