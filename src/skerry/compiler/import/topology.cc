#include "skerry/compiler/import/topology.h"

#include <queue>
#include <unordered_map>

#include "skerry/compiler/import/source_node.h"

namespace skerry::compiler {
namespace {

/// Nodes as indices into the file's list, with what each needs.
class Dependencies {
 public:
  Result<void> Read(const NodeProtos& nodes,
                    const std::function<bool(const std::string&)>& given);

  /// Marks what makes `outputs`, directly or not.
  std::vector<bool> FindLive(std::span<const std::string> outputs) const;
  /// Indices in an order that fits; the rest is in cycles.
  std::vector<std::size_t> Sort() const;
  /// "'a' -> 'b' -> 'a'" for a cycle among the nodes not in `sorted`.
  std::string DescribeCycle(const NodeProtos& nodes,
                            const std::vector<std::size_t>& sorted) const;

 private:
  Result<void> ReadOutputs(
      const NodeProtos& nodes,
      const std::function<bool(const std::string&)>& given);
  void AddNeeds(const onnx::NodeProto& node, std::size_t index);

  std::unordered_map<std::string_view, std::size_t> makers_;
  std::vector<std::vector<std::size_t>> needs_;
};

Error MadeTwice(const std::string& value, const onnx::NodeProto& node,
                const std::string& other) {
  return InvalidArgument("value '" + value + "' is made by " + node.op_type() +
                         " '" + NameOf(node) + "' and by " + other);
}

Result<void> Dependencies::ReadOutputs(
    const NodeProtos& nodes,
    const std::function<bool(const std::string&)>& given) {
  for (std::size_t i = 0; i < needs_.size(); ++i) {
    const onnx::NodeProto& node = nodes[static_cast<int>(i)];
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      if (given(output)) {
        return MadeTwice(output, node, "an input or initialiser");
      }
      const auto [at, added] = makers_.emplace(output, i);
      if (!added) {
        const onnx::NodeProto& other = nodes[static_cast<int>(at->second)];
        return MadeTwice(output, node,
                         other.op_type() + " '" + NameOf(other) + "'");
      }
    }
  }
  return {};
}

void Dependencies::AddNeeds(const onnx::NodeProto& node, std::size_t index) {
  for (const std::string& input : node.input()) {
    const auto maker = makers_.find(input);
    if (maker != makers_.end()) needs_[index].push_back(maker->second);
  }
  // Branches read values of the graphs around them.
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    for (const onnx::NodeProto& inner : attribute.g().node()) {
      AddNeeds(inner, index);
    }
    for (const onnx::ValueInfoProto& output : attribute.g().output()) {
      const auto maker = makers_.find(output.name());
      if (maker != makers_.end()) needs_[index].push_back(maker->second);
    }
  }
}

Result<void> Dependencies::Read(
    const NodeProtos& nodes,
    const std::function<bool(const std::string&)>& given) {
  needs_.resize(static_cast<std::size_t>(nodes.size()));
  SKERRY_RETURN_IF_ERROR(ReadOutputs(nodes, given));
  for (std::size_t i = 0; i < needs_.size(); ++i) {
    const onnx::NodeProto& node = nodes[static_cast<int>(i)];
    for (const std::string& input : node.input()) {
      if (!input.empty() && !makers_.contains(input) && !given(input)) {
        return InvalidArgument(node.op_type() + " '" + NameOf(node) +
                               "': input '" + input +
                               "' is no output, input or initialiser");
      }
    }
    AddNeeds(node, i);
  }
  return {};
}

std::vector<bool> Dependencies::FindLive(
    std::span<const std::string> outputs) const {
  std::vector<bool> live(needs_.size(), false);
  std::vector<std::size_t> stack;
  const auto visit = [&](std::size_t index) {
    if (live[index]) return;
    live[index] = true;
    stack.push_back(index);
  };
  for (const std::string& output : outputs) {
    const auto maker = makers_.find(output);
    if (maker != makers_.end()) visit(maker->second);
  }
  while (!stack.empty()) {
    const std::size_t index = stack.back();
    stack.pop_back();
    for (const std::size_t need : needs_[index]) visit(need);
  }
  return live;
}

std::vector<std::size_t> Dependencies::Sort() const {
  std::vector<std::size_t> waits(needs_.size());
  std::vector<std::vector<std::size_t>> users(needs_.size());
  for (std::size_t i = 0; i < needs_.size(); ++i) {
    waits[i] = needs_[i].size();
    for (const std::size_t need : needs_[i]) users[need].push_back(i);
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>>
      ready;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (waits[i] == 0) ready.push(i);
  }
  std::vector<std::size_t> sorted;
  while (!ready.empty()) {
    sorted.push_back(ready.top());
    ready.pop();
    for (const std::size_t user : users[sorted.back()]) {
      if (--waits[user] == 0) ready.push(user);
    }
  }
  return sorted;
}

std::string Dependencies::DescribeCycle(
    const NodeProtos& nodes, const std::vector<std::size_t>& sorted) const {
  std::vector<bool> done(needs_.size(), false);
  for (const std::size_t index : sorted) done[index] = true;
  // What is left waits for something that is left, so going from need to
  // need must come back to where it has been.
  std::size_t index = 0;
  while (done[index]) ++index;
  std::vector<std::size_t> path;
  std::vector<bool> seen(needs_.size(), false);
  while (!seen[index]) {
    seen[index] = true;
    path.push_back(index);
    for (const std::size_t need : needs_[index]) {
      if (!done[need]) {
        index = need;
        break;
      }
    }
  }
  constexpr std::size_t kShownMax = 6;
  std::string text = "'" + NameOf(nodes[static_cast<int>(index)]) + "'";
  for (std::size_t shown = 0; shown < kShownMax; ++shown) {
    const std::size_t last = path.back();
    path.pop_back();
    text += " -> '" + NameOf(nodes[static_cast<int>(last)]) + "'";
    if (last == index) return text;
  }
  return text + " -> ...";
}

}  // namespace

Result<std::vector<const onnx::NodeProto*>> OrderNodes(
    const NodeProtos& nodes, std::span<const std::string> outputs,
    const std::function<bool(const std::string&)>& given) {
  Dependencies dependencies;
  SKERRY_RETURN_IF_ERROR(dependencies.Read(nodes, given));
  const std::vector<std::size_t> sorted = dependencies.Sort();
  if (sorted.size() < static_cast<std::size_t>(nodes.size())) {
    return InvalidArgument("nodes form a cycle: " +
                           dependencies.DescribeCycle(nodes, sorted));
  }
  const std::vector<bool> live = dependencies.FindLive(outputs);
  std::vector<const onnx::NodeProto*> ordered;
  for (const std::size_t index : sorted) {
    if (live[index]) ordered.push_back(&nodes[static_cast<int>(index)]);
  }
  return ordered;
}

}  // namespace skerry::compiler
