#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "skerry/base/check.h"
#include "skerry/tensor/shape.h"

namespace skerry {

/// The C++ type that stores one element of a `DataType`.
template <class T>
struct ElementTraits;
#define SKERRY_ELEMENT(cc_type, name)                 \
  template <>                                         \
  struct ElementTraits<cc_type> {                     \
    static constexpr DataType kType = DataType::name; \
  }
SKERRY_ELEMENT(float, kFloat32);
SKERRY_ELEMENT(double, kFloat64);
SKERRY_ELEMENT(std::uint8_t, kUint8);
SKERRY_ELEMENT(std::int8_t, kInt8);
SKERRY_ELEMENT(std::uint16_t, kUint16);
SKERRY_ELEMENT(std::int16_t, kInt16);
SKERRY_ELEMENT(std::uint32_t, kUint32);
SKERRY_ELEMENT(std::int32_t, kInt32);
SKERRY_ELEMENT(std::uint64_t, kUint64);
SKERRY_ELEMENT(std::int64_t, kInt64);
SKERRY_ELEMENT(bool, kBool);
#undef SKERRY_ELEMENT

/// A tensor that owns its elements, dense and row-major. The bytes are
/// allocated by `operator new`, so they are aligned for every element type.
///
/// Thread safety: thread-compatible.
class Tensor {
 public:
  Tensor() = default;

  /// All elements zero. The shape must come from `Shape::Create` or be
  /// known to be small: the memory is taken at once.
  explicit Tensor(TensorType type)
      : type_(std::move(type)),
        bytes_(static_cast<std::size_t>(type_.byte_count())) {}

  /// A tensor of `T` with a copy of `values`, of which there must be as many
  /// as `shape` has elements.
  template <class T>
  static Tensor Of(Shape shape, std::span<const T> values) {
    Tensor tensor({ElementTraits<T>::kType, std::move(shape)});
    SKERRY_CHECK(values.size() == tensor.data<T>().size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      tensor.data<T>()[i] = values[i];
    }
    return tensor;
  }
  template <class T>
  static Tensor Of(Shape shape, std::initializer_list<T> values) {
    return Of(std::move(shape), std::span<const T>(values));
  }

  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }
  DataType data_type() const { return type_.type; }

  std::span<std::byte> bytes() { return bytes_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  /// The elements; `T` must be the element type's.
  template <class T>
  std::span<T> data() {
    SKERRY_CHECK(ElementTraits<T>::kType == type_.type);
    return {reinterpret_cast<T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }
  template <class T>
  std::span<const T> data() const {
    SKERRY_CHECK(ElementTraits<T>::kType == type_.type);
    return {reinterpret_cast<const T*>(bytes_.data()),
            bytes_.size() / sizeof(T)};
  }

  friend bool operator==(const Tensor&, const Tensor&) = default;

 private:
  TensorType type_;
  std::vector<std::byte> bytes_;
};

}  // namespace skerry
