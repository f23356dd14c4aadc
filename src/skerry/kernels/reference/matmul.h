// Matrix products and Einstein's sums.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/reference/convolution.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/index.h"

namespace skerry::kernels::reference {

namespace internal {

/// A matrix in memory: element (i, j) is at i * row + j * column.
struct Steps {
  i64 row = 0;
  i64 column = 0;
};

/// Calls `finish(i, j, sum)` with each element of a product of matrices of
/// `rows` by `depth` by `columns`.
template <class Sum, class A, class B, class Finish>
void Multiply(i64 rows, i64 depth, i64 columns, A a, B b, Finish finish) {
  constexpr i64 kTile = 32;
  for (i64 i = 0; i < rows; ++i) {
    for (i64 j = 0; j < columns; j += kTile) {
      const i64 count = columns - j < kTile ? columns - j : kTile;
      Sum sums[kTile] = {};
      for (i64 k = 0; k < depth; ++k) {
        const Sum factor = a(i, k);
        if (count == kTile) {
          for (i64 t = 0; t < kTile; ++t) sums[t] += factor * b(k, j + t);
        } else {
          for (i64 t = 0; t < count; ++t) sums[t] += factor * b(k, j + t);
        }
      }
      for (i64 t = 0; t < count; ++t) finish(i, j + t, sums[t]);
    }
  }
}

/// numpy's matmul as a product of matrices for each index of the other axes.
struct Products {
  i64 rows = 1;
  i64 depth = 1;
  i64 columns = 1;
  i32 batch_rank = 0;
  i64 batch_dims[kRankMax] = {};
  Strides a_batch;
  Strides b_batch;

  /// Calls `visit(n, a_offset, b_offset)` for each product, in order.
  template <class Visit>
  void ForEachProduct(Visit visit) const {
    const Strides strides[] = {a_batch, b_batch};
    ForEach(batch_rank, batch_dims, strides,
            [&](i64 n, const i64(&at)[2]) { visit(n, at[0], at[1]); });
  }
};

/// The batch axes of an operand whose last `matrix_rank` axes are a matrix.
inline Strides BatchStrides(const View& operand, i32 matrix_rank,
                            const Products& products) {
  const Strides dense = StridesOf(operand);
  const i32 rank = operand.rank - matrix_rank;
  Strides strides;
  for (i32 i = 0; i < rank; ++i) {
    strides.at[products.batch_rank - rank + i] =
        operand.dims[i] == 1 ? 0 : dense.at[i];
  }
  return strides;
}

inline Products ProductsOf(const View& a, const View& b, const View& y) {
  Products products;
  const bool row = a.rank > 1;
  const bool column = b.rank > 1;
  products.depth = a.dims[a.rank - 1];
  if (row) products.rows = a.dims[a.rank - 2];
  if (column) products.columns = b.dims[b.rank - 1];
  products.batch_rank = y.rank - (row ? 1 : 0) - (column ? 1 : 0);
  for (i32 i = 0; i < products.batch_rank; ++i) {
    products.batch_dims[i] = y.dims[i];
  }
  products.a_batch = BatchStrides(a, row ? 2 : 1, products);
  products.b_batch = BatchStrides(b, column ? 2 : 1, products);
  return products;
}

/// What `finish` of a product does with bias, residual and activation; the
/// bias is broadcast to the result.
template <class T>
class ProductEpilogue {
 public:
  explicit ProductEpilogue(const Call& call)
      : y_(call.outputs[0]),
        bias_(call.Input(2)),
        residual_(call.Input(3)),
        alpha_(call.Float("alpha", 1)),
        beta_(call.Float("beta", 1)),
        activation_(ActivationOf(call)),
        activation_first_(call.Int("activation_before_residual", 0) != 0) {
    if (bias_.present()) bias_strides_ = BroadcastStrides(bias_, y_);
  }

