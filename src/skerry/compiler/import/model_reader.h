#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/import/builder.h"
#include "skerry/compiler/import/onnx_import.h"
#include "skerry/compiler/import/onnx_proto.h"
#include "skerry/compiler/import/source_node.h"

namespace skerry::compiler {

/// Reads one model: opens its scopes, puts nodes in order, hands each to its
/// converter and binds what it makes to the names of the file.
///
/// Thread safety: bound to one thread.
class ModelReader {
 public:
  /// The oldest and newest operator sets whose meaning is known. Files of
  /// newer ones are read as if they were of the newest, with a note.
  static constexpr std::int64_t kOpsetMin = 7;
  static constexpr std::int64_t kOpsetMax = 28;
  /// Nodes read, branches and calls of functions included.
  static constexpr int kNodeCountMax = 100'000;
  /// Branches and function calls inside each other.
  static constexpr int kDepthMax = 32;

  explicit ModelReader(const ImportOptions& options) : options_(options) {}

  /// Reads `model`, whose tensors may be emptied on the way.
  Result<Graph> Read(onnx::ModelProto& model);

 private:
  /// What names mean in a graph, branch or function body.
  struct Scope {
    const Scope* outer = nullptr;
    std::unordered_map<std::string, ValueId> values;
    const CallAttributes* call = nullptr;
    std::map<std::string, std::int64_t, std::less<>> opsets;
    int depth = 0;

    const ValueId* Find(const std::string& name) const;
  };

  Result<void> ReadOpsets(
      const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& sets,
      Scope& scope);
  Result<void> ReadInitialisers(onnx::GraphProto& graph, Scope& scope);
  Result<void> ReadInitialiser(onnx::TensorProto& proto, Scope& scope);
  Result<void> ReadInputs(const onnx::GraphProto& graph, Scope& scope);
  Result<void> BindOutputs(const onnx::GraphProto& graph, const Scope& scope);
  Result<void> ReadNodes(
      const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes,
      const std::vector<std::string>& outputs, Scope& scope);
  Result<void> ReadNode(const onnx::NodeProto& proto, Scope& scope);
  Result<std::vector<ValueId>> ReadOperator(const onnx::NodeProto& proto,
                                            const Scope& scope);
  Result<std::vector<ValueId>> ReadBranch(const onnx::NodeProto& proto,
                                          const Scope& scope);
  Result<std::vector<ValueId>> ReadCall(const onnx::NodeProto& proto,
                                        const onnx::FunctionProto& function,
                                        const Scope& scope);
  Result<std::vector<ValueId>> FindInputs(const onnx::NodeProto& proto,
                                          const Scope& scope) const;
  void ClaimName(ValueId id, const std::string& name);
  void Note(std::string line);

  const ImportOptions& options_;
  Builder builder_;
  std::map<std::pair<std::string, std::string>, const onnx::FunctionProto*>
      functions_;
  int node_count_ = 0;
};

}  // namespace skerry::compiler
