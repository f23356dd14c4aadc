// Walking over tensors: strides, odometers, and what a single axis or a set
// of axes parts a tensor into.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"

namespace skerry::kernels::reference {

/// Elements between neighbours along each axis.
struct Strides {
  i64 at[kRankMax] = {};
};

/// Those of a dense tensor.
constexpr Strides StridesOf(const View& view) {
  Strides strides;
  i64 stride = 1;
  for (i32 i = view.rank - 1; i >= 0; --i) {
    strides.at[i] = stride;
    stride *= view.dims[i];
  }
  return strides;
}

/// Those that walk over `x` as `shape` is walked over, to whose shape it can be
/// broadcast: 0 along axes that are repeated.
constexpr Strides BroadcastStrides(const View& x, const View& shape) {
  const Strides dense = StridesOf(x);
  Strides strides;
  for (i32 i = 0; i < x.rank; ++i) {
    const i32 axis = shape.rank - x.rank + i;
    strides.at[axis] = x.dims[i] == 1 ? 0 : dense.at[i];
  }
  return strides;
}

/// Moves `index` on by one, the last axis fastest.
constexpr void Advance(i32 rank, const i64* dims, i64* index) {
  for (i32 axis = rank - 1; axis >= 0; --axis) {
    if (++index[axis] < dims[axis]) return;
    index[axis] = 0;
  }
}

/// Calls `visit(n, offsets)` for each index of a shape in order: `n` counts
/// from 0 and `offsets[k]` is the sum of index times `strides[k]`.
template <i32 operands, class Visit>
void ForEach(i32 rank, const i64* dims, const Strides (&strides)[operands],
             Visit visit) {
  // The last axis is a loop of its own, which clang can do more with.
  const i32 last = rank - 1;
  const i64 inner = rank > 0 ? dims[last] : 1;
  i64 rows = inner == 0 ? 0 : 1;
  for (i32 i = 0; i < last; ++i) rows *= dims[i];
  i64 index[kRankMax] = {};
  i64 offsets[operands] = {};
  for (i64 row = 0; row < rows; ++row) {
    i64 at[operands];
    for (i32 k = 0; k < operands; ++k) at[k] = offsets[k];
    for (i64 i = 0; i < inner; ++i) {
      visit(row * inner + i, at);
      if (rank == 0) return;
      for (i32 k = 0; k < operands; ++k) at[k] += strides[k].at[last];
    }
    for (i32 axis = last - 1; axis >= 0; --axis) {
      for (i32 k = 0; k < operands; ++k) offsets[k] += strides[k].at[axis];
      if (++index[axis] < dims[axis]) break;
      for (i32 k = 0; k < operands; ++k) {
        offsets[k] -= strides[k].at[axis] * dims[axis];
      }
      index[axis] = 0;
    }
  }
}

/// Copies `bytes` that do not overlap.
inline void CopyBytes(const void* from, void* to, i64 bytes) {
  __builtin_memcpy(to, from, static_cast<usize>(bytes));
}

/// An axis counted from 0; negative ones count from the end.
constexpr i32 NormalAxis(i64 axis, i32 rank) {
  return static_cast<i32>(axis < 0 ? axis + rank : axis);
}

/// A tensor seen along one axis: index (o, i, k) is element
/// (o * count + i) * inner + k.
struct Axis {
  i64 outer = 1;
  i64 count = 1;
  i64 inner = 1;

  constexpr i64 At(i64 o, i64 i, i64 k) const {
    return (o * count + i) * inner + k;
  }
};

constexpr Axis AxisOf(const View& view, i32 axis) {
  Axis parts;
  for (i32 i = 0; i < view.rank; ++i) {
    (i < axis    ? parts.outer
     : i == axis ? parts.count
                 : parts.inner) *= view.dims[i];
  }
  return parts;
}

/// `AxisOf` by the attribute `axis`; a scalar has an axis of one element.
inline Axis AxisOf(const Call& call, const View& view, i64 fallback) {
  return AxisOf(view, NormalAxis(call.Int("axis", fallback), view.rank));
}

/// A tensor parted by a set of its axes: groups, one for each index of the
/// other axes, whose members lie along those in the set.
struct Grouping {
  i32 kept_rank = 0;
  i32 member_rank = 0;
  i64 kept_dims[kRankMax] = {};
  i64 member_dims[kRankMax] = {};
  Strides kept;
  Strides members;

  constexpr i64 member_count() const {
    i64 count = 1;
    for (i32 i = 0; i < member_rank; ++i) count *= member_dims[i];
    return count;
  }

  /// Calls `visit(n, first)` for each group: its number and its first element.
  template <class Visit>
  void ForEachGroup(Visit visit) const {
    const Strides strides[] = {kept};
    ForEach(kept_rank, kept_dims, strides,
            [&](i64 n, const i64(&offsets)[1]) { visit(n, offsets[0]); });
  }

  /// Calls `visit(i)` for each element of the group that starts at `first`.
  template <class Visit>
  void ForEachMember(i64 first, Visit visit) const {
    const Strides strides[] = {members};
    ForEach(member_rank, member_dims, strides,
            [&](i64, const i64(&offsets)[1]) { visit(first + offsets[0]); });
  }
};

/// Parts `view` by the axes whose bit is set in `axes`.
constexpr Grouping GroupBy(const View& view, u32 axes) {
  const Strides strides = StridesOf(view);
  Grouping grouping;
  for (i32 i = 0; i < view.rank; ++i) {
    if ((axes >> i & 1) != 0) {
      grouping.members.at[grouping.member_rank] = strides.at[i];
      grouping.member_dims[grouping.member_rank++] = view.dims[i];
    } else {
      grouping.kept.at[grouping.kept_rank] = strides.at[i];
      grouping.kept_dims[grouping.kept_rank++] = view.dims[i];
    }
  }
  return grouping;
}

}  // namespace skerry::kernels::reference
