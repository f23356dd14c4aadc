#include "skerry/compiler/ir/graph.h"

#include <algorithm>
#include <unordered_set>

namespace skerry::compiler {

std::string Graph::UniqueName(std::string wanted) {
  if (!wanted.empty() && names_.try_emplace(wanted, 1).second) return wanted;
  // Going on from the last number keeps many values of one name linear.
  std::string unique;
  for (int n = std::max(names_[wanted], 1);; ++n) {
    unique = wanted + "_" + std::to_string(n);
    if (names_.try_emplace(unique, 1).second) {
      names_[wanted] = n + 1;
      return unique;
    }
  }
}

ValueId Graph::AddValue(std::string wanted, std::optional<TensorType> type) {
  values.push_back({UniqueName(std::move(wanted)), std::move(type), nullptr});
  return static_cast<ValueId>(values.size() - 1);
}

void Graph::Rename(ValueId id, std::string wanted) {
  names_.erase(value(id).name);
  value(id).name = UniqueName(std::move(wanted));
}

ValueId Graph::AddConstant(std::string wanted, Tensor tensor) {
  const ValueId id = AddValue(std::move(wanted), tensor.type());
  value(id).constant = std::make_shared<const Tensor>(std::move(tensor));
  return id;
}

std::vector<int> Graph::Producers() const {
  std::vector<int> producers(values.size(), -1);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const ValueId id : nodes[i].outputs) {
      if (id != kNoValue) {
        producers[static_cast<std::size_t>(id)] = static_cast<int>(i);
      }
    }
  }
  return producers;
}

std::vector<int> Graph::UseCounts() const {
  std::vector<int> counts(values.size(), 0);
  for (const Node& node : nodes) {
    for (const ValueId id : node.inputs) {
      if (id != kNoValue) ++counts[static_cast<std::size_t>(id)];
    }
  }
  for (const ValueId id : outputs) ++counts[static_cast<std::size_t>(id)];
  return counts;
}

Result<void> Graph::Verify() const {
  const auto in_range = [&](ValueId id) {
    return id >= 0 && static_cast<std::size_t>(id) < values.size();
  };
  std::unordered_set<std::string> names;
  std::vector<bool> made(values.size(), false);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!names.insert(values[i].name).second) {
      return Internal("two values are called '" + values[i].name + "'");
    }
    made[i] = values[i].constant != nullptr;
  }
  for (const ValueId id : inputs) {
    if (!in_range(id)) return Internal("graph input out of range");
    made[static_cast<std::size_t>(id)] = true;
  }
  for (const Node& node : nodes) {
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      if (!in_range(id)) return Internal(Describe(node) + ": bad input id");
      if (!made[static_cast<std::size_t>(id)]) {
        return Internal(Describe(node) + ": input '" + value(id).name +
                        "' is used before it is made");
      }
    }
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      if (!in_range(id)) return Internal(Describe(node) + ": bad output id");
      if (made[static_cast<std::size_t>(id)]) {
        return Internal(Describe(node) + ": output '" + value(id).name +
                        "' is made twice");
      }
      made[static_cast<std::size_t>(id)] = true;
    }
  }
  for (const ValueId id : outputs) {
    if (!in_range(id) || !made[static_cast<std::size_t>(id)]) {
      return Internal("a graph output is never made");
    }
  }
  return {};
}

std::string Describe(const Node& node) {
  return node.op + " '" + node.name + "'";
}

}  // namespace skerry::compiler
