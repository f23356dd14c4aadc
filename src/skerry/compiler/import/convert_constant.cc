#include <algorithm>

#include "skerry/compiler/import/convert.h"
#include "skerry/compiler/import/tensor_reader.h"

namespace skerry::compiler {
namespace {

Result<Tensor> ReadValue(const SourceNode& source) {
  const Attributes& from = source.node.attributes;
  if (const auto found = source.tensors.find("value");
      found != source.tensors.end()) {
    return ReadTensor(*found->second, source.data_folder);
  }
  if (from.Has("value_int")) {
    return Tensor::Of<std::int64_t>({}, {from.Int("value_int", 0)});
  }
  if (from.Has("value_float")) {
    return Tensor::Of<float>({}, {from.Float("value_float", 0)});
  }
  if (from.Has("value_ints")) {
    const Dims list = from.Ints("value_ints");
    return Tensor::Of({static_cast<std::int64_t>(list.size())},
                      std::span<const std::int64_t>(list));
  }
  if (from.Has("value_floats")) {
    const std::vector<float> list = from.Floats("value_floats");
    return Tensor::Of({static_cast<std::int64_t>(list.size())},
                      std::span<const float>(list));
  }
  if (from.Has("value_string") || from.Has("value_strings")) {
    return Unimplemented("constants of strings are not supported");
  }
  return InvalidArgument("attribute 'value' is missing");
}

Result<Ids> AddResult(Builder& builder, const SourceNode& source,
                      Tensor tensor) {
  if (source.outputs.size() != 1) {
    return InvalidArgument("has " + std::to_string(source.outputs.size()) +
                           " outputs, want 1");
  }
  return Ids{
      builder.graph().AddConstant(source.outputs.front(), std::move(tensor))};
}

}  // namespace

Result<Ids> ConvertConstant(Builder& builder, const SourceNode& source) {
  SKERRY_ASSIGN_OR_RETURN(Tensor tensor, ReadValue(source));
  return AddResult(builder, source, std::move(tensor));
}

Result<Ids> ConvertConstantOfShape(Builder& builder, const SourceNode& source) {
  Tensor value = Tensor::Of<float>({}, {0.0F});
  if (source.tensors.contains("value")) {
    SKERRY_ASSIGN_OR_RETURN(const Tensor stated, ReadValue(source));
    if (stated.shape().element_count() != 1) {
      return InvalidArgument("attribute 'value' is " +
                             stated.type().ToString() + ", want one element");
    }
    value = Tensor({stated.data_type(), Shape()});
    std::ranges::copy(stated.bytes(), value.bytes().begin());
  }
  if (InputOf(source, 0) == kNoValue) {
    return InvalidArgument("input 0 is left out");
  }
  Node node;
  node.op = "Expand";
  node.inputs = {builder.graph().AddConstant(source.node.name + "/value",
                                             std::move(value)),
                 InputOf(source, 0)};
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertEyeLike(Builder& builder, const SourceNode& source) {
  const ValueId x = InputOf(source, 0);
  if (x == kNoValue) return InvalidArgument("input 0 is left out");
  const TensorType type = builder.graph().type(x);
  SKERRY_RETURN_IF_ERROR(WantRank(type, 2, "input"));
  if (type.shape.element_count() > Builder::kFoldedBytesMax) {
    return Unimplemented("result " + type.shape.ToString() +
                         " is too large for a constant");
  }
  const std::int64_t shift = source.node.attributes.Int("k", 0);
  const std::int64_t rows = type.shape[0];
  const std::int64_t columns = type.shape[1];
  Tensor eye({DataType::kFloat32, type.shape});
  if (shift > -rows && shift < columns) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t column = row + shift;
      if (column < 0 || column >= columns) continue;
      eye.data<float>()[static_cast<std::size_t>(row * columns + column)] = 1;
    }
  }
  Node node;
  node.op = "Cast";
  node.inputs = {
      builder.graph().AddConstant(source.node.name + "/eye", std::move(eye))};
  node.attributes.SetInt(
      "to", source.node.attributes.Int("dtype",
                                       static_cast<std::int64_t>(type.type)));
  return Finish(builder, source, std::move(node));
}

Result<Ids> ConvertShape(Builder& builder, const SourceNode& source) {
  const ValueId x = InputOf(source, 0);
  if (x == kNoValue) return InvalidArgument("input 0 is left out");
  const Dims& dims = builder.shape(x).dims();
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto clamp = [&](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t start = clamp(source.node.attributes.Int("start", 0));
  const std::int64_t end =
      std::max(clamp(source.node.attributes.Int("end", rank)), start);
  const Dims part(dims.begin() + start, dims.begin() + end);
  return AddResult(builder, source,
                   Tensor::Of({static_cast<std::int64_t>(part.size())},
                              std::span<const std::int64_t>(part)));
}

Result<Ids> ConvertSize(Builder& builder, const SourceNode& source) {
  const ValueId x = InputOf(source, 0);
  if (x == kNoValue) return InvalidArgument("input 0 is left out");
  return AddResult(
      builder, source,
      Tensor::Of<std::int64_t>({}, {builder.shape(x).element_count()}));
}

}  // namespace skerry::compiler
