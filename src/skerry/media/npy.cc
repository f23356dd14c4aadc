#include "skerry/media/npy.h"

#include <cstring>
#include <string>
#include <string_view>

#include "skerry/media/npy_header.h"

namespace skerry::media {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;  // of the data in the file, as numpy

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint8_t ByteAt(std::span<const std::byte> bytes, std::size_t index) {
  return std::to_integer<std::uint8_t>(bytes[index]);
}

/// Splits `file` into the header's text and the data.
struct Parts {
  std::string_view header;
  std::span<const std::byte> data;
};

Result<Parts> Split(std::span<const std::byte> file) {
  if (!AsText(file).starts_with(kMagic)) {
    return InvalidArgument(
        "not a .npy file: it does not begin with \\x93NUMPY");
  }
  const std::size_t fixed = kMagic.size() + 2;
  if (file.size() < fixed + 4) return DataLoss("the header is truncated");
  const int version = ByteAt(file, kMagic.size());
  if (version < 1 || version > 3) {
    return InvalidArgument(".npy version is " + std::to_string(version) +
                           ", want 1 to 3");
  }
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    length |= std::size_t{ByteAt(file, fixed + i)} << (8 * i);
  }
  const std::span<const std::byte> rest = file.subspan(fixed + length_bytes);
  if (length > rest.size()) return DataLoss("the header is truncated");
  return Parts{AsText(rest.first(length)), rest.subspan(length)};
}

/// Copies an array in Fortran order (first axis fastest) into `tensor`.
void CopyTransposed(std::span<const std::byte> data, Tensor& tensor) {
  const std::size_t size = ElementBytes(tensor.data_type());
  const std::vector<std::int64_t>& dims = tensor.shape().dims();
  std::vector<std::int64_t> strides(dims.size());  // in `data`, in elements
  std::int64_t stride = 1;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  std::vector<std::int64_t> index(dims.size(), 0);
  std::byte* target = tensor.bytes().data();
  std::int64_t source = 0;
  for (std::int64_t i = 0; i < tensor.shape().element_count(); ++i) {
    std::memcpy(target, &data[static_cast<std::size_t>(source) * size], size);
    target += size;
    for (std::size_t axis = dims.size(); axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < dims[axis]) break;
      source -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
}

void AppendText(std::string_view text, std::vector<std::byte>& bytes) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  bytes.insert(bytes.end(), begin, begin + text.size());
}

std::string HeaderText(const TensorType& type) {
  std::string text = "{'descr': '" + std::string(NpyDescription(type.type)) +
                     "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t dim : type.shape.dims()) {
    text += std::to_string(dim) + ",";
    if (type.shape.rank() > 1) text += ' ';
  }
  if (type.shape.rank() > 1) text.resize(text.size() - 2);
  return text + "), }";
}

std::vector<std::byte> WidenBfloat16(std::span<const std::byte> bytes) {
  std::vector<std::byte> wide(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    wide[2 * i + 2] = bytes[i];
    wide[2 * i + 3] = bytes[i + 1];
  }
  return wide;
}

}  // namespace

Result<Tensor> ReadNpy(std::span<const std::byte> file) {
  SKERRY_ASSIGN_OR_RETURN(const Parts parts, Split(file));
  SKERRY_ASSIGN_OR_RETURN(const NpyHeader header, ParseNpyHeader(parts.header));
  const auto want = static_cast<std::size_t>(header.type.byte_count());
  if (parts.data.size() != want) {
    return DataLoss("has " + std::to_string(parts.data.size()) +
                    " bytes of data, want " + std::to_string(want) + " for " +
                    header.type.ToString());
  }
  Tensor tensor(header.type);
  if (header.fortran_order && header.type.shape.rank() > 1) {
    CopyTransposed(parts.data, tensor);
  } else if (want > 0) {
    std::memcpy(tensor.bytes().data(), parts.data.data(), want);
  }
  return tensor;
}

std::vector<std::byte> WriteNpy(const TensorType& type,
                                std::span<const std::byte> bytes) {
  if (type.type == DataType::kBfloat16) {
    return WriteNpy({DataType::kFloat32, type.shape}, WidenBfloat16(bytes));
  }
  std::string header = HeaderText(type);
  const std::size_t fixed = kMagic.size() + 4;
  const std::size_t used = fixed + header.size() + 1;
  header.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::vector<std::byte> file;
  file.reserve(fixed + header.size() + bytes.size());
  AppendText(kMagic, file);
  file.push_back(std::byte{1});
  file.push_back(std::byte{0});
  file.push_back(static_cast<std::byte>(header.size() & 0xff));
  file.push_back(static_cast<std::byte>(header.size() >> 8));
  AppendText(header, file);
  file.insert(file.end(), bytes.begin(), bytes.end());
  return file;
}

}  // namespace skerry::media
