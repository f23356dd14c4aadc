#include "skerry/compiler/passes/editor.h"

#include <algorithm>

#include "skerry/base/check.h"
#include "skerry/compiler/ops/op.h"

namespace skerry::compiler {

Editor::Editor(Graph& graph) : graph_(graph), uses_(graph.values.size()) {
  for (Node& node : graph.nodes) nodes_.push_back({std::move(node)});
  graph.nodes.clear();
  for (NodeIndex i = 0; i < size(); ++i) {
    for (const ValueId id : node(i).outputs) {
      if (id != kNoValue) UsesOf(id).producer = i;
    }
    AddUses(i);
  }
  for (const ValueId id : graph.outputs) ++UsesOf(id).outputs;
}

Editor::~Editor() {
  std::vector<State> states(nodes_.size(), State::kNew);
  for (NodeIndex i = 0; i < size(); ++i) EmitAfterProducers(i, states);
}

NodeIndex Editor::Producer(ValueId id) const {
  return id == kNoValue ? kNoNode : UsesOf(id).producer;
}

const Node* Editor::ProducerOf(ValueId id, std::string_view op) const {
  const NodeIndex producer = Producer(id);
  return producer != kNoNode && node(producer).op == op ? &node(producer)
                                                        : nullptr;
}

int Editor::UseCount(ValueId id) const {
  return static_cast<int>(UsesOf(id).users.size()) + UsesOf(id).outputs;
}

bool Editor::IsGraphOutput(ValueId id) const { return UsesOf(id).outputs > 0; }

const std::vector<NodeIndex>& Editor::Users(ValueId id) const {
  return UsesOf(id).users;
}

Result<ValueId> Editor::Add(NodeIndex origin, std::string op,
                            std::vector<ValueId> inputs,
                            Attributes attributes) {
  ValueId named = kNoValue;
  for (const ValueId id : node(origin).outputs) {
    if (named == kNoValue) named = id;
  }
  SKERRY_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                          AddNode({std::move(op),
                                   node(origin).name,
                                   std::move(inputs),
                                   {named},
                                   std::move(attributes)}));
  return outputs[0];
}

Result<std::vector<ValueId>> Editor::AddNode(Node added) {
  SKERRY_ASSIGN_OR_RETURN(std::vector<TensorType> types,
                          InferTypes(graph_, added));
  const NodeIndex index = size();
  for (std::size_t i = 0; i < added.outputs.size(); ++i) {
    ValueId& id = added.outputs[i];
    if (id == kNoValue) continue;
    id = graph_.AddValue(graph_.value(id).name, std::move(types[i]));
    UsesOf(id).producer = index;
  }
  std::vector<ValueId> outputs = added.outputs;
  nodes_.push_back({std::move(added)});
  AddUses(index);
  changed_ = true;
  return outputs;
}

ValueId Editor::AddConstant(ValueId like, Tensor tensor) {
  return graph_.AddConstant(graph_.value(like).name, std::move(tensor));
}

void Editor::SetOp(NodeIndex index, std::string op) {
  At(index).node.op = std::move(op);
  changed_ = true;
}

void Editor::SetAttributes(NodeIndex index, Attributes attributes) {
  At(index).node.attributes = std::move(attributes);
  changed_ = true;
}

void Editor::SetInputs(NodeIndex index, std::vector<ValueId> inputs) {
  Node& changing = At(index).node;
  const std::vector<ValueId> before = changing.inputs;
  // The new uses come first: what both lists name must not be dropped.
  changing.inputs = std::move(inputs);
  AddUses(index);
  for (const ValueId id : before) {
    if (id != kNoValue) DropUser(id, index);
  }
  changed_ = true;
  Sweep();
}

void Editor::SetInput(NodeIndex index, std::size_t position, ValueId id) {
  std::vector<ValueId> inputs = node(index).inputs;
  inputs[position] = id;
  SetInputs(index, std::move(inputs));
}

Result<void> Editor::Retype(NodeIndex index) {
  const Node& retyped = node(index);
  SKERRY_ASSIGN_OR_RETURN(std::vector<TensorType> types,
                          InferTypes(graph_, retyped));
  for (std::size_t i = 0; i < retyped.outputs.size(); ++i) {
    if (retyped.outputs[i] == kNoValue) continue;
    graph_.value(retyped.outputs[i]).type = std::move(types[i]);
  }
  return {};
}

