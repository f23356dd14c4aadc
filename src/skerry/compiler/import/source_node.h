#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/import/onnx_proto.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// The attributes of the function call that a node is in, which its own may
/// refer to. Null outside functions.
using CallAttributes =
    std::map<std::string, const onnx::AttributeProto*, std::less<>>;

/// A node of the model file, its attributes read and its operands resolved,
/// about to be turned into nodes of ours.
struct SourceNode {
  /// Operator, name, inputs and attributes as the file has them, with the
  /// defaults written out. Lists of texts are one text, its items parted by
  /// spaces.
  Node node;
  std::vector<std::string> outputs;  ///< empty: left out
  std::int64_t opset = 0;            ///< version of the operator set
  std::string data_folder;           ///< of tensors that are attributes
  std::map<std::string, const onnx::TensorProto*, std::less<>> tensors;

  bool Has(std::string_view name) const { return node.attributes.Has(name); }
};

/// Reads the attributes of `proto` by `rules`: words "name:kind" or
/// "name:kind=default" with the kinds i, f, s (int, float, string), I, F, S
/// (lists), t (tensor) and g (graph, which is left to the caller).
///
/// Errors: kInvalidArgument for an attribute that the rules do not have, or
/// that is of another kind.
Result<void> ReadAttributes(const onnx::NodeProto& proto,
                            std::string_view rules, const CallAttributes* call,
                            SourceNode& source);

/// The attribute `name` of `proto`, looked up in `call` if it refers to it;
/// null if there is none.
const onnx::AttributeProto* FindAttribute(const onnx::NodeProto& proto,
                                          std::string_view name,
                                          const CallAttributes* call);

/// What messages call a node: its name, or its first output's.
std::string NameOf(const onnx::NodeProto& proto);

}  // namespace skerry::compiler
