#include "skerry/compiler/ir/compare.h"

#include <bit>
#include <cstdint>
#include <utility>
#include <variant>

namespace skerry::compiler {
namespace {

class Compactor {
 public:
  explicit Compactor(const Graph& source)
      : source_(source), moved_(source.values.size(), kNoValue) {}

  Graph Run() {
    target_.name = source_.name;
    for (const ValueId id : source_.inputs) target_.inputs.push_back(Move(id));
    for (const Node& node : source_.nodes) {
      Node copy = node;
      for (ValueId& id : copy.inputs) id = Move(id);
      for (ValueId& id : copy.outputs) id = Move(id);
      target_.nodes.push_back(std::move(copy));
    }
    for (const ValueId id : source_.outputs) {
      target_.outputs.push_back(Move(id));
    }
    return std::move(target_);
  }

 private:
  ValueId Move(ValueId id) {
    if (id == kNoValue) return kNoValue;
    ValueId& to = moved_[static_cast<std::size_t>(id)];
    if (to == kNoValue) {
      const Value& value = source_.value(id);
      to = target_.AddValue(value.name, value.type);
      target_.value(to).constant = value.constant;
    }
    return to;
  }

  const Graph& source_;
  std::vector<ValueId> moved_;
  Graph target_;
};

bool SameValue(const Value& a, const Value& b) {
  if (a.name != b.name || a.type != b.type) return false;
  if (a.constant == nullptr || b.constant == nullptr) {
    return a.constant == b.constant;
  }
  return *a.constant == *b.constant;
}

/// Not `Attributes::operator==`: a NaN must equal itself here.
bool SameAttributes(const Attributes& a, const Attributes& b) {
  if (a.map().size() != b.map().size()) return false;
  for (auto i = a.map().begin(), j = b.map().begin(); i != a.map().end();
       ++i, ++j) {
    if (i->first != j->first || i->second.index() != j->second.index()) {
      return false;
    }
    const auto* floats = std::get_if<std::vector<float>>(&i->second);
    if (floats == nullptr) {
      if (i->second != j->second) return false;
      continue;
    }
    const auto& others = std::get<std::vector<float>>(j->second);
    if (floats->size() != others.size()) return false;
    for (std::size_t k = 0; k < floats->size(); ++k) {
      if (std::bit_cast<std::uint32_t>((*floats)[k]) !=
          std::bit_cast<std::uint32_t>(others[k])) {
        return false;
      }
    }
  }
  return true;
}

bool SameNode(const Node& a, const Node& b) {
  return a.op == b.op && a.name == b.name && a.inputs == b.inputs &&
         a.outputs == b.outputs && SameAttributes(a.attributes, b.attributes);
}

}  // namespace

Graph Compact(const Graph& graph) { return Compactor(graph).Run(); }

bool Same(const Graph& a, const Graph& b) {
  if (a.name != b.name || a.inputs != b.inputs || a.outputs != b.outputs ||
      a.values.size() != b.values.size() || a.nodes.size() != b.nodes.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    if (!SameValue(a.values[i], b.values[i])) return false;
  }
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    if (!SameNode(a.nodes[i], b.nodes[i])) return false;
  }
  return true;
}

}  // namespace skerry::compiler
