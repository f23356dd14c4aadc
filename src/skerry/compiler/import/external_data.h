#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "skerry/base/result.h"
#include "skerry/compiler/import/onnx_proto.h"

namespace skerry::compiler {

/// Fills `bytes` from the file that `proto` names in its `external_data`. The
/// file must lie in `data_folder`, links followed, and hold as many bytes at
/// the stated offset.
///
/// Errors: kFailedPrecondition if there is no data folder, kNotFound,
/// kPermissionDenied for a file outside, kInvalidArgument for a bad offset or
/// length, kDataLoss for a file that is too short.
Result<void> ReadExternalData(const onnx::TensorProto& proto,
                              const std::string& data_folder,
                              std::span<std::byte> bytes);

/// The checks of `ReadExternalData` alone: whether the file can give
/// `byte_count` bytes. Called before memory for them is taken.
Result<void> CheckExternalData(const onnx::TensorProto& proto,
                               const std::string& data_folder,
                               std::size_t byte_count);

}  // namespace skerry::compiler
