#include "skerry/compiler/import/onnx_test_model.h"

#include <cctype>
#include <cstdlib>

#include "skerry/base/check.h"

namespace skerry::compiler {
namespace {

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(word == "-" ? "" : word);
      word.clear();
    }
  }
  return words;
}

}  // namespace

onnx::AttributeProto& OnnxTestNode::Add(
    const std::string& name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *proto_->add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

OnnxTestNode& OnnxTestNode::Int(const std::string& name, std::int64_t value) {
  Add(name, onnx::AttributeProto::INT).set_i(value);
  return *this;
}

OnnxTestNode& OnnxTestNode::Ints(const std::string& name,
                                 std::initializer_list<std::int64_t> values) {
  onnx::AttributeProto& attribute = Add(name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
  return *this;
}

OnnxTestNode& OnnxTestNode::Float(const std::string& name, float value) {
  Add(name, onnx::AttributeProto::FLOAT).set_f(value);
  return *this;
}

OnnxTestNode& OnnxTestNode::Floats(const std::string& name,
                                   std::initializer_list<float> values) {
  onnx::AttributeProto& attribute = Add(name, onnx::AttributeProto::FLOATS);
  for (const float value : values) attribute.add_floats(value);
  return *this;
}

OnnxTestNode& OnnxTestNode::Text(const std::string& name,
                                 const std::string& value) {
  Add(name, onnx::AttributeProto::STRING).set_s(value);
  return *this;
}

OnnxTestNode& OnnxTestNode::Value(const std::string& name,
                                  const Tensor& tensor) {
  *Add(name, onnx::AttributeProto::TENSOR).mutable_t() = ToProto("", tensor);
  return *this;
}

OnnxTestNode& OnnxTestNode::Graph(const std::string& name,
                                  const onnx::GraphProto& graph) {
  *Add(name, onnx::AttributeProto::GRAPH).mutable_g() = graph;
  return *this;
}

OnnxTestNode& OnnxTestNode::Reference(const std::string& name,
                                      const std::string& outer) {
  Add(name, onnx::AttributeProto::UNDEFINED).set_ref_attr_name(outer);
  return *this;
}

OnnxTestNode& OnnxTestNode::Domain(const std::string& domain) {
  proto_->set_domain(domain);
  return *this;
}

OnnxTestModel::OnnxTestModel(int opset) {
  proto_.set_ir_version(8);
  proto_.add_opset_import()->set_version(opset);
  proto_.mutable_graph()->set_name("test");
}

OnnxTestModel& OnnxTestModel::Input(const std::string& name,
                                    std::initializer_list<std::string> dims,
                                    DataType type) {
  onnx::ValueInfoProto& input = *graph().add_input();
  input.set_name(name);
  onnx::TypeProto_Tensor& tensor = *input.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(static_cast<int>(type));
  tensor.mutable_shape();
  for (const std::string& dim : dims) {
    auto& to = *tensor.mutable_shape()->add_dim();
    if (std::isalpha(static_cast<unsigned char>(dim[0])) != 0) {
      to.set_dim_param(dim);
    } else if (dim != "?") {
      to.set_dim_value(std::strtoll(dim.c_str(), nullptr, 10));
    }
  }
  return *this;
}

OnnxTestModel& OnnxTestModel::Output(const std::string& name) {
  graph().add_output()->set_name(name);
  return *this;
}

OnnxTestModel& OnnxTestModel::Initialiser(const std::string& name,
                                          const Tensor& tensor) {
  *graph().add_initializer() = ToProto(name, tensor);
  return *this;
}

OnnxTestModel& OnnxTestModel::Ints(const std::string& name,
                                   std::initializer_list<std::int64_t> values) {
  return Initialiser(
      name, Tensor::Of({static_cast<std::int64_t>(values.size())}, values));
}

OnnxTestModel& OnnxTestModel::Filled(const std::string& name, Shape shape,
                                     float value) {
  Tensor tensor({DataType::kFloat32, std::move(shape)});
  for (float& item : tensor.data<float>()) item = value;
  return Initialiser(name, tensor);
}

OnnxTestNode OnnxTestModel::Node(std::string_view op, std::string_view inputs,
                                 std::string_view outputs,
                                 std::string_view name) {
  return AddNode(*graph().mutable_node(), op, inputs, outputs, name);
}

Result<Graph> OnnxTestModel::Import(const ImportOptions& options) const {
  const std::string bytes = proto_.SerializeAsString();
  return ImportOnnx(std::as_bytes(std::span(bytes)), options);
}

std::string OnnxTestModel::Fault(const ImportOptions& options) const {
  const auto graph = Import(options);
  return graph ? "imported" : graph.error().message();
}

OnnxTestNode AddNode(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes,
                     std::string_view op, std::string_view inputs,
                     std::string_view outputs, std::string_view name) {
  onnx::NodeProto& node = *nodes.Add();
  node.set_op_type(std::string(op));
  node.set_name(std::string(name));
  for (const std::string& word : Words(inputs)) node.add_input(word);
  for (const std::string& word : Words(outputs)) node.add_output(word);
  return OnnxTestNode(&node);
}

onnx::TensorProto ToProto(const std::string& name, const Tensor& tensor) {
  onnx::TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(static_cast<int>(tensor.data_type()));
  for (const std::int64_t dim : tensor.shape().dims()) proto.add_dims(dim);
  const std::span<const std::byte> bytes = tensor.bytes();
  proto.set_raw_data(bytes.data(), bytes.size());
  return proto;
}

std::string TypeOf(const Graph& graph, std::string_view name) {
  for (const Value& value : graph.values) {
    if (value.name == name) return value.type->ToString();
  }
  return "no value '" + std::string(name) + "'";
}

std::string Ops(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes) {
    text += (text.empty() ? "" : " ") + node.op;
  }
  return text;
}

const Node& FindNode(const Graph& graph, std::string_view op) {
  for (const Node& node : graph.nodes) {
    if (node.op == op) return node;
  }
  SKERRY_CHECK(false);
}

std::vector<std::int64_t> IntsOfInput(const Graph& graph, const Node& node,
                                      std::size_t index) {
  SKERRY_CHECK(index < node.inputs.size());
  const Tensor* tensor = graph.constant(node.inputs[index]);
  SKERRY_CHECK(tensor != nullptr);
  const auto data = tensor->data<std::int64_t>();
  return {data.begin(), data.end()};
}

}  // namespace skerry::compiler
