#include "skerry/compiler/import/model_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "skerry/compiler/import/convert.h"
#include "skerry/compiler/import/input_shapes.h"
#include "skerry/compiler/import/names.h"
#include "skerry/compiler/import/tensor_reader.h"
#include "skerry/compiler/import/topology.h"

namespace skerry::compiler {
namespace {

bool IsStandard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

std::string OpName(const onnx::NodeProto& proto) {
  return IsStandard(proto.domain()) ? proto.op_type()
                                    : proto.domain() + "." + proto.op_type();
}

std::string DescribeProto(const onnx::NodeProto& proto) {
  return OpName(proto) + " '" + NameOf(proto) + "'";
}

bool IsIf(const onnx::NodeProto& proto) {
  return IsStandard(proto.domain()) && proto.op_type() == "If";
}

/// The default attributes of a function. The system's schema is older than
/// this field, so they are among what it does not know.
std::vector<onnx::AttributeProto> DefaultsOf(
    const onnx::FunctionProto& function) {
  constexpr int kAttributeProtoField = 11;
  std::vector<onnx::AttributeProto> defaults;
  const auto& fields = function.unknown_fields();
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    onnx::AttributeProto attribute;
    if (field.number() == kAttributeProtoField &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
        attribute.ParseFromString(field.length_delimited())) {
      defaults.push_back(std::move(attribute));
    }
  }
  return defaults;
}

std::vector<std::string> OutputNames(const onnx::GraphProto& graph) {
  std::vector<std::string> names;
  for (const onnx::ValueInfoProto& output : graph.output()) {
    names.push_back(output.name());
  }
  return names;
}

}  // namespace

const ValueId* ModelReader::Scope::Find(const std::string& name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    const auto found = scope->values.find(name);
    if (found != scope->values.end()) return &found->second;
  }
  return nullptr;
}

void ModelReader::Note(std::string line) {
  if (options_.notes != nullptr) options_.notes->push_back(std::move(line));
}

Result<void> ModelReader::ReadOpsets(
    const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& sets,
    Scope& scope) {
  for (const onnx::OperatorSetIdProto& set : sets) {
    scope.opsets[IsStandard(set.domain()) ? "" : set.domain()] = set.version();
  }
  const auto standard = scope.opsets.find("");
  if (standard == scope.opsets.end()) return {};
  if (standard->second < kOpsetMin) {
    return Unimplemented(
        "model is of opset " + std::to_string(standard->second) +
        ", the oldest supported is " + std::to_string(kOpsetMin) +
        "; convert it with onnx.version_converter");
  }
  if (standard->second > kOpsetMax) {
    Note("model is of opset " + std::to_string(standard->second) +
         ", which is newer than " + std::to_string(kOpsetMax) +
         ", the newest known; its operators are read as those of " +
         std::to_string(kOpsetMax));
  }
  return {};
}

Result<void> ModelReader::ReadInitialiser(onnx::TensorProto& proto,
                                          Scope& scope) {
  if (proto.name().empty()) {
    return InvalidArgument("an initialiser has no name");
  }
  const std::string context = "initialiser '" + proto.name() + "'";
  if (scope.values.contains(proto.name())) {
    return InvalidArgument(context + " is there twice");
  }
  auto tensor = ReadTensor(proto, options_.data_folder);
  if (!tensor) return tensor.error().WithContext(context);
  // The elements are in memory twice now; the file's copy can go.
  const std::unique_ptr<std::string> freed(proto.release_raw_data());
  scope.values[proto.name()] =
      builder_.graph().AddConstant(proto.name(), *std::move(tensor));
  return {};
}

Result<void> ModelReader::ReadInitialisers(onnx::GraphProto& graph,
                                           Scope& scope) {
  if (graph.sparse_initializer_size() > 0) {
    return Unimplemented("initialiser '" +
                         graph.sparse_initializer(0).values().name() +
                         "' is sparse, which is not supported");
  }
  for (onnx::TensorProto& proto : *graph.mutable_initializer()) {
    SKERRY_RETURN_IF_ERROR(ReadInitialiser(proto, scope));
  }
  return {};
}

Result<void> ModelReader::ReadInputs(const onnx::GraphProto& graph,
                                     Scope& scope) {
  std::vector<const onnx::ValueInfoProto*> inputs;
  std::set<std::string> names;
  std::set<std::string_view> constants;
  for (const onnx::TensorProto& initialiser : graph.initializer()) {
    constants.insert(initialiser.name());
  }
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (input.name().empty()) return InvalidArgument("an input has no name");
    if (!names.insert(input.name()).second) {
      return InvalidArgument("input '" + input.name() + "' is there twice");
    }
    // Old files list initialisers among the inputs.
    if (!constants.contains(input.name())) inputs.push_back(&input);
  }
  SKERRY_ASSIGN_OR_RETURN(const InputShapes shapes,
                          InputShapes::Create(inputs, options_));
  for (const onnx::ValueInfoProto* input : inputs) {
    SKERRY_ASSIGN_OR_RETURN(TensorType type,
                            shapes.TypeOf(*input, options_.notes));
    const ValueId id =
        builder_.graph().AddValue(input->name(), std::move(type));
    builder_.graph().inputs.push_back(id);
    scope.values[input->name()] = id;
  }
  return {};
}

