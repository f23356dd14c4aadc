// Reductions of sets of axes, and what else goes along an axis.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/math.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/index.h"

namespace skerry::kernels::reference {

namespace internal {

/// The axes that a Reduce* operator reduces, one bit each.
inline u32 ReducedAxes(const Call& call) {
  const i32 rank = call.inputs[0].rank;
  const View list = call.Input(1);
  const i64 count = list.present() ? list.count() : 0;
  u32 axes = 0;
  for (i64 i = 0; i < count; ++i) {
    axes |= 1u << NormalAxis(Get<i64>(list, i), rank);
  }
  const bool all = count == 0 && call.Int("noop_with_empty_axes", 0) == 0;
  return all ? (1u << rank) - 1 : axes;
}

/// For each group of reduced elements: from `first`, `step(value, x)` for each
/// of them, and then `finish(value, count)`, computed in `Number`.
template <class Number, class Step, class Finish>
void ReduceAs(const Call& call, Number first, Step step, Finish finish) {
  const View& x = call.inputs[0];
  const Grouping grouping = GroupBy(x, ReducedAxes(call));
  const i64 count = grouping.member_count();
  grouping.ForEachGroup([&](i64 n, i64 start) {
    Number value = first;
    grouping.ForEachMember(
        start, [&](i64 i) { value = step(value, Get<Number>(x, i)); });
    Set(call.outputs[0], n, finish(value, count));
  });
}

/// Sums of `term(x)`.
template <class Term, class Finish>
void ReduceSums(const Call& call, Term term, Finish finish) {
  WithNumber(call.inputs[0].type, [&](auto zero) {
    ReduceAs(
        call, zero, [&](auto sum, auto x) { return Plus(sum, term(x)); },
        finish);
  });
}

}  // namespace internal

inline void ReduceSum(const Call& call) {
  internal::ReduceSums(
      call, [](auto x) { return x; }, [](auto sum, i64) { return sum; });
}
inline void ReduceMean(const Call& call) {
  internal::ReduceSums(
      call, [](auto x) { return x; },
      [](auto sum, i64 count) {
        const auto parts = static_cast<decltype(sum)>(count);
        return internal::kIsInteger<decltype(sum)> && count == 0 ? sum
                                                                 : sum / parts;
      });
}
inline void ReduceSumSquare(const Call& call) {
  internal::ReduceSums(
      call, [](auto x) { return Times(x, x); },
      [](auto sum, i64) { return sum; });
}
inline void ReduceL1(const Call& call) {
  internal::ReduceSums(
      call, [](auto x) { return x < 0 ? Minus(decltype(x){}, x) : x; },
      [](auto sum, i64) { return sum; });
}
inline void ReduceL2(const Call& call) {
  internal::ReduceAs(
      call, f64{}, [](f64 sum, f64 x) { return sum + x * x; },
      [](f64 sum, i64) { return math::Sqrt(sum); });
}
inline void ReduceLogSum(const Call& call) {
  internal::ReduceAs(
      call, f64{}, [](f64 sum, f64 x) { return sum + x; },
      [](f64 sum, i64) { return math::Log(sum); });
}
inline void ReduceProd(const Call& call) {
  WithNumber(call.inputs[0].type, [&](auto zero) {
    internal::ReduceAs(
        call, static_cast<decltype(zero)>(1),
        [](auto product, auto x) { return Times(product, x); },
        [](auto product, i64) { return product; });
  });
}

/// The extreme of no elements is the type's other end.
inline void ReduceMax(const Call& call) {
  WithNumber(call.inputs[0].type, [&](auto zero) {
    internal::ReduceAs(
        call, Lowest<decltype(zero)>(),
        [](auto largest, auto x) { return Larger(largest, x); },
        [](auto largest, i64) { return largest; });
  });
}
inline void ReduceMin(const Call& call) {
  WithNumber(call.inputs[0].type, [&](auto zero) {
    internal::ReduceAs(
        call, Highest<decltype(zero)>(),
        [](auto smallest, auto x) { return Smaller(smallest, x); },
        [](auto smallest, i64) { return smallest; });
  });
}

/// log(sum(exp(x))), with the largest x taken out so that nothing overflows.
inline void ReduceLogSumExp(const Call& call) {
  const View& x = call.inputs[0];
  const Grouping grouping = GroupBy(x, internal::ReducedAxes(call));
  grouping.ForEachGroup([&](i64 n, i64 first) {
    f64 largest = -math::kInfinity;
    grouping.ForEachMember(
        first, [&](i64 i) { largest = Larger(largest, Get<f64>(x, i)); });
    const f64 shift = math::IsInfinite(largest) ? 0 : largest;
    f64 sum = 0;
    grouping.ForEachMember(
        first, [&](i64 i) { sum += math::Exp(Get<f64>(x, i) - shift); });
    Set(call.outputs[0], n, shift + math::Log(sum));
  });
}

namespace internal {

/// The index of the element along the axis that is `better(it, best)` than
/// those before it and no worse than those after.
template <class Better>
void ArgReduce(const Call& call, Better better) {
  const View& x = call.inputs[0];
  const Axis axis = AxisOf(call, x, 0);
  const bool last = call.Int("select_last_index", 0) != 0;
  WithNumber(x.type, [&](auto zero) {
    using T = decltype(zero);
    for (i64 o = 0; o < axis.outer; ++o) {
      for (i64 k = 0; k < axis.inner; ++k) {
        i64 where = 0;
        T best = Get<T>(x, axis.At(o, 0, k));
        for (i64 i = 1; i < axis.count; ++i) {
          const T value = Get<T>(x, axis.At(o, i, k));
          if (better(value, best) || (last && value == best)) {
            best = value;
            where = i;
          }
        }
        call.outputs[0].As<i64>()[o * axis.inner + k] = where;
      }
    }
  });
}

}  // namespace internal

inline void ArgMax(const Call& call) {
  internal::ArgReduce(call, [](auto x, auto best) { return x > best; });
}
inline void ArgMin(const Call& call) {
  internal::ArgReduce(call, [](auto x, auto best) { return x < best; });
}

inline void CumSum(const Call& call) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  const Axis axis = AxisOf(x, NormalAxis(Get<i64>(call.inputs[1], 0), x.rank));
  const bool exclusive = call.Int("exclusive", 0) != 0;
  const bool reverse = call.Int("reverse", 0) != 0;
  WithNumber(x.type, [&](auto zero) {
    using T = decltype(zero);
    for (i64 o = 0; o < axis.outer; ++o) {
      for (i64 k = 0; k < axis.inner; ++k) {
        T sum{};
        for (i64 n = 0; n < axis.count; ++n) {
          const i64 i = axis.At(o, reverse ? axis.count - 1 - n : n, k);
          const T before = sum;
          sum = Plus(sum, Get<T>(x, i));
          Set(y, i, exclusive ? before : sum);
        }
      }
    }
  });
}

