// What passes share to recognise and build things.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "skerry/compiler/ir/graph.h"
#include "skerry/compiler/passes/editor.h"

namespace skerry::compiler {

using Dims = std::vector<std::int64_t>;

/// Whether each element of the one result depends on the elements of the same
/// index of the operands, broadcast as numpy does, and on nothing else.
bool IsElementwise(std::string_view op);

/// The element of a float32 constant of one element.
std::optional<float> ScalarOf(const Graph& graph, ValueId id);
/// Whether `id` is such a constant and close to `wanted`, to 1e-5 of it.
bool IsScalar(const Graph& graph, ValueId id, double wanted);

/// The elements of a constant of int32 or int64.
std::optional<Dims> IntsOf(const Graph& graph, ValueId id);

/// Operand `index` of `node`, kNoValue if there is none.
ValueId InputOf(const Node& node, std::size_t index);

/// The elements of the float32 constant `id` along the axis `axis` of a tensor
/// of `rank` axes with which it is broadcast, `extent` of them. Nothing if it
/// is no such constant or varies along other axes too.
std::optional<std::vector<float>> PerChannel(const Graph& graph, ValueId id,
                                             int rank, int axis,
                                             std::int64_t extent);

Tensor IntsTensor(const Dims& values);
Tensor FloatsTensor(const std::vector<float>& values);

/// `x` under another shape; no node if it has that already.
Result<ValueId> AddReshape(Editor& editor, NodeIndex origin, ValueId x,
                           const Dims& dims);
/// `x` with its axes in the order `perm`; no node if that changes nothing.
Result<ValueId> AddTranspose(Editor& editor, NodeIndex origin, ValueId x,
                             const Dims& perm);

/// The `perm` of a Transpose, with its default written out.
Dims PermOf(const Graph& graph, const Node& transpose);
bool IsIdentity(const Dims& perm);
Dims Inverse(const Dims& perm);
/// The order of Transpose(Transpose(x, first), second).
Dims Compose(const Dims& first, const Dims& second);

/// Which axis of operand 0 or the output holds the channels of a node with the
/// attribute `layout`.
int ChannelAxis(const Graph& graph, const Node& node);
/// The first spatial axis, by the same attribute.
int SpatialAxis(const Node& node);

}  // namespace skerry::compiler