Result<std::vector<ValueId>> ModelReader::FindInputs(
    const onnx::NodeProto& proto, const Scope& scope) const {
  std::vector<ValueId> ids;
  for (const std::string& name : proto.input()) {
    if (name.empty()) {
      ids.push_back(kNoValue);
      continue;
    }
    const ValueId* id = scope.Find(name);
    if (id == nullptr) {
      return Unimplemented("input '" + name +
                           "' is an output that its operator does not make "
                           "for inference");
    }
    ids.push_back(*id);
  }
  while (!ids.empty() && ids.back() == kNoValue) ids.pop_back();
  return ids;
}

Result<std::vector<ValueId>> ModelReader::ReadOperator(
    const onnx::NodeProto& proto, const Scope& scope) {
  const SourceOp* op = FindSourceOp(proto.op_type());
  if (op == nullptr) return Unimplemented("operator is not supported");
  const auto opset = scope.opsets.find("");
  if (opset == scope.opsets.end()) {
    return InvalidArgument("model states no version of ONNX's operator set");
  }
  SourceNode source;
  source.opset = std::min(opset->second, kOpsetMax);
  source.data_folder = options_.data_folder;
  source.node.op = proto.op_type();
  source.node.name = NameOf(proto);
  source.outputs.assign(proto.output().begin(), proto.output().end());
  while (!source.outputs.empty() && source.outputs.back().empty()) {
    source.outputs.pop_back();
  }
  SKERRY_RETURN_IF_ERROR(
      ReadAttributes(proto, op->attributes, scope.call, source));
  SKERRY_ASSIGN_OR_RETURN(source.node.inputs, FindInputs(proto, scope));
  builder_.set_node_name(source.node.name);
  return op->convert(builder_, source);
}

Result<std::vector<ValueId>> ModelReader::ReadBranch(
    const onnx::NodeProto& proto, const Scope& scope) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<ValueId> inputs,
                          FindInputs(proto, scope));
  const Tensor* condition =
      inputs.size() == 1 ? builder_.graph().constant(inputs[0]) : nullptr;
  if (condition == nullptr || condition->data_type() != DataType::kBool ||
      condition->data<bool>().size() != 1) {
    return Unimplemented(
        "the condition depends on the data; only constant ones are "
        "supported");
  }
  const char* const name =
      condition->data<bool>()[0] ? "then_branch" : "else_branch";
  const onnx::AttributeProto* branch = FindAttribute(proto, name, scope.call);
  if (branch == nullptr || !branch->has_g()) {
    return InvalidArgument("attribute '" + std::string(name) + "' is missing");
  }
  Scope inner;
  inner.outer = &scope;
  inner.call = scope.call;
  inner.opsets = scope.opsets;
  inner.depth = scope.depth + 1;
  onnx::GraphProto graph = branch->g();
  SKERRY_RETURN_IF_ERROR(ReadInitialisers(graph, inner));
  const std::vector<std::string> outputs = OutputNames(graph);
  SKERRY_RETURN_IF_ERROR(ReadNodes(graph.node(), outputs, inner));
  std::vector<ValueId> ids;
  for (const std::string& output : outputs) {
    const ValueId* id = inner.Find(output);
    if (id == nullptr) {
      return InvalidArgument("output '" + output +
                             "' of the branch is never "
                             "made");
    }
    ids.push_back(*id);
  }
  return ids;
}

Result<std::vector<ValueId>> ModelReader::ReadCall(
    const onnx::NodeProto& proto, const onnx::FunctionProto& function,
    const Scope& scope) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<ValueId> inputs,
                          FindInputs(proto, scope));
  if (inputs.size() > static_cast<std::size_t>(function.input_size())) {
    return InvalidArgument("has " + std::to_string(inputs.size()) +
                           " inputs, the function takes " +
                           std::to_string(function.input_size()));
  }
  const std::vector<onnx::AttributeProto> defaults = DefaultsOf(function);
  CallAttributes call;
  for (const onnx::AttributeProto& attribute : defaults) {
    call[attribute.name()] = &attribute;
  }
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    const onnx::AttributeProto* found =
        FindAttribute(proto, attribute.name(), scope.call);
    if (found != nullptr) call[attribute.name()] = found;
  }
  Scope inner;
  inner.call = &call;
  inner.depth = scope.depth + 1;
  SKERRY_RETURN_IF_ERROR(ReadOpsets(function.opset_import(), inner));
  for (int i = 0; i < function.input_size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    inner.values[function.input(i)] =
        at < inputs.size() ? inputs[at] : kNoValue;
  }
  const std::vector<std::string> outputs(function.output().begin(),
                                         function.output().end());
  SKERRY_RETURN_IF_ERROR(ReadNodes(function.node(), outputs, inner));
  std::vector<ValueId> ids;
  for (const std::string& output : outputs) {
    const ValueId* id = inner.Find(output);
    ids.push_back(id == nullptr ? kNoValue : *id);
  }
  return ids;
}

