// The loops that tuned kernels share: a range in vectors with a masked rest,
// and the share of a task.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/call.h"
#include "skerry/kernels/vec.h"

namespace skerry::kernels {

/// The indices [begin, end).
struct Range {
  i64 begin;
  i64 end;
};

/// What task `task` of `tasks` does of [0, count): shares of nearly equal
/// size that start at multiples of `grain`.
constexpr Range Share(i64 count, i64 tasks, i64 task, i64 grain = 1) {
  const i64 grains = (count + grain - 1) / grain;
  const i64 begin = grains * task / tasks * grain;
  const i64 end = grains * (task + 1) / tasks * grain;
  return {begin, end < count ? end : count};
}

/// Calls `body(i, n)` for all of [begin, end), `n` indices from `i` at a time:
/// kLanes, and at last what is left.
template <class Body>
SKERRY_INLINE void ForVectors(i64 begin, i64 end, const Body& body) {
  i64 i = begin;
  for (; i + kLanes <= end; i += kLanes) body(i, kLanes);
  if (i < end) body(i, static_cast<int>(end - i));
}

/// Calls `body(v)` for v = 0, 1, ..., kCount - 1 with `v` known to the
/// compiler, so that arrays that it indexes stay in registers.
template <int kCount, class Body>
SKERRY_INLINE void Unrolled(const Body& body) {
#pragma clang loop unroll(full)
  for (int v = 0; v < kCount; ++v) body(v);
}

/// 0, 1, ..., N - 1 as template arguments: `Indices<N>{}` binds to a parameter
/// `Sequence<I...>`.
template <class T, T... I>
struct Sequence {};
template <int kCount>
using Indices = __make_integer_seq<Sequence, int, kCount>;

}  // namespace skerry::kernels
