#pragma once

#include <string>

#include "skerry/base/result.h"
#include "skerry/compiler/import/onnx_proto.h"
#include "skerry/tensor/tensor.h"

namespace skerry::compiler {

/// The element type of that ONNX number. kUnimplemented names one that there
/// is, but not here (string, complex, float8, ...).
Result<DataType> ReadDataType(std::int64_t number);

/// The tensor that `proto` holds. Elements come from `raw_data`, from the
/// field of its type, or from a file in `data_folder`; their count is compared
/// with the shape before any memory is taken.
///
/// Errors: kInvalidArgument, kDataLoss for what is wrong, kUnimplemented for
/// element types that are not supported, kNotFound and kPermissionDenied for
/// external files that are missing or outside `data_folder`.
Result<Tensor> ReadTensor(const onnx::TensorProto& proto,
                          const std::string& data_folder);

}  // namespace skerry::compiler
