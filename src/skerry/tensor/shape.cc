#include "skerry/tensor/shape.h"

#include <algorithm>

namespace skerry {

Result<Shape> Shape::Create(std::vector<std::int64_t> dims) {
  if (dims.size() > kRankMax) {
    return InvalidArgument("shape has " + std::to_string(dims.size()) +
                           " dimensions, at most " + std::to_string(kRankMax) +
                           " are supported");
  }
  // Zeros are left out of the product, so that [0, 2^60, 2^60] is refused too.
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    const Shape found(dims);
    if (dim < 0) {
      return InvalidArgument("shape " + found.ToString() +
                             " has a negative extent");
    }
    if (dim > kElementCountMax ||
        count > kElementCountMax / std::max<std::int64_t>(dim, 1)) {
      return InvalidArgument("shape " + found.ToString() + " has more than " +
                             std::to_string(kElementCountMax) + " elements");
    }
    count *= std::max<std::int64_t>(dim, 1);
  }
  return Shape(std::move(dims));
}

std::int64_t Shape::element_count() const {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims_) count *= dim;
  return count;
}

std::string Shape::ToString() const {
  std::string text = "[";
  for (std::size_t i = 0; i < dims_.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims_[i]);
  }
  return text + "]";
}

Result<Shape> Broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<std::int64_t> dims(static_cast<std::size_t>(rank));
  for (int i = 0; i < rank; ++i) {
    const std::int64_t from_a = i < a.rank() ? a[a.rank() - 1 - i] : 1;
    const std::int64_t from_b = i < b.rank() ? b[b.rank() - 1 - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      return InvalidArgument("shapes " + a.ToString() + " and " + b.ToString() +
                             " do not broadcast");
    }
    dims[static_cast<std::size_t>(rank - 1 - i)] =
        from_a == 1 ? from_b : from_a;
  }
  return Shape::Create(std::move(dims));
}

std::string TensorType::ToString() const {
  return std::string(DataTypeName(type)) + shape.ToString();
}

}  // namespace skerry