Result<void> ModelReader::ReadNode(const onnx::NodeProto& proto, Scope& scope) {
  if (++node_count_ > kNodeCountMax) {
    return ResourceExhausted("model has more than " +
                             std::to_string(kNodeCountMax) + " nodes");
  }
  const bool standard = IsStandard(proto.domain());
  const auto function = functions_.find({proto.domain(), proto.op_type()});
  const bool calls = !standard && function != functions_.end();
  if (!calls && !IsIf(proto) &&
      (!standard || FindSourceOp(proto.op_type()) == nullptr)) {
    return Unimplemented("node '" + NameOf(proto) + "' (op '" + OpName(proto) +
                         "'): operator is not supported" +
                         (standard ? ""
                                   : "; export the model with operators of "
                                     "ONNX only"));
  }
  if ((calls || IsIf(proto)) && scope.depth >= kDepthMax) {
    return ResourceExhausted(DescribeProto(proto) + ": more than " +
                             std::to_string(kDepthMax) +
                             " calls and branches inside each other");
  }
  auto ids = calls         ? ReadCall(proto, *function->second, scope)
             : IsIf(proto) ? ReadBranch(proto, scope)
                           : ReadOperator(proto, scope);
  if (!ids) return ids.error().WithContext(DescribeProto(proto));
  for (int i = 0; i < proto.output_size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (proto.output(i).empty() || at >= ids->size()) continue;
    if ((*ids)[at] != kNoValue) scope.values[proto.output(i)] = (*ids)[at];
  }
  return {};
}

Result<void> ModelReader::ReadNodes(
    const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes,
    const std::vector<std::string>& outputs, Scope& scope) {
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<const onnx::NodeProto*> ordered,
      OrderNodes(nodes, outputs, [&](const std::string& name) {
        return scope.Find(name) != nullptr;
      }));
  for (const onnx::NodeProto* node : ordered) {
    SKERRY_RETURN_IF_ERROR(ReadNode(*node, scope));
  }
  return {};
}

/// Gives `id` the name, even if another value has it.
void ModelReader::ClaimName(ValueId id, const std::string& name) {
  Graph& graph = builder_.graph();
  if (graph.value(id).name == name) return;
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const auto other = static_cast<ValueId>(i);
    const bool given = Contains(graph.inputs, other);
    if (graph.values[i].name == name && !given) {
      graph.Rename(other, name + "/inner");
    }
  }
  graph.Rename(id, name);
}

Result<void> ModelReader::BindOutputs(const onnx::GraphProto& graph,
                                      const Scope& scope) {
  Graph& to = builder_.graph();
  if (graph.output_size() == 0) return InvalidArgument("model has no outputs");
  std::set<std::string> names;
  for (const onnx::ValueInfoProto& output : graph.output()) {
    const std::string& name = output.name();
    if (!names.insert(name).second) {
      return InvalidArgument("output '" + name + "' is there twice");
    }
    const ValueId* found = scope.Find(name);
    if (found == nullptr) {
      return InvalidArgument("output '" + name + "' is made by no node");
    }
    ValueId id = *found;
    // Every output gets memory of its own.
    if (to.constant(id) != nullptr || Contains(to.inputs, id) ||
        Contains(to.outputs, id)) {
      Node copy;
      copy.op = "Identity";
      copy.name = name;
      copy.inputs = {id};
      copy.outputs = {to.AddValue(name, to.type(id))};
      id = copy.outputs.front();
      to.nodes.push_back(std::move(copy));
    }
    to.outputs.push_back(id);
    ClaimName(id, name);
  }
  return {};
}

Result<Graph> ModelReader::Read(onnx::ModelProto& model) {
  if (!model.has_graph()) return DataLoss("file holds no ONNX model");
  SKERRY_RETURN_IF_ERROR(CheckNames(model));
  for (const onnx::FunctionProto& function : model.functions()) {
    functions_[{function.domain(), function.name()}] = &function;
  }
  onnx::GraphProto& graph = *model.mutable_graph();
  builder_.graph().name = graph.name();
  Scope scope;
  SKERRY_RETURN_IF_ERROR(ReadOpsets(model.opset_import(), scope));
  // Inputs first: their names must not give way to others.
  SKERRY_RETURN_IF_ERROR(ReadInputs(graph, scope));
  SKERRY_RETURN_IF_ERROR(ReadInitialisers(graph, scope));
  SKERRY_RETURN_IF_ERROR(ReadNodes(graph.node(), OutputNames(graph), scope));
  SKERRY_RETURN_IF_ERROR(BindOutputs(graph, scope));
  SKERRY_RETURN_IF_ERROR(builder_.graph().Verify());
  return std::move(builder_.graph());
}

}  // namespace skerry::compiler
