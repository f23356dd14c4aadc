#include "skerry/compiler/import/tensor_reader.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "skerry/compiler/import/external_data.h"

namespace skerry::compiler {
namespace {

Result<Shape> ReadShape(const onnx::TensorProto& proto) {
  return Shape::Create({proto.dims().begin(), proto.dims().end()});
}

Error WrongCount(std::string_view what, std::int64_t found,
                 const TensorType& type, std::int64_t wanted) {
  return DataLoss("has " + std::to_string(found) + " " + std::string(what) +
                  ", " + type.ToString() + " wants " + std::to_string(wanted));
}

/// Elements from the repeated field of their type. Fields hold wider types
/// than tensors do, so `Stored` is cut out of each `Field` element.
template <class Stored, class Field>
Result<Tensor> FromField(const Field& field, TensorType type) {
  const std::int64_t count = type.shape.element_count();
  if (field.size() != count) {
    return WrongCount("elements", field.size(), type, count);
  }
  Tensor tensor(std::move(type));
  std::byte* to = tensor.bytes().data();
  for (const auto item : field) {
    const auto stored = static_cast<Stored>(item);
    std::memcpy(to, &stored, sizeof(Stored));
    to += sizeof(Stored);
  }
  return tensor;
}

Result<Tensor> FromFields(const onnx::TensorProto& proto, TensorType type) {
  switch (type.type) {
    case DataType::kFloat32:
      return FromField<float>(proto.float_data(), std::move(type));
    case DataType::kFloat64:
      return FromField<double>(proto.double_data(), std::move(type));
    case DataType::kInt64:
      return FromField<std::int64_t>(proto.int64_data(), std::move(type));
    case DataType::kUint64:
      return FromField<std::uint64_t>(proto.uint64_data(), std::move(type));
    case DataType::kUint32:
      return FromField<std::uint32_t>(proto.uint64_data(), std::move(type));
    case DataType::kInt32:
      return FromField<std::int32_t>(proto.int32_data(), std::move(type));
    case DataType::kInt16:
    case DataType::kUint16:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return FromField<std::uint16_t>(proto.int32_data(), std::move(type));
    case DataType::kInt8:
    case DataType::kUint8:
    case DataType::kBool:
      return FromField<std::uint8_t>(proto.int32_data(), std::move(type));
  }
  return Internal("unknown element type");
}

Result<Tensor> FromRaw(const std::string& raw, TensorType type) {
  const std::int64_t wanted = type.byte_count();
  if (static_cast<std::int64_t>(raw.size()) != wanted) {
    return WrongCount("bytes", static_cast<std::int64_t>(raw.size()), type,
                      wanted);
  }
  Tensor tensor(std::move(type));
  std::ranges::copy(std::as_bytes(std::span(raw)), tensor.bytes().begin());
  return tensor;
}

Result<Tensor> FromFile(const onnx::TensorProto& proto,
                        const std::string& data_folder, TensorType type) {
  SKERRY_RETURN_IF_ERROR(CheckExternalData(
      proto, data_folder, static_cast<std::size_t>(type.byte_count())));
  Tensor tensor(std::move(type));
  SKERRY_RETURN_IF_ERROR(ReadExternalData(proto, data_folder, tensor.bytes()));
  return tensor;
}

}  // namespace

Result<DataType> ReadDataType(std::int64_t number) {
  const auto type = number >= 0 && number < 1000
                        ? DataTypeFromNumber(static_cast<std::int32_t>(number))
                        : std::nullopt;
  if (type.has_value()) return *type;
  std::string name = "element type " + std::to_string(number);
  if (onnx::TensorProto_DataType_IsValid(static_cast<int>(number))) {
    name += " (" +
            onnx::TensorProto_DataType_Name(
                static_cast<onnx::TensorProto_DataType>(number)) +
            ")";
  }
  return Unimplemented(name + " is not supported");
}

Result<Tensor> ReadTensor(const onnx::TensorProto& proto,
                          const std::string& data_folder) {
  SKERRY_ASSIGN_OR_RETURN(const DataType data_type,
                          ReadDataType(proto.data_type()));
  SKERRY_ASSIGN_OR_RETURN(Shape shape, ReadShape(proto));
  TensorType type = {data_type, std::move(shape)};
  if (proto.has_segment()) {
    return Unimplemented("tensors in segments are not supported");
  }
  auto tensor = [&]() -> Result<Tensor> {
    if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
      return FromFile(proto, data_folder, std::move(type));
    }
    if (proto.has_raw_data()) {
      return FromRaw(proto.raw_data(), std::move(type));
    }
    return FromFields(proto, std::move(type));
  }();
  if (tensor && data_type == DataType::kBool) {
    // Any byte may come from outside; C++ knows 0 and 1 only.
    for (std::byte& item : tensor->bytes()) {
      item = item == std::byte{0} ? std::byte{0} : std::byte{1};
    }
  }
  return tensor;
}

}  // namespace skerry::compiler
