// Model files made in memory, for tests of the importer.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/compiler/import/onnx_import.h"
#include "skerry/compiler/import/onnx_proto.h"
#include "skerry/tensor/tensor.h"

namespace skerry::compiler {

/// A node of a test model, and its attributes.
class OnnxTestNode {
 public:
  explicit OnnxTestNode(onnx::NodeProto* proto) : proto_(proto) {}

  OnnxTestNode& Int(const std::string& name, std::int64_t value);
  OnnxTestNode& Ints(const std::string& name,
                     std::initializer_list<std::int64_t> values);
  OnnxTestNode& Float(const std::string& name, float value);
  OnnxTestNode& Floats(const std::string& name,
                       std::initializer_list<float> values);
  OnnxTestNode& Text(const std::string& name, const std::string& value);
  OnnxTestNode& Value(const std::string& name, const Tensor& tensor);
  OnnxTestNode& Graph(const std::string& name, const onnx::GraphProto& graph);
  /// An attribute that refers to one of the function around the node.
  OnnxTestNode& Reference(const std::string& name, const std::string& outer);
  OnnxTestNode& Domain(const std::string& domain);

  onnx::NodeProto& proto() { return *proto_; }

 private:
  onnx::AttributeProto& Add(const std::string& name,
                            onnx::AttributeProto::AttributeType type);

  onnx::NodeProto* proto_;
};

/// "float32[N, 3]" is `Input("x", {"N", "3"})`.
class OnnxTestModel {
 public:
  explicit OnnxTestModel(int opset = 17);

  OnnxTestModel& Input(const std::string& name,
                       std::initializer_list<std::string> dims,
                       DataType type = DataType::kFloat32);
  OnnxTestModel& Output(const std::string& name);
  OnnxTestModel& Initialiser(const std::string& name, const Tensor& tensor);
  /// An int64 list.
  OnnxTestModel& Ints(const std::string& name,
                      std::initializer_list<std::int64_t> values);
  /// Zeros, or `value`s, of float32.
  OnnxTestModel& Filled(const std::string& name, Shape shape, float value = 0);
  /// A node named `name`, with its inputs and outputs as texts parted by
  /// spaces; "-" is one that is left out.
  OnnxTestNode Node(std::string_view op, std::string_view inputs,
                    std::string_view outputs, std::string_view name = "n");

  onnx::ModelProto& proto() { return proto_; }
  onnx::GraphProto& graph() { return *proto_.mutable_graph(); }

  Result<Graph> Import(const ImportOptions& options = {}) const;
  /// The message of the error that importing gives, or "imported".
  std::string Fault(const ImportOptions& options = {}) const;

 private:
  onnx::ModelProto proto_;
};

/// A node of `nodes`, as `OnnxTestModel::Node` makes it.
OnnxTestNode AddNode(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes,
                     std::string_view op, std::string_view inputs,
                     std::string_view outputs, std::string_view name);

/// What `tensor` is in a file.
onnx::TensorProto ToProto(const std::string& name, const Tensor& tensor);

/// "float32[1, 2]": the type of the value `name`.
std::string TypeOf(const Graph& graph, std::string_view name);
/// The operators, in order: "Conv Relu".
std::string Ops(const Graph& graph);
/// The first node of that operator; the test fails if there is none.
const Node& FindNode(const Graph& graph, std::string_view op);
/// The int64 elements of a constant input.
std::vector<std::int64_t> IntsOfInput(const Graph& graph, const Node& node,
                                      std::size_t index);

}  // namespace skerry::compiler
