#include "skerry/compiler/import/input_shapes.h"

#include "skerry/compiler/import/tensor_reader.h"

namespace skerry::compiler {
namespace {

/// The extent if it is known; exporters write -1 and 0 where it is not.
std::int64_t KnownExtent(const onnx::TensorShapeProto::Dimension& dim) {
  return dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : 0;
}

/// "1,3,?,?": what to write after `--input NAME=`.
std::string Pattern(const onnx::TensorShapeProto& shape) {
  std::string text;
  for (const auto& dim : shape.dim()) {
    if (!text.empty()) text += ",";
    const std::int64_t known = KnownExtent(dim);
    const bool first = text.empty();
    text += known > 0 ? std::to_string(known) : first ? "1" : "?";
  }
  return text;
}

Result<Shape> StatedShape(const std::string& name,
                          const onnx::TypeProto_Tensor& type,
                          const std::vector<std::int64_t>& stated) {
  if (type.has_shape() &&
      static_cast<std::size_t>(type.shape().dim_size()) != stated.size()) {
    return InvalidArgument("input '" + name + "': shape " +
                           Shape(stated).ToString() + " was asked for, want " +
                           std::to_string(type.shape().dim_size()) +
                           " dimensions");
  }
  auto shape = Shape::Create(stated);
  if (!shape) return shape.error().WithContext("input '" + name + "'");
  return shape;
}

}  // namespace

Result<InputShapes> InputShapes::Create(
    const std::vector<const onnx::ValueInfoProto*>& inputs,
    const ImportOptions& options) {
  InputShapes shapes(options);
  std::string names;
  for (const onnx::ValueInfoProto* input : inputs) {
    names += (names.empty() ? "'" : ", '") + input->name() + "'";
    const auto stated = options.input_shapes.find(input->name());
    if (stated == options.input_shapes.end()) continue;
    const auto& dims = input->type().tensor_type().shape().dim();
    for (int i = 0; i < dims.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (dims[i].dim_param().empty() || at >= stated->second.size()) continue;
      shapes.symbols_.emplace(dims[i].dim_param(), stated->second[at]);
    }
  }
  for (const auto& [name, dims] : options.input_shapes) {
    bool found = false;
    for (const onnx::ValueInfoProto* input : inputs) {
      found = found || input->name() == name;
    }
    if (!found) {
      return InvalidArgument("model has no input '" + name + "', it has " +
                             names);
    }
  }
  return shapes;
}

Result<TensorType> InputShapes::TypeOf(const onnx::ValueInfoProto& input,
                                       std::vector<std::string>* notes) const {
  const std::string& name = input.name();
  const std::string context = "input '" + name + "'";
  if (!input.type().has_tensor_type()) {
    return Unimplemented(context + " is not a tensor");
  }
  const onnx::TypeProto_Tensor& type = input.type().tensor_type();
  const auto data_type = ReadDataType(type.elem_type());
  if (!data_type) return data_type.error().WithContext(context);
  const auto stated = options_->input_shapes.find(name);
  if (stated != options_->input_shapes.end()) {
    SKERRY_ASSIGN_OR_RETURN(Shape shape,
                            StatedShape(name, type, stated->second));
    return TensorType{*data_type, std::move(shape)};
  }
  if (!type.has_shape()) {
    return InvalidArgument(context + " has no shape; give one with --input " +
                           name + "=...");
  }
  std::vector<std::int64_t> dims;
  for (const auto& dim : type.shape().dim()) {
    const auto symbol = symbols_.find(dim.dim_param());
    std::int64_t extent = KnownExtent(dim);
    if (extent == 0 && !dim.dim_param().empty() && symbol != symbols_.end()) {
      extent = symbol->second;
    }
    if (extent == 0 && dims.empty()) {
      extent = 1;
      if (notes != nullptr) {
        notes->push_back(context + ": unknown first extent is taken as 1; " +
                         "--input " + name + "=... sets it");
      }
    }
    if (extent == 0) {
      return InvalidArgument(
          context + ": extent " + std::to_string(dims.size()) +
          (dim.dim_param().empty() ? "" : " ('" + dim.dim_param() + "')") +
          " is unknown; give the shape with --input " + name + "=" +
          Pattern(type.shape()));
    }
    dims.push_back(extent);
  }
  auto shape = Shape::Create(std::move(dims));
  if (!shape) return shape.error().WithContext(context);
  return TensorType{*data_type, *std::move(shape)};
}

}  // namespace skerry::compiler
