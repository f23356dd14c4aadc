// Softmax and its kin: along one axis, the attribute `axis`.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/math.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/index.h"

namespace skerry::kernels::reference {

namespace internal {

/// One line of elements along an axis.
struct Line {
  const View& view;
  i64 first;
  i64 step;

  i64 At(i64 i) const { return first + i * step; }
  f64 operator[](i64 i) const { return Get<f64>(view, At(i)); }
};

/// Calls `visit(x, y, count)` for each line of input and output.
template <class Visit>
void ForEachLine(const Call& call, Visit visit) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  const Axis axis = AxisOf(call, x, -1);
  for (i64 o = 0; o < axis.outer; ++o) {
    for (i64 k = 0; k < axis.inner; ++k) {
      const i64 first = axis.At(o, 0, k);
      visit(Line{x, first, axis.inner}, Line{y, first, axis.inner}, axis.count);
    }
  }
}

inline i64 IndexOfLargest(const Line& line, i64 count) {
  i64 best = 0;
  for (i64 i = 1; i < count; ++i) {
    if (line[i] > line[best]) best = i;
  }
  return best;
}

/// Sum of exp(x - `shift`) along a line.
inline f64 SumOfExp(const Line& line, i64 count, f64 shift) {
  f64 sum = 0;
  for (i64 i = 0; i < count; ++i) sum += math::Exp(line[i] - shift);
  return sum;
}

}  // namespace internal

inline void Softmax(const Call& call) {
  using internal::Line;
  internal::ForEachLine(call, [](const Line& x, const Line& y, i64 count) {
    const f64 largest = x[internal::IndexOfLargest(x, count)];
    const f64 sum = internal::SumOfExp(x, count, largest);
    for (i64 i = 0; i < count; ++i) {
      Set(y.view, y.At(i), math::Exp(x[i] - largest) / sum);
    }
  });
}

inline void LogSoftmax(const Call& call) {
  using internal::Line;
  internal::ForEachLine(call, [](const Line& x, const Line& y, i64 count) {
    const f64 largest = x[internal::IndexOfLargest(x, count)];
    const f64 log = math::Log(internal::SumOfExp(x, count, largest));
    for (i64 i = 0; i < count; ++i) Set(y.view, y.At(i), x[i] - largest - log);
  });
}

/// 1 for the first of the largest elements, 0 for the others.
inline void Hardmax(const Call& call) {
  using internal::Line;
  internal::ForEachLine(call, [](const Line& x, const Line& y, i64 count) {
    const i64 best = internal::IndexOfLargest(x, count);
    for (i64 i = 0; i < count; ++i) Set(y.view, y.At(i), i == best ? 1.0 : 0.0);
  });
}

inline void LpNormalization(const Call& call) {
  using internal::Line;
  const bool squares = call.Int("p", 2) == 2;
  internal::ForEachLine(call, [=](const Line& x, const Line& y, i64 count) {
    f64 norm = 0;
    for (i64 i = 0; i < count; ++i) {
      norm += squares ? x[i] * x[i] : math::Abs(x[i]);
    }
    if (squares) norm = math::Sqrt(norm);
    for (i64 i = 0; i < count; ++i) {
      Set(y.view, y.At(i), norm == 0 ? 0 : x[i] / norm);
    }
  });
}

}  // namespace skerry::kernels::reference
