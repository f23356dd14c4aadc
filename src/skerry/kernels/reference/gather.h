// Operators that read or write at places that are data. An index beyond its
// axis is moved to the nearest end, so that no data makes a kernel leave its
// tensors.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/index.h"

namespace skerry::kernels::reference {

namespace internal {

/// Index `index`, negative from the end, into `extent` elements.
inline i64 BoundIndex(i64 index, i64 extent) {
  if (index < 0) index += extent;
  if (index >= extent) index = extent - 1;
  return index < 0 ? 0 : index;
}

/// Element offset that the `depth` coordinates at `first` of `indices` lead
/// to, the first of them along axis `axis` of `data`.
inline i64 CoordinateOffset(const View& indices, i64 first, i64 depth,
                            const View& data, i32 axis) {
  const Strides strides = StridesOf(data);
  i64 offset = 0;
  for (i64 i = 0; i < depth; ++i) {
    const i32 at = axis + static_cast<i32>(i);
    offset += BoundIndex(Get<i64>(indices, first + i), data.dims[at]) *
              strides.at[at];
  }
  return offset;
}

/// How ScatterElements and ScatterND combine an update with what is there.
enum class Reduction : u8 { kNone, kAdd, kMul, kMin, kMax };

inline Reduction ReductionOf(const Call& call) {
  if (call.TextIs("reduction", "add", "none")) return Reduction::kAdd;
  if (call.TextIs("reduction", "mul", "none")) return Reduction::kMul;
  if (call.TextIs("reduction", "min", "none")) return Reduction::kMin;
  if (call.TextIs("reduction", "max", "none")) return Reduction::kMax;
  return Reduction::kNone;
}

template <class T>
T Combine(Reduction reduction, T old, T update) {
  switch (reduction) {
    case Reduction::kNone:
      return update;
    case Reduction::kAdd:
      return Plus(old, update);
    case Reduction::kMul:
      return Times(old, update);
    case Reduction::kMin:
      return Smaller(old, update);
    case Reduction::kMax:
      return Larger(old, update);
  }
  return update;
}

/// Combines element `target` of the result with update `source`.
inline void Scatter(const Call& call, Reduction reduction, i64 target,
                    i64 source) {
  const View& y = call.outputs[0];
  WithNumber(y.type, [&](auto zero) {
    using T = decltype(zero);
    Set(y, target,
        Combine(reduction, Get<T>(y, target), Get<T>(call.inputs[2], source)));
  });
}

}  // namespace internal

inline void Gather(const Call& call) {
  const View& x = call.inputs[0];
  const View& indices = call.inputs[1];
  const Axis axis = AxisOf(call, x, 0);
  const i64 count = indices.count();
  const i64 run = axis.inner * ElementBytes(x.type);
  for (i64 o = 0; o < axis.outer; ++o) {
    for (i64 i = 0; i < count; ++i) {
      const i64 at = internal::BoundIndex(Get<i64>(indices, i), axis.count);
      CopyBytes(x.As<u8>() + (o * axis.count + at) * run,
                call.outputs[0].As<u8>() + (o * count + i) * run, run);
    }
  }
}

namespace internal {

/// Calls `visit(n, offset)` for each element of `indices`: its number, and
/// the element of `data` at the same place but for `axis`, where it is the
/// index itself that counts.
template <class Visit>
void ForEachIndexed(const View& data, const View& indices, i32 axis,
                    Visit visit) {
  Strides along = StridesOf(data);
  const i64 step = along.at[axis];
  along.at[axis] = 0;
  const Strides strides[] = {along};
  ForEach(indices.rank, indices.dims, strides, [&](i64 n, const i64(&at)[1]) {
    const i64 index = BoundIndex(Get<i64>(indices, n), data.dims[axis]);
    visit(n, at[0] + index * step);
  });
}

}  // namespace internal

inline void GatherElements(const Call& call) {
  const View& x = call.inputs[0];
  const i32 axis = NormalAxis(call.Int("axis", 0), x.rank);
  WithCell(x.type, [&](auto zero) {
    using T = decltype(zero);
    internal::ForEachIndexed(x, call.inputs[1], axis, [&](i64 n, i64 offset) {
      call.outputs[0].As<T>()[n] = x.As<T>()[offset];
    });
  });
}

inline void ScatterElements(const Call& call) {
  const View& x = call.inputs[0];
  const i32 axis = NormalAxis(call.Int("axis", 0), x.rank);
  const internal::Reduction reduction = internal::ReductionOf(call);
  CopyBytes(x.data, call.outputs[0].data, x.count() * ElementBytes(x.type));
  internal::ForEachIndexed(x, call.inputs[1], axis, [&](i64 n, i64 offset) {
    internal::Scatter(call, reduction, offset, n);
  });
}

inline void GatherND(const Call& call) {
  const View& x = call.inputs[0];
  const View& indices = call.inputs[1];
  const i64 depth = indices.dims[indices.rank - 1];
  const auto batch_rank = static_cast<i32>(call.Int("batch_dims", 0));
  i64 batches = 1;
  for (i32 i = 0; i < batch_rank; ++i) batches *= x.dims[i];
  const i64 picks = batches == 0 ? 0 : indices.count() / depth / batches;
  const i64 batch_elements = batches == 0 ? 0 : x.count() / batches;
  i64 run = ElementBytes(x.type);
  for (i32 i = batch_rank + static_cast<i32>(depth); i < x.rank; ++i) {
    run *= x.dims[i];
  }
  for (i64 n = 0; n < batches * picks; ++n) {
    const i64 offset =
        n / picks * batch_elements +
        internal::CoordinateOffset(indices, n * depth, depth, x, batch_rank);
    CopyBytes(x.As<u8>() + offset * ElementBytes(x.type),
              call.outputs[0].As<u8>() + n * run, run);
  }
}

inline void ScatterND(const Call& call) {
  const View& x = call.inputs[0];
  const View& indices = call.inputs[1];
  const internal::Reduction reduction = internal::ReductionOf(call);
  const i64 depth = indices.dims[indices.rank - 1];
  const i64 picks = indices.count() / depth;
  i64 run = 1;
  for (i32 i = static_cast<i32>(depth); i < x.rank; ++i) run *= x.dims[i];
  CopyBytes(x.data, call.outputs[0].data, x.count() * ElementBytes(x.type));
  for (i64 n = 0; n < picks; ++n) {
    const i64 offset =
        internal::CoordinateOffset(indices, n * depth, depth, x, 0);
    for (i64 k = 0; k < run; ++k) {
      internal::Scatter(call, reduction, offset + k, n * run + k);
    }
  }
}

inline void OneHot(const Call& call) {
  const View& indices = call.inputs[0];
  const View& values = call.inputs[2];
  const View& y = call.outputs[0];
  const Axis axis = AxisOf(call, y, -1);
  WithCell(y.type, [&](auto zero) {
    using T = decltype(zero);
    const T off = values.As<T>()[0];
    const T on = values.As<T>()[1];
    for (i64 o = 0; o < axis.outer; ++o) {
      for (i64 k = 0; k < axis.inner; ++k) {
        const i64 index = Get<i64>(indices, o * axis.inner + k);
        const i64 hot = index < 0 ? index + axis.count : index;
        for (i64 i = 0; i < axis.count; ++i) {
          y.As<T>()[axis.At(o, i, k)] = i == hot ? on : off;
        }
      }
    }
  });
}

/// The indices of the elements that are not 0, as columns.
inline void NonZero(const Call& call) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  const i64 found = y.dims[1];
  i64 index[kRankMax] = {};
  i64 column = 0;
  const i64 count = x.count();
  for (i64 n = 0; n < count; ++n) {
    if (Get<f64>(x, n) != 0) {
      for (i32 i = 0; i < y.dims[0]; ++i) {
        y.As<i64>()[i * found + column] = index[i];
      }
      ++column;
    }
    Advance(x.rank, x.dims, index);
  }
}

}  // namespace skerry::kernels::reference
