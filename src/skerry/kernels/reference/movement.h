// Operators that copy elements to other places.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/index.h"
#include "skerry/kernels/reference/window.h"

namespace skerry::kernels::reference {

namespace internal {

/// Fills `y` in order with the elements of `x` that are at `first` plus index
/// times `strides`.
inline void CopyStrided(const View& x, i64 first, const Strides& strides,
                        const View& y) {
  const Strides all[] = {strides};
  WithCell(x.type, [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.As<T>() + first;
    T* to = y.As<T>();
    ForEach(y.rank, y.dims, all,
            [&](i64 n, const i64(&at)[1]) { to[n] = from[at[0]]; });
  });
}

/// Bytes from `x` as they are: only the shape changes.
inline void CopyAll(const Call& call) {
  const View& x = call.inputs[0];
  CopyBytes(x.data, call.outputs[0].data, x.count() * ElementBytes(x.type));
}

}  // namespace internal

inline void Reshape(const Call& call) { internal::CopyAll(call); }
inline void Flatten(const Call& call) { internal::CopyAll(call); }
inline void Squeeze(const Call& call) { internal::CopyAll(call); }
inline void Unsqueeze(const Call& call) { internal::CopyAll(call); }

inline void Transpose(const Call& call) {
  const View& x = call.inputs[0];
  const Strides from = StridesOf(x);
  Strides strides;
  for (i32 i = 0; i < x.rank; ++i) {
    strides.at[i] = from.at[call.IntAt("perm", i, x.rank - 1 - i)];
  }
  internal::CopyStrided(x, 0, strides, call.outputs[0]);
}

inline void Expand(const Call& call) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  internal::CopyStrided(x, 0, BroadcastStrides(x, y), y);
}

inline void Concat(const Call& call) {
  const View& y = call.outputs[0];
  const i32 number = NormalAxis(call.Int("axis", 0), y.rank);
  const Axis whole = AxisOf(y, number);
  const i64 bytes = ElementBytes(y.type);
  i64 first = 0;
  for (i32 input = 0; input < call.input_count; ++input) {
    const View& x = call.inputs[input];
    const Axis part = AxisOf(x, number);
    const i64 run = part.count * part.inner * bytes;
    for (i64 o = 0; o < part.outer; ++o) {
      CopyBytes(x.As<u8>() + o * run,
                y.As<u8>() + whole.At(o, first, 0) * bytes, run);
    }
    first += part.count;
  }
}

inline void Split(const Call& call) {
  const View& x = call.inputs[0];
  const i32 number = NormalAxis(call.Int("axis", 0), x.rank);
  const Axis whole = AxisOf(x, number);
  const i64 bytes = ElementBytes(x.type);
  i64 first = 0;
  for (i32 output = 0; output < call.output_count; ++output) {
    const View& y = call.outputs[output];
    const Axis part = AxisOf(y, number);
    const i64 run = part.count * part.inner * bytes;
    for (i64 o = 0; o < part.outer; ++o) {
      CopyBytes(x.As<u8>() + whole.At(o, first, 0) * bytes,
                y.As<u8>() + o * run, run);
    }
    first += part.count;
  }
}

inline void Slice(const Call& call) {
  const View& x = call.inputs[0];
  const View& starts = call.inputs[1];
  const View axes = call.Input(3);
  const View steps = call.Input(4);
  Strides strides = StridesOf(x);
  i64 first = 0;
  for (i64 i = 0; i < starts.count(); ++i) {
    const i32 axis = axes.present() ? NormalAxis(Get<i64>(axes, i), x.rank)
                                    : static_cast<i32>(i);
    const i64 extent = x.dims[axis];
    // A result of at most one element does not depend on the step.
    const i64 step = steps.present() ? Get<i64>(steps, i) : 1;
    const i64 start = Get<i64>(starts, i);
    const i64 counted = start < 0 ? start + extent : start;
    const i64 last = step < 0 ? extent - 1 : extent;
    const i64 clamped = counted > last ? last : counted;
    first += (clamped < 0 ? 0 : clamped) * strides.at[axis];
    strides.at[axis] =
        call.outputs[0].dims[axis] > 1 ? strides.at[axis] * step : 0;
  }
  if (call.outputs[0].count() > 0) {
    internal::CopyStrided(x, first, strides, call.outputs[0]);
  }
}

namespace internal {

/// Where index `i` of a padded axis of `extent` elements lies in the input;
/// -1 if it has the constant value.
enum class PadMode : u8 { kConstant, kReflect, kEdge, kWrap };

inline i64 PadSource(PadMode mode, i64 i, i64 extent) {
  if (i >= 0 && i < extent) return i;
  switch (mode) {
    case PadMode::kConstant:
      return -1;
    case PadMode::kReflect:
      return i < 0 ? -i : 2 * (extent - 1) - i;
    case PadMode::kEdge:
      return i < 0 ? 0 : extent - 1;
    case PadMode::kWrap:
      return i < 0 ? i + extent : i - extent;
  }
  return -1;
}

inline PadMode PadModeOf(const Call& call) {
  if (call.TextIs("mode", "reflect", "constant")) return PadMode::kReflect;
  if (call.TextIs("mode", "edge", "constant")) return PadMode::kEdge;
  if (call.TextIs("mode", "wrap", "constant")) return PadMode::kWrap;
  return PadMode::kConstant;
}

}  // namespace internal

