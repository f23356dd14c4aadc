#include "random_inputs.h"

#include <cstdint>
#include <cstring>

namespace skerry::cli {
namespace {

/// Marsaglia's xorshift: good enough, and cheap beside one inference.
class Random {
 public:
  std::uint32_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

  /// In [-1, 1), a multiple of 2^-23.
  float NextFloat() {
    return static_cast<float>(static_cast<std::int32_t>(Next()) >> 8) *
           0x1p-23F;
  }

 private:
  std::uint32_t state_ = 2463534242;
};

template <class T, class Make>
void Fill(std::span<std::byte> bytes, Make make) {
  for (std::size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
    const T value = static_cast<T>(make());
    std::memcpy(&bytes[i], &value, sizeof(T));
  }
}

/// The upper half of a float is a bfloat16.
std::uint16_t ToBfloat16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return static_cast<std::uint16_t>(bits >> 16);
}

void FillTensor(Tensor& tensor, Random& random) {
  const std::span<std::byte> bytes = tensor.bytes();
  const auto real = [&] { return random.NextFloat(); };
  const auto byte = [&] { return random.Next() >> 24; };
  const auto bit = [&] { return random.Next() >> 31; };
  switch (tensor.data_type()) {
    case DataType::kFloat32:
      return Fill<float>(bytes, real);
    case DataType::kFloat64:
      return Fill<double>(bytes, real);
    case DataType::kFloat16:
      return Fill<_Float16>(bytes, real);
    case DataType::kBfloat16:
      return Fill<std::uint16_t>(
          bytes, [&] { return ToBfloat16(random.NextFloat()); });
    case DataType::kUint8:
    case DataType::kInt8:
      return Fill<std::uint8_t>(bytes, byte);
    case DataType::kBool:
      return Fill<std::uint8_t>(bytes, bit);
    case DataType::kUint16:
    case DataType::kInt16:
      return Fill<std::uint16_t>(bytes, bit);
    case DataType::kUint32:
    case DataType::kInt32:
      return Fill<std::uint32_t>(bytes, bit);
    case DataType::kUint64:
    case DataType::kInt64:
      return Fill<std::uint64_t>(bytes, bit);
  }
}

}  // namespace

std::vector<Tensor> RandomInputs(std::span<const TensorSpec> specs) {
  Random random;
  std::vector<Tensor> inputs;
  for (const TensorSpec& spec : specs) {
    inputs.emplace_back(spec.type);
    FillTensor(inputs.back(), random);
  }
  return inputs;
}

}  // namespace skerry::cli
