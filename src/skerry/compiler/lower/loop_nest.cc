#include "skerry/compiler/lower/loop_nest.h"

#include <algorithm>

namespace skerry::compiler {
namespace {

// 128 KiB take 10 to 20 us from a second-level cache, some ten times what
// handing out a task costs.
constexpr std::int64_t kTaskBytes = 128 << 10;
constexpr std::int64_t kTasksMax = 32;

// Whether every operand goes from the end of axis `inner` to the next index
// of the axis before it as if the two were one.
bool WalkAsOne(const LoopNest& nest, std::size_t outer, std::size_t inner) {
  return std::ranges::all_of(nest.strides, [&](const auto& strides) {
    return strides[outer] == strides[inner] * nest.dims[inner];
  });
}

}  // namespace

std::vector<std::int64_t> DenseStrides(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()));
  std::int64_t stride = 1;
  for (std::size_t i = strides.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape.dims()[i];
  }
  return strides;
}

std::vector<std::int64_t> BroadcastStrides(const Shape& operand,
                                           const Shape& output) {
  const std::vector<std::int64_t> dense = DenseStrides(operand);
  const std::size_t missing = output.dims().size() - dense.size();
  std::vector<std::int64_t> strides(output.dims().size(), 0);
  for (std::size_t i = 0; i < dense.size(); ++i) {
    if (operand.dims()[i] != 1) strides[missing + i] = dense[i];
  }
  return strides;
}

LoopNest Simplified(const LoopNest& nest) {
  LoopNest simple;
  simple.strides.resize(nest.strides.size());
  const auto append = [&](std::size_t axis) {
    simple.dims.push_back(nest.dims[axis]);
    for (std::size_t i = 0; i < nest.strides.size(); ++i) {
      simple.strides[i].push_back(nest.strides[i][axis]);
    }
  };
  std::size_t last = 0;  // the axis of `nest` that was seen last
  for (std::size_t axis = 0; axis < nest.dims.size(); ++axis) {
    if (nest.dims[axis] == 1) continue;
    if (!simple.dims.empty() && WalkAsOne(nest, last, axis)) {
      simple.dims.back() *= nest.dims[axis];
      for (std::size_t i = 0; i < nest.strides.size(); ++i) {
        simple.strides[i].back() = nest.strides[i][axis];
      }
    } else {
      append(axis);
    }
    last = axis;
  }
  if (simple.dims.empty()) {
    simple.dims.push_back(1);
    for (auto& strides : simple.strides) strides.push_back(1);
  }
  return simple;
}

std::int64_t TaskCount(std::int64_t bytes) {
  return std::clamp<std::int64_t>(bytes / kTaskBytes, 1, kTasksMax);
}

int SplitAxis(const std::vector<std::int64_t>& dims, std::int64_t tasks) {
  const auto enough = std::ranges::find_if(
      dims, [&](std::int64_t dim) { return dim >= tasks; });
  const auto axis =
      enough != dims.end() ? enough : std::ranges::max_element(dims);
  return static_cast<int>(axis - dims.begin());
}

}  // namespace skerry::compiler
