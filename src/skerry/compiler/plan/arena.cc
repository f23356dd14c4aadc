#include "skerry/compiler/plan/arena.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "skerry/compiler/plan/packing.h"

namespace skerry::compiler {
namespace {

/// Plans in three steps: values that share memory are gathered in sets
/// (aliases first, then takeovers in place), each set gets the caller's
/// memory or a lifetime, and those with a lifetime are packed.
class Planner {
 public:
  Planner(const Graph& graph, const std::vector<int>& in_place_inputs)
      : graph_(graph), in_place_inputs_(in_place_inputs) {}

  Result<ArenaPlan> Run() {
    SKERRY_RETURN_IF_ERROR(MakeSets());
    plan_.aliases.resize(graph_.nodes.size(), false);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      plan_.aliases[i] = IsAlias(graph_.nodes[i]) && JoinAlias(i);
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (in_place_inputs_[i] >= 0 && !plan_.aliases[i]) TakeOver(i);
    }
    Pack();
    return std::move(plan_);
  }

 private:
  /// Values in one piece of memory: alive in all steps from `first`, in which
  /// it is made, to `last`, in which it is last read.
  struct Set {
    Place place;  ///< the caller's memory, if it is there
    int first = -1;
    int last = -1;
    std::int64_t bytes = 0;
    bool made = false;  ///< by a node
  };

  std::size_t Find(ValueId id) {
    auto root = static_cast<std::size_t>(id);
    while (parent_[root] != root) root = parent_[root] = parent_[parent_[root]];
    return root;
  }

  Set& SetOf(ValueId id) { return sets_[Find(id)]; }

  /// Puts the values of `id` into the set of `into`.
  void Join(ValueId id, ValueId into) {
    const std::size_t from = Find(id);
    const std::size_t to = Find(into);
    sets_[to].first = std::min(sets_[to].first, sets_[from].first);
    sets_[to].last = std::max(sets_[to].last, sets_[from].last);
    if (sets_[to].place.kind == Place::Kind::kNone) {
      sets_[to].place = sets_[from].place;
    }
    parent_[from] = to;
  }

  Result<void> MakeSets() {
    parent_.resize(graph_.values.size());
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    sets_.resize(graph_.values.size());
    for (std::size_t i = 0; i < graph_.values.size(); ++i) {
      if (graph_.values[i].type.has_value()) {
        sets_[i].bytes = graph_.values[i].type->byte_count();
      }
    }
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      SetOf(graph_.inputs[i]).place = {Place::Kind::kInput, static_cast<int>(i),
                                       -1};
    }
    const int end = static_cast<int>(graph_.nodes.size());
    for (int step = 0; step < end; ++step) {
      const Node& node = graph_.nodes[static_cast<std::size_t>(step)];
      for (const ValueId id : node.inputs) {
        if (id != kNoValue) SetOf(id).last = step;
      }
      for (const ValueId id : node.outputs) {
        if (id == kNoValue) continue;
        if (!graph_.value(id).type.has_value()) {
          return Internal(Describe(node) + ": an output has no type");
        }
        SetOf(id).first = SetOf(id).last = step;
        SetOf(id).made = true;
      }
    }
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      Set& set = SetOf(graph_.outputs[i]);
      if (!set.made || set.place.kind != Place::Kind::kNone) {
        return Internal("output '" + graph_.value(graph_.outputs[i]).name +
                        "' is an input, a constant or another output");
      }
      set.place = {Place::Kind::kOutput, static_cast<int>(i), -1};
      set.last = end;
    }
    return {};
  }

  /// Joins input and output of an alias, unless they lie in two places of
  /// the caller's, or the input is constant: then the node must copy.
  bool JoinAlias(std::size_t index) {
    const Node& node = graph_.nodes[index];
    const ValueId input = node.inputs[0];
    if (graph_.constant(input) != nullptr) return false;
    if (SetOf(input).place.kind != Place::Kind::kNone &&
        SetOf(node.outputs[0]).place.kind != Place::Kind::kNone) {
      return false;
    }
    Join(node.outputs[0], input);
    return true;
  }

  /// Joins output 0 and the input whose memory it may take over, if nothing
  /// reads the input later, and the node reads it as one operand only.
  void TakeOver(std::size_t index) {
    const Node& node = graph_.nodes[index];
    const ValueId input =
        node.inputs[static_cast<std::size_t>(in_place_inputs_[index])];
    const ValueId output = node.outputs[0];
    if (input == kNoValue || output == kNoValue) return;
    const Set& from = SetOf(input);
    if (!from.made || from.last != static_cast<int>(index) ||
        from.place.kind != Place::Kind::kNone ||
        from.bytes != SetOf(output).bytes) {
      return;
    }
    const auto readers = std::ranges::count_if(node.inputs, [&](ValueId id) {
      return id != kNoValue && Find(id) == Find(input);
    });
    if (readers == 1) Join(output, input);
  }

  void Pack() {
    std::vector<Block> blocks;
    std::vector<std::size_t> roots;
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      const Set& set = sets_[i];
      if (set.made && parent_[i] == i && set.place.kind == Place::Kind::kNone) {
        blocks.push_back({set.first, set.last, set.bytes, 0});
        roots.push_back(i);
      }
    }
    plan_.arena_bytes = PackBlocks(blocks);
    for (std::size_t i = 0; i < roots.size(); ++i) {
      sets_[roots[i]].place = {Place::Kind::kArena, -1, blocks[i].offset};
    }
    plan_.places.resize(graph_.values.size());
    for (std::size_t i = 0; i < graph_.values.size(); ++i) {
      plan_.places[i] = SetOf(static_cast<ValueId>(i)).place;
      if (sets_[i].made && plan_.places[i].kind == Place::Kind::kArena) {
        plan_.total_bytes += AlignBlock(sets_[i].bytes);
      }
    }
  }

  const Graph& graph_;
  const std::vector<int>& in_place_inputs_;
  std::vector<std::size_t> parent_;  ///< union-find over values
  std::vector<Set> sets_;            ///< by value; valid at the roots
  ArenaPlan plan_;
};

}  // namespace

Result<ArenaPlan> PlanArena(const Graph& graph,
                            const std::vector<int>& in_place_inputs) {
  return Planner(graph, in_place_inputs).Run();
}

bool IsAlias(const Node& node) {
  static constexpr std::array<std::string_view, 5> kAliases = {
      "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"};
  return std::ranges::find(kAliases, node.op) != kAliases.end();
}

}  // namespace skerry::compiler
