#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/tensor/data_type.h"

namespace skerry {

/// Tensors have at most this many dimensions.
inline constexpr int kRankMax = 8;

/// Tensors have at most this many elements: sizes in bytes stay far from the
/// end of int64 whatever the type, so sums of a few cannot overflow.
inline constexpr std::int64_t kElementCountMax = std::int64_t{1} << 40;

/// The extents of a tensor, outermost first. A scalar has rank 0. All extents
/// are known and not negative; unknown extents exist only in the importer.
///
/// Thread safety: thread-compatible.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}

  /// `dims` as a shape. kInvalidArgument if an extent is negative, the rank
  /// exceeds `kRankMax` or the element count `kElementCountMax`.
  static Result<Shape> Create(std::vector<std::int64_t> dims);

  int rank() const { return static_cast<int>(dims_.size()); }
  std::int64_t operator[](int axis) const {
    return dims_[static_cast<std::size_t>(axis)];
  }
  const std::vector<std::int64_t>& dims() const { return dims_; }

  /// The product of the extents; 1 for a scalar.
  std::int64_t element_count() const;

  /// "[1, 3, 224, 224]"
  std::string ToString() const;

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<std::int64_t> dims_;
};

/// The shape that two operands have together by ONNX's (numpy's) rules.
/// kInvalidArgument if they do not fit each other.
Result<Shape> Broadcast(const Shape& a, const Shape& b);

/// What a tensor is: element type and shape.
struct TensorType {
  DataType type = DataType::kFloat32;
  Shape shape;

  std::int64_t byte_count() const {
    return shape.element_count() *
           static_cast<std::int64_t>(ElementBytes(type));
  }

  /// "float32[1, 3, 224, 224]"
  std::string ToString() const;

  friend bool operator==(const TensorType&, const TensorType&) = default;
};

}  // namespace skerry
