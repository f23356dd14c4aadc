// What inference functions share: reading operands and attributes, with
// checks whose errors say what was found and wanted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

using Types = std::vector<TensorType>;
using Dims = std::vector<std::int64_t>;

/// Whether `item` is in `list`.
template <class List, class Item>
bool Contains(const List& list, const Item& item) {
  return std::ranges::find(list, item) != std::ranges::end(list);
}

/// Whether the node has an `index`-th input.
bool HasInput(const Node& node, int index);

/// The type of an input that is there.
const TensorType& InputType(const Graph& graph, const Node& node, int index);
const Shape& InputShape(const Graph& graph, const Node& node, int index);

/// The elements of input `index`, called `name` in messages: int32 or int64,
/// constant, of rank 0 or 1.
Result<Dims> ConstantInts(const Graph& graph, const Node& node, int index,
                          std::string_view name);
/// The same with exactly one element.
Result<std::int64_t> ConstantInt(const Graph& graph, const Node& node,
                                 int index, std::string_view name);

/// `axis` counted from 0, if it is one of `rank` axes.
Result<int> NormalAxis(std::int64_t axis, int rank, std::string_view name);
/// The axis of input 0 that the attribute 'axis' names, `fallback` if absent.
Result<int> AxisOf(const Graph& graph, const Node& node, std::int64_t fallback);
/// As `NormalAxis`, for a list, which may not name an axis twice.
Result<std::vector<int>> NormalAxes(std::span<const std::int64_t> axes,
                                    int rank, std::string_view name);

/// float16, bfloat16, float32 or float64.
bool IsFloat(DataType type);
/// Any integer, not bool.
bool IsInteger(DataType type);

Result<void> WantFloat(const TensorType& type, std::string_view name);
Result<void> WantInteger(const TensorType& type, std::string_view name);
Result<void> WantNumber(const TensorType& type, std::string_view name);
Result<void> WantType(const TensorType& type, DataType wanted,
                      std::string_view name);
Result<void> WantSameType(const TensorType& a, const TensorType& b,
                          std::string_view a_name, std::string_view b_name);
/// int32 or int64.
Result<void> WantIndexType(const TensorType& type, std::string_view name);
Result<void> WantRank(const TensorType& type, int rank, std::string_view name);
Result<void> WantRankAtLeast(const TensorType& type, int rank,
                             std::string_view name);
Result<void> WantShape(const TensorType& type, const Shape& wanted,
                       std::string_view name);
/// `from` can be broadcast to exactly `to`.
Result<void> WantBroadcastsTo(const Shape& from, const Shape& to,
                              std::string_view name);

/// The ints attribute `name`, which must have `count` elements, each in
/// [`min`, kElementCountMax]; all `fallback` if it is absent.
Result<Dims> ListOf(const Node& node, std::string_view name, std::size_t count,
                    std::int64_t min, std::int64_t fallback);

/// Product that stays at kElementCountMax + 1 instead of overflowing; both
/// factors must not be negative.
std::int64_t SaturatingProduct(std::int64_t a, std::int64_t b);

/// Which axes of a feature map are channels and space, by the attribute
/// `layout`.
struct MapAxes {
  int channel;
  int spatial_first;
  int spatial_count;
};
/// kInvalidArgument if `layout` is neither "NCHW" nor "NHWC", or the rank
/// leaves no spatial axis (`spatial_min` of them).
Result<MapAxes> FindMapAxes(const Node& node, const Shape& shape,
                            int spatial_min = 1);

/// One output of type `type` and shape `dims`, if such a shape can be.
Result<Types> OneOutput(DataType type, Dims dims);

}  // namespace skerry::compiler