/// The K best of each line, best first; of equal ones the first. They are
/// kept in the result as they are found, so that no other memory is needed.
inline void TopK(const Call& call) {
  const View& x = call.inputs[0];
  const View& values = call.outputs[0];
  const bool has_indices = call.output_count > 1 && call.outputs[1].present();
  const View indices = has_indices ? call.outputs[1] : View{};
  const i32 number = NormalAxis(call.Int("axis", -1), x.rank);
  const Axis axis = AxisOf(x, number);
  const Axis best = AxisOf(values, number);
  const bool largest = call.Int("largest", 1) != 0;
  WithNumber(x.type, [&](auto zero) {
    using T = decltype(zero);
    const auto insert = [&](i64 o, i64 k, i64 i, i64 found) {
      const T value = Get<T>(x, axis.At(o, i, k));
      const auto beats = [&](i64 rank) {
        const T other = Get<T>(values, best.At(o, rank, k));
        return largest ? value > other : value < other;
      };
      i64 rank = found < best.count ? found : best.count;
      if (rank == best.count && (rank == 0 || !beats(rank - 1))) return;
      if (rank == best.count) --rank;
      for (; rank > 0 && beats(rank - 1); --rank) {
        const i64 from = best.At(o, rank - 1, k);
        const i64 to = best.At(o, rank, k);
        Set(values, to, Get<T>(values, from));
        if (has_indices) indices.As<i64>()[to] = indices.As<i64>()[from];
      }
      Set(values, best.At(o, rank, k), value);
      if (has_indices) indices.As<i64>()[best.At(o, rank, k)] = i;
    };
    for (i64 o = 0; o < axis.outer; ++o) {
      for (i64 k = 0; k < axis.inner; ++k) {
        for (i64 i = 0; i < axis.count; ++i) insert(o, k, i, i);
      }
    }
  });
}

}  // namespace skerry::kernels::reference
