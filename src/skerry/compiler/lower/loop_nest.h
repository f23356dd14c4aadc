#pragma once

#include <cstdint>
#include <vector>

#include "skerry/tensor/shape.h"

namespace skerry::compiler {

/// A nest of loops over `dims`, outermost first, in which each operand moves
/// by `strides[operand][axis]` elements with each step along an axis.
struct LoopNest {
  std::vector<std::int64_t> dims;
  std::vector<std::vector<std::int64_t>> strides;

  int rank() const { return static_cast<int>(dims.size()); }
};

/// Row-major strides of a dense tensor.
std::vector<std::int64_t> DenseStrides(const Shape& shape);

/// How `operand` is walked in a loop over `output`, to which it broadcasts:
/// its dense strides, 0 along the axes that it lacks.
std::vector<std::int64_t> BroadcastStrides(const Shape& operand,
                                           const Shape& output);

/// The same walk in as few loops as there can be: without axes of extent 1,
/// and with neighbours made one where every operand walks them as one. At
/// least one axis is left.
LoopNest Simplified(const LoopNest& nest);

/// How many tasks are worth their start for work that moves `bytes`: results
/// of a few dozen microseconds each. Work that computes counts as more bytes.
std::int64_t TaskCount(std::int64_t bytes);

/// The axis of `dims` that `tasks` tasks share best: the outermost one that
/// gives each an index, else the longest.
int SplitAxis(const std::vector<std::int64_t>& dims, std::int64_t tasks);

}  // namespace skerry::compiler
