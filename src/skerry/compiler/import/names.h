#pragma once

#include <string_view>

#include "skerry/base/result.h"
#include "skerry/compiler/import/onnx_proto.h"

namespace skerry::compiler {

/// kInvalidArgument if `text`, which messages call `what`, is not UTF-8 or
/// has control characters. The message has it with these as "\xNN".
Result<void> CheckText(std::string_view text, std::string_view what);

/// `CheckText` of every name in the model, branches and functions included:
/// names go into messages, reports and generated code.
Result<void> CheckNames(const onnx::ModelProto& model);

}  // namespace skerry::compiler