void Editor::ReplaceUses(ValueId from, ValueId to) {
  SKERRY_CHECK(from != to);
  const std::vector<NodeIndex> users = UsesOf(from).users;
  for (const NodeIndex user : users) {
    if (user == Producer(to)) continue;
    std::vector<ValueId> inputs = node(user).inputs;
    std::ranges::replace(inputs, from, to);
    if (inputs != node(user).inputs) SetInputs(user, std::move(inputs));
  }
  std::ranges::replace(graph_.outputs, from, to);
  UsesOf(to).outputs += std::exchange(UsesOf(from).outputs, 0);
  changed_ = true;
  if (Producer(from) != kNoNode) perhaps_unused_.push_back(Producer(from));
  Sweep();
}

void Editor::TakeOutput(NodeIndex index, ValueId from) {
  const NodeIndex old_producer = Producer(from);
  SKERRY_CHECK(old_producer != kNoNode && old_producer != index);
  Node& taker = At(index).node;
  const ValueId old_output = taker.outputs[0];
  taker.outputs[0] = from;
  UsesOf(from).producer = index;
  UsesOf(old_output).producer = kNoNode;
  std::ranges::replace(At(old_producer).node.outputs, from, kNoValue);
  changed_ = true;
  perhaps_unused_.push_back(old_producer);
  Sweep();
}

void Editor::RemoveUnused() {
  for (NodeIndex i = 0; i < size(); ++i) perhaps_unused_.push_back(i);
  Sweep();
}

Editor::Uses& Editor::UsesOf(ValueId id) {
  const auto at = static_cast<std::size_t>(id);
  if (at >= uses_.size()) uses_.resize(graph_.values.size());
  return uses_[at];
}

const Editor::Uses& Editor::UsesOf(ValueId id) const {
  static const Uses kNone;
  const auto at = static_cast<std::size_t>(id);
  return at < uses_.size() ? uses_[at] : kNone;
}

void Editor::AddUses(NodeIndex index) {
  for (const ValueId id : node(index).inputs) {
    if (id != kNoValue) UsesOf(id).users.push_back(index);
  }
}

void Editor::DropUser(ValueId id, NodeIndex user) {
  std::vector<NodeIndex>& users = UsesOf(id).users;
  users.erase(std::ranges::find(users, user));
  if (Producer(id) != kNoNode) perhaps_unused_.push_back(Producer(id));
}

// With a list of its own instead of recursion: chains can be as long as the
// graph.
void Editor::Sweep() {
  const auto unused = [&](ValueId id) {
    return id == kNoValue || UseCount(id) == 0;
  };
  while (!perhaps_unused_.empty()) {
    const NodeIndex index = perhaps_unused_.back();
    perhaps_unused_.pop_back();
    Entry& entry = At(index);
    if (entry.removed || !std::ranges::all_of(entry.node.outputs, unused)) {
      continue;
    }
    entry.removed = true;
    changed_ = true;
    for (const ValueId id : entry.node.outputs) {
      if (id != kNoValue) UsesOf(id).producer = kNoNode;
    }
    for (const ValueId id : std::exchange(entry.node.inputs, {})) {
      if (id != kNoValue) DropUser(id, index);
    }
  }
}

void Editor::EmitAfterProducers(NodeIndex index, std::vector<State>& states) {
  const auto state = [&](NodeIndex i) -> State& {
    return states[static_cast<std::size_t>(i)];
  };
  std::vector<NodeIndex> pending = {index};
  while (!pending.empty()) {
    const NodeIndex next = pending.back();
    Entry& entry = At(next);
    if (entry.removed || state(next) == State::kEmitted) {
      pending.pop_back();
      continue;
    }
    if (state(next) == State::kOpen) {
      state(next) = State::kEmitted;
      graph_.nodes.push_back(std::move(entry.node));
      pending.pop_back();
      continue;
    }
    state(next) = State::kOpen;
    // Backwards, so that what makes the first operand comes first.
    for (auto id = entry.node.inputs.rbegin(); id != entry.node.inputs.rend();
         ++id) {
      const NodeIndex producer = Producer(*id);
      if (producer == kNoNode || state(producer) == State::kEmitted) continue;
      SKERRY_CHECK(state(producer) == State::kNew);  // else a cycle
      pending.push_back(producer);
    }
  }
}

}  // namespace skerry::compiler
