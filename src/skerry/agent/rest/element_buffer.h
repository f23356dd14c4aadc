#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "skerry/base/result.h"
#include "skerry/tensor/data_type.h"

namespace skerry::agent {

/// Elements of one type that arrive one by one as JSON's numbers and truth
/// values, as a tensor holds them.
///
/// Thread safety: thread-compatible.
class ElementBuffer {
 public:
  /// kInvalidArgument for FP16 and BF16, which have no form in JSON.
  static Result<ElementBuffer> Create(DataType type);

  /// Makes room for `count` elements.
  void Reserve(std::size_t count);

  /// Errors: kInvalidArgument if the type does not have the value: integers
  /// out of range, fractions where integers are wanted, truth values where
  /// numbers are wanted, numbers but 0 and 1 where truth values are.
  Result<void> AppendSigned(std::int64_t value);
  Result<void> AppendUnsigned(std::uint64_t value);
  Result<void> AppendBool(bool value);
  /// `text` is how the number was written; `value` is its double.
  Result<void> AppendFloat(double value, std::string_view text);

  std::size_t count() const { return bytes_.size() / element_bytes_; }
  std::string TakeBytes() { return std::move(bytes_); }

 private:
  explicit ElementBuffer(DataType type)
      : type_(type), element_bytes_(ElementBytes(type)) {}

  template <class T>
  void Store(T value);
  template <class T, class Integer>
  Result<void> StoreInRange(Integer value);
  template <class Integer>
  Result<void> AppendInteger(Integer value);
  Error Misfit(std::string_view value) const;

  DataType type_;
  std::size_t element_bytes_;
  std::string bytes_;
};

}  // namespace skerry::agent
