#include "skerry/agent/rest/element_buffer.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "skerry/agent/oip/data_type_names.h"

namespace skerry::agent {

Result<ElementBuffer> ElementBuffer::Create(DataType type) {
  if (type == DataType::kFloat16 || type == DataType::kBfloat16) {
    return InvalidArgument(std::string(OipTypeName(type)) +
                           " data must be sent as binary, not as JSON");
  }
  return ElementBuffer(type);
}

void ElementBuffer::Reserve(std::size_t count) {
  bytes_.reserve(count * element_bytes_);
}

Result<void> ElementBuffer::AppendSigned(std::int64_t value) {
  return AppendInteger(value);
}

Result<void> ElementBuffer::AppendUnsigned(std::uint64_t value) {
  return AppendInteger(value);
}

Result<void> ElementBuffer::AppendBool(bool value) {
  if (type_ != DataType::kBool) {
    return Misfit(value ? "true" : "false");
  }
  Store<std::uint8_t>(value ? 1 : 0);
  return {};
}

Result<void> ElementBuffer::AppendFloat(double value, std::string_view text) {
  if (type_ == DataType::kFloat64) {
    Store(value);
    return {};
  }
  if (type_ != DataType::kFloat32) {
    return Misfit(text);
  }
  // By way of the double it would be rounded twice.
  float nearest = 0;
  const auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), nearest);
  if (code == std::errc::result_out_of_range) {
    if (std::fabs(value) > 1) {
      return Misfit(text);
    }
    nearest = static_cast<float>(value);  // too small: zero or subnormal
  }
  Store(nearest);
  return {};
}

template <class T>
void ElementBuffer::Store(T value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T, class Integer>
Result<void> ElementBuffer::StoreInRange(Integer value) {
  if (!std::in_range<T>(value)) {
    return Misfit(std::to_string(value));
  }
  Store(static_cast<T>(value));
  return {};
}

template <class Integer>
Result<void> ElementBuffer::AppendInteger(Integer value) {
  switch (type_) {
    case DataType::kFloat32:
      Store(static_cast<float>(value));
      return {};
    case DataType::kFloat64:
      Store(static_cast<double>(value));
      return {};
    case DataType::kBool:
      if (value != 0 && value != 1) {
        return Misfit(std::to_string(value));
      }
      Store(static_cast<std::uint8_t>(value));
      return {};
    case DataType::kUint8:
      return StoreInRange<std::uint8_t>(value);
    case DataType::kInt8:
      return StoreInRange<std::int8_t>(value);
    case DataType::kUint16:
      return StoreInRange<std::uint16_t>(value);
    case DataType::kInt16:
      return StoreInRange<std::int16_t>(value);
    case DataType::kUint32:
      return StoreInRange<std::uint32_t>(value);
    case DataType::kInt32:
      return StoreInRange<std::int32_t>(value);
    case DataType::kUint64:
      return StoreInRange<std::uint64_t>(value);
    case DataType::kInt64:
      return StoreInRange<std::int64_t>(value);
    case DataType::kFloat16:
    case DataType::kBfloat16:
      break;  // `Create` refuses them
  }
  return Misfit(std::to_string(value));
}

Error ElementBuffer::Misfit(std::string_view value) const {
  return InvalidArgument(std::string(value.substr(0, 40)) + " is no " +
                         std::string(OipTypeName(type_)));
}

}  // namespace skerry::agent