inline void Pad(const Call& call) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  const View value = call.Input(2);
  const internal::PadMode mode = internal::PadModeOf(call);
  const Strides strides = StridesOf(x);
  i64 before[kRankMax] = {};
  for (i32 i = 0; i < x.rank; ++i) before[i] = Get<i64>(call.inputs[1], i);
  WithCell(x.type, [&](auto zero) {
    using T = decltype(zero);
    const T fill = value.present() ? value.As<T>()[0] : T{};
    i64 index[kRankMax] = {};
    const i64 count = y.count();
    for (i64 n = 0; n < count; ++n) {
      i64 offset = 0;
      for (i32 i = 0; i < x.rank && offset >= 0; ++i) {
        const i64 at =
            internal::PadSource(mode, index[i] - before[i], x.dims[i]);
        offset = at < 0 ? -1 : offset + at * strides.at[i];
      }
      y.As<T>()[n] = offset < 0 ? fill : x.As<T>()[offset];
      Advance(y.rank, y.dims, index);
    }
  });
}

inline void Tile(const Call& call) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  const Strides strides = StridesOf(x);
  WithCell(x.type, [&](auto zero) {
    using T = decltype(zero);
    i64 index[kRankMax] = {};
    const i64 count = y.count();
    for (i64 n = 0; n < count; ++n) {
      i64 offset = 0;
      for (i32 i = 0; i < x.rank; ++i) {
        offset += index[i] % x.dims[i] * strides.at[i];
      }
      y.As<T>()[n] = x.As<T>()[offset];
      Advance(y.rank, y.dims, index);
    }
  });
}

namespace internal {

/// Copies between a map of deep, small images and one of shallow, large ones:
/// `deep` has block^2 times the channels of `shallow`. `channel_step` and
/// `block_step` are how many deep channels lie between neighbours in the
/// shallow channels and in the block.
inline void CopyBlocks(const Call& call, bool to_space, i64 block,
                       bool channel_first) {
  const View& x = call.inputs[0];
  const View& y = call.outputs[0];
  const FeatureMap deep = FeatureMapOf(call, to_space ? x : y);
  const FeatureMap shallow = FeatureMapOf(call, to_space ? y : x);
  const i64 channel_step = channel_first ? block * block : 1;
  const i64 block_step = channel_first ? 1 : shallow.channels;
  // Axes: image, channel, row, row in block, column, column in block.
  const i64 dims[] = {deep.batch, shallow.channels, deep.extents[0],
                      block,      deep.extents[1],  block};
  const Strides strides[] = {
      {{deep.batch_stride, channel_step * deep.channel_stride, deep.strides[0],
        block * block_step * deep.channel_stride, deep.strides[1],
        block_step * deep.channel_stride}},
      {{shallow.batch_stride, shallow.channel_stride,
        block * shallow.strides[0], shallow.strides[0],
        block * shallow.strides[1], shallow.strides[1]}}};
  WithCell(x.type, [&](auto zero) {
    using T = decltype(zero);
    ForEach(6, dims, strides, [&](i64, const i64(&at)[2]) {
      y.As<T>()[at[to_space ? 1 : 0]] = x.As<T>()[at[to_space ? 0 : 1]];
    });
  });
}

}  // namespace internal

inline void DepthToSpace(const Call& call) {
  const bool channel_first = call.TextIs("mode", "CRD", "DCR");
  internal::CopyBlocks(call, true, call.Int("blocksize", 1), channel_first);
}
inline void SpaceToDepth(const Call& call) {
  internal::CopyBlocks(call, false, call.Int("blocksize", 1), false);
}

inline void ReverseSequence(const Call& call) {
  const View& x = call.inputs[0];
  const View& lengths = call.inputs[1];
  const bool batch_first = call.Int("batch_axis", 1) == 0;
  const i64 batch = x.dims[batch_first ? 0 : 1];
  const i64 steps = x.dims[batch_first ? 1 : 0];
  i64 inner = ElementBytes(x.type);
  for (i32 i = 2; i < x.rank; ++i) inner *= x.dims[i];
  for (i64 b = 0; b < batch; ++b) {
    i64 length = lengths.As<i64>()[b];
    length = length < 0 ? 0 : length > steps ? steps : length;
    for (i64 t = 0; t < steps; ++t) {
      const i64 source = t < length ? length - 1 - t : t;
      const auto offset = [&](i64 step) {
        return (batch_first ? b * steps + step : step * batch + b) * inner;
      };
      CopyBytes(x.As<u8>() + offset(source),
                call.outputs[0].As<u8>() + offset(t), inner);
    }
  }
}

inline void Trilu(const Call& call) {
  const View& x = call.inputs[0];
  const View k = call.Input(1);
  const bool upper = call.Int("upper", 1) != 0;
  const i64 diagonal = k.present() ? Get<i64>(k, 0) : 0;
  const i64 rows = x.dims[x.rank - 2];
  const i64 columns = x.dims[x.rank - 1];
  WithCell(x.type, [&](auto zero) {
    using T = decltype(zero);
    const i64 count = x.count();
    for (i64 n = 0; n < count; ++n) {
      const i64 column = n % columns;
      const i64 row = n / columns % rows;
      // Written so that no `k` overflows.
      const bool kept =
          upper ? column - row >= diagonal : column - row <= diagonal;
      call.outputs[0].As<T>()[n] = kept ? x.As<T>()[n] : T{};
    }
  });
}

inline void Range(const Call& call) {
  const View& y = call.outputs[0];
  const i64 count = y.count();
  WithNumber(y.type, [&](auto zero) {
    using T = decltype(zero);
    const T start = Get<T>(call.inputs[0], 0);
    const T delta = Get<T>(call.inputs[2], 0);
    for (i64 i = 0; i < count; ++i) {
      Set(y, i, Plus(start, Times(static_cast<T>(i), delta)));
    }
  });
}

}  // namespace skerry::kernels::reference
