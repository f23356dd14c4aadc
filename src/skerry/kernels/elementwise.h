// One function of a few tensors, applied to all elements in one pass. The
// operands broadcast to the output as numpy's do.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/functions.h"
#include "skerry/kernels/loops.h"

namespace skerry::kernels {

/// The loop nest over the output, which is dense. Axes that no operand tells
/// apart are one.
template <int kInputs>
struct ElementwiseShape {
  int rank;            ///< at least 1
  i64 dims[kRankMax];  ///< of the output
  /// Elements from one index to the next, for each input: 0 where it
  /// broadcasts. The last axis has 0 or 1.
  i64 strides[kInputs][kRankMax];
  int split_axis;  ///< the axis that tasks share
  i64 tasks;
};

namespace internal {

template <auto kShape, int kAxis>
constexpr i64 OutputStride() {
  i64 stride = 1;
  for (int i = kAxis + 1; i < kShape.rank; ++i) stride *= kShape.dims[i];
  return stride;
}

template <auto kShape, int kAxis, class Function, int... I>
SKERRY_INLINE void ElementwiseAxis(const Function& function, Range share,
                                   f32* out, const f32* const* in,
                                   Sequence<int, I...> all) {
  const Range range =
      kAxis == kShape.split_axis ? share : Range{0, kShape.dims[kAxis]};
  if constexpr (kAxis + 1 < kShape.rank) {
    for (i64 i = range.begin; i < range.end; ++i) {
      const f32* const next[] = {in[I] + i * kShape.strides[I][kAxis]...};
      ElementwiseAxis<kShape, kAxis + 1>(
          function, share, out + i * OutputStride<kShape, kAxis>(), next, all);
    }
  } else {
    const Vec same[] = {
        (kShape.strides[I][kAxis] == 0 ? Broadcast(*in[I]) : Vec{})...};
    ForVectors(range.begin, range.end, [&](i64 i, int n) {
      StorePartial(out + i,
                   function((kShape.strides[I][kAxis] == 0
                                 ? same[I]
                                 : LoadPartial(in[I] + i, n))...),
                   n);
    });
  }
}

}  // namespace internal

/// out = function(in...), the share of `task`. `function` maps one vector of
/// each input to one of the output. An input of the output's shape may be the
/// output itself.
template <auto kShape, class Function, class... Inputs>
SKERRY_INLINE void Elementwise(i64 task, f32* out, const Function& function,
                               const Inputs*... in) {
  const f32* const inputs[] = {in...};
  // Whole cache lines where the innermost axis is cut.
  const i64 grain = kShape.split_axis + 1 == kShape.rank ? 64 : 1;
  const Range share =
      Share(kShape.dims[kShape.split_axis], kShape.tasks, task, grain);
  internal::ElementwiseAxis<kShape, 0>(function, share, out, inputs,
                                       Indices<sizeof...(in)>{});
}

}  // namespace skerry::kernels