  void operator()(i64 n, Accumulator<T> sum) const {
    if constexpr (kIsInteger<T>) {
      u64 value = static_cast<u64>(static_cast<i64>(alpha_)) * sum;
      if (bias_.present()) {
        value += static_cast<u64>(static_cast<i64>(beta_)) *
                 static_cast<u64>(bias_.As<T>()[BiasOffset(n)]);
      }
      y_.As<T>()[n] = static_cast<T>(value);
    } else {
      f64 value = alpha_ * static_cast<f64>(sum);
      if (bias_.present()) {
        value += beta_ * static_cast<f64>(bias_.As<T>()[BiasOffset(n)]);
      }
      if (activation_first_) value = activation_(value);
      if (residual_.present()) {
        value += static_cast<f64>(residual_.As<T>()[n]);
      }
      if (!activation_first_) value = activation_(value);
      y_.As<T>()[n] = Convert<T>(value);
    }
  }

 private:
  i64 BiasOffset(i64 n) const {
    i64 offset = 0;
    for (i32 i = y_.rank - 1; i >= 0; --i) {
      offset += n % y_.dims[i] * bias_strides_.at[i];
      n /= y_.dims[i];
    }
    return offset;
  }

  View y_;
  View bias_;
  View residual_;
  f64 alpha_;
  f64 beta_;
  Activation activation_;
  bool activation_first_;
  Strides bias_strides_;
};

/// `Multiply` of what `a` and `b` point to.
template <class T, class Finish>
void MultiplyMatrices(i64 rows, i64 depth, i64 columns, const T* a,
                      Steps a_steps, const T* b, Steps b_steps, Finish finish) {
  using Sum = Accumulator<T>;
  const auto left = [=](i64 i, i64 k) {
    return static_cast<Sum>(a[i * a_steps.row + k * a_steps.column]);
  };
  if (b_steps.column == 1) {  // the common case, and one clang vectorises
    const auto right = [=](i64 k, i64 j) {
      return static_cast<Sum>(b[k * b_steps.row + j]);
    };
    Multiply<Sum>(rows, depth, columns, left, right, finish);
  } else {
    const auto right = [=](i64 k, i64 j) {
      return static_cast<Sum>(b[k * b_steps.row + j * b_steps.column]);
    };
    Multiply<Sum>(rows, depth, columns, left, right, finish);
  }
}

/// Calls `use` for the element types that products are defined for.
template <class Use>
void WithProductElement(Type type, Use use) {
  switch (type) {
    case Type::kInt32:
      return use(i32{});
    case Type::kInt64:
      return use(i64{});
    case Type::kUint32:
      return use(u32{});
    case Type::kUint64:
      return use(u64{});
    default:
      WithFloat(type, use);
  }
}

}  // namespace internal

inline void MatMul(const Call& call) {
  const View& a = call.inputs[0];
  const View& b = call.inputs[1];
  const internal::Products products =
      internal::ProductsOf(a, b, call.outputs[0]);
  internal::WithProductElement(a.type, [&](auto zero) {
    using T = decltype(zero);
    const internal::ProductEpilogue<T> epilogue(call);
    products.ForEachProduct([&](i64 n, i64 a_offset, i64 b_offset) {
      const i64 base = n * products.rows * products.columns;
      internal::MultiplyMatrices(
          products.rows, products.depth, products.columns,
          static_cast<const T*>(a.As<T>() + a_offset), {products.depth, 1},
          static_cast<const T*>(b.As<T>() + b_offset), {products.columns, 1},
          [&](i64 i, i64 j, auto sum) {
            epilogue(base + i * products.columns + j, sum);
          });
    });
  });
}

inline void Gemm(const Call& call) {
  const View& a = call.inputs[0];
  const View& b = call.inputs[1];
  const View& y = call.outputs[0];
  const bool a_turned = call.Int("transA", 0) != 0;
  const bool b_turned = call.Int("transB", 0) != 0;
  const i64 rows = y.dims[0];
  const i64 columns = y.dims[1];
  const i64 depth = a.dims[a_turned ? 0 : 1];
  const internal::Steps a_steps = {a_turned ? 1 : depth, a_turned ? rows : 1};
  const internal::Steps b_steps = {b_turned ? 1 : columns,
                                   b_turned ? depth : 1};
  internal::WithProductElement(a.type, [&](auto zero) {
    using T = decltype(zero);
    const internal::ProductEpilogue<T> epilogue(call);
    internal::MultiplyMatrices(
        rows, depth, columns, static_cast<const T*>(a.As<T>()), a_steps,
        static_cast<const T*>(b.As<T>()), b_steps,
        [&](i64 i, i64 j, auto sum) { epilogue(i * columns + j, sum); });
  });
}

namespace internal {

inline constexpr i32 kLetterKinds = 52;

/// An equation such as "ij,jk->ik", its letters numbered in the order of the
/// result's axes, then as they appear.
struct Equation {
  i32 count = 0;   ///< of letters
  i32 result = 0;  ///< of those in the result
  char letters[kLetterKinds] = {};
  i64 extents[kLetterKinds] = {};

