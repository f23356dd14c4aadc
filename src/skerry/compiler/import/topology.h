#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/import/onnx_proto.h"

namespace skerry::compiler {

using NodeProtos = google::protobuf::RepeatedPtrField<onnx::NodeProto>;
using Names = google::protobuf::RepeatedPtrField<std::string>;

/// The nodes that `outputs` need, each after those it needs itself, else in
/// the order of the file. Names that no node makes must be `given` (inputs,
/// initialisers, values of an outer graph), and those that are must not be
/// made.
///
/// Errors: kInvalidArgument names a value that is made twice or never, or the
/// nodes of a cycle.
Result<std::vector<const onnx::NodeProto*>> OrderNodes(
    const NodeProtos& nodes, std::span<const std::string> outputs,
    const std::function<bool(const std::string&)>& given);

}  // namespace skerry::compiler