  i32 Find(char letter) const {
    i32 i = 0;
    while (i < count && letters[i] != letter) ++i;
    return i;
  }
  /// The letter's number, and that its axes have `extent` elements.
  void Note(char letter, i64 extent) {
    const i32 i = Find(letter);
    if (i == count) letters[count++] = letter;
    extents[i] = extent;
  }
};

inline bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Calls `visit(operand, axis, letter)` for the letters before the arrow.
template <class Visit>
void ForEachSubscript(const Attribute& text, Visit visit) {
  i32 operand = 0;
  i32 axis = 0;
  for (i64 i = 0; i < text.count && text.text[i] != '-'; ++i) {
    const char c = text.text[i];
    if (IsLetter(c)) visit(operand, axis++, c);
    if (c == ',') {
      ++operand;
      axis = 0;
    }
  }
}

inline Equation ParseEquation(const Call& call, const Attribute& text) {
  Equation equation;
  i64 arrow = 0;
  while (text.text[arrow] != '>') ++arrow;
  i32 axis = 0;
  for (i64 i = arrow; i < text.count; ++i) {
    if (!IsLetter(text.text[i])) continue;
    equation.Note(text.text[i], call.outputs[0].dims[axis++]);
  }
  equation.result = equation.count;
  ForEachSubscript(text, [&](i32 operand, i32 at, char letter) {
    equation.Note(letter, call.inputs[operand].dims[at]);
  });
  return equation;
}

/// The product of the operands' elements at `index`, which is by letter.
template <class Number>
Number ProductAt(const Call& call, const Attribute& text,
                 const Equation& equation, const i64* index) {
  Number product = 1;
  i32 current = 0;
  i64 offset = 0;
  ForEachSubscript(text, [&](i32 operand, i32 axis, char letter) {
    if (operand != current) {
      product = Times(product, Get<Number>(call.inputs[current], offset));
      current = operand;
      offset = 0;
    }
    offset =
        offset * call.inputs[operand].dims[axis] + index[equation.Find(letter)];
  });
  return Times(product, Get<Number>(call.inputs[current], offset));
}

}  // namespace internal

inline void Einsum(const Call& call) {
  const Attribute& text = *call.Find("equation");
  const internal::Equation equation = internal::ParseEquation(call, text);
  const View& y = call.outputs[0];
  const i64* sum_extents = equation.extents + equation.result;
  const i32 sum_rank = equation.count - equation.result;
  i64 terms = 1;
  for (i32 i = 0; i < sum_rank; ++i) terms *= sum_extents[i];
  WithNumber(y.type, [&](auto zero) {
    using T = decltype(zero);
    i64 index[internal::kLetterKinds] = {};
    const i64 count = y.count();
    for (i64 n = 0; n < count; ++n) {
      T sum{};
      for (i64 term = 0; term < terms; ++term) {
        sum = Plus(sum, internal::ProductAt<T>(call, text, equation, index));
        Advance(sum_rank, sum_extents, index + equation.result);
      }
      Set(y, n, sum);
      Advance(equation.result, equation.extents, index);
    }
  });
}

}  // namespace skerry::kernels::reference
