#include "skerry/compiler/plan/arena.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "skerry/compiler/plan/packing.h"

namespace skerry::compiler {
namespace {

/// Plans in three steps: values that share memory are gathered in sets
/// (aliases first, then parts of Concats, then takeovers in place), each set
/// gets the caller's memory or a lifetime, and those with a lifetime are
/// packed.
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
      if (IsOuterConcat(graph_.nodes[i])) plan_.aliases[i] = JoinParts(i);
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

  /// The set of `id`, and where in it the value starts.
  struct Found {
    std::size_t root;
    std::int64_t offset;
  };
  Found Find(ValueId id) const {
    Found found = {static_cast<std::size_t>(id), 0};
    while (parent_[found.root] != found.root) {
      found.offset += offset_[found.root];
      found.root = parent_[found.root];
    }
    return found;
  }

  Set& SetOf(ValueId id) { return sets_[Find(id).root]; }

  /// Whether `id` is all of its set.
  bool IsWhole(ValueId id) {
    return Find(id).offset == 0 &&
           SetOf(id).bytes == graph_.type(id).byte_count();
  }

  /// Puts the set of `id`, which is all of it, into the set of `into`,
  /// `offset` bytes behind the start of `into`.
  void Join(ValueId id, ValueId into, std::int64_t offset = 0) {
    const std::size_t from = Find(id).root;
    const auto [to, start] = Find(into);
    sets_[to].first = std::min(sets_[to].first, sets_[from].first);
    sets_[to].last = std::max(sets_[to].last, sets_[from].last);
    if (sets_[to].place.kind == Place::Kind::kNone) {
      sets_[to].place = sets_[from].place;
    }
    parent_[from] = to;
    offset_[from] = start + offset;
  }

  Result<void> MakeSets() {
    parent_.resize(graph_.values.size());
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    offset_.resize(graph_.values.size(), 0);
    sets_.resize(graph_.values.size());
    for (std::size_t i = 0; i < graph_.values.size(); ++i) {
      if (graph_.values[i].type.has_value()) {
        sets_[i].bytes = graph_.values[i].type->byte_count();
      }
    }
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      SetOf(graph_.inputs[i]).place = {Place::Kind::kInput, static_cast<int>(i),
                                       0};
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
      set.place = {Place::Kind::kOutput, static_cast<int>(i), 0};
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

  /// Joins the inputs of a Concat to its output, each at its part, if all
  /// are free to be made there.
  bool JoinParts(std::size_t index) {
    const Node& node = graph_.nodes[index];
    std::vector<std::size_t> roots = {Find(node.outputs[0]).root};
    for (const ValueId id : node.inputs) {
      const Set& set = SetOf(id);
      if (!set.made || set.place.kind != Place::Kind::kNone || !IsWhole(id) ||
          std::ranges::find(roots, Find(id).root) != roots.end()) {
        return false;
      }
      roots.push_back(Find(id).root);
    }
    std::int64_t offset = 0;
    for (const ValueId id : node.inputs) {
      Join(id, node.outputs[0], offset);
      offset += graph_.type(id).byte_count();
    }
    return true;
  }

  /// Whether each input of a Concat is one run of the output's elements.
  bool IsOuterConcat(const Node& node) const {
    if (node.op != "Concat") return false;
    const Shape& shape = graph_.shape(node.outputs[0]);
    std::int64_t axis = node.attributes.Int("axis", 0);
    if (axis < 0) axis += shape.rank();
    return std::all_of(shape.dims().begin(), shape.dims().begin() + axis,
                       [](std::int64_t extent) { return extent == 1; });
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
        from.place.kind != Place::Kind::kNone || !IsWhole(input) ||
        !IsWhole(output) || from.bytes != SetOf(output).bytes) {
      return;
    }
    const auto readers = std::ranges::count_if(node.inputs, [&](ValueId id) {
      return id != kNoValue && Find(id).root == Find(input).root;
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
      const auto [root, offset] = Find(static_cast<ValueId>(i));
      plan_.places[i] = sets_[root].place;
      plan_.places[i].offset += offset;
      if (sets_[i].made && plan_.places[i].kind == Place::Kind::kArena) {
        plan_.total_bytes += AlignBlock(sets_[i].bytes);
      }
    }
  }

  const Graph& graph_;
  const std::vector<int>& in_place_inputs_;
  std::vector<std::size_t> parent_;   ///< a forest of values: sets
  std::vector<std::int64_t> offset_;  ///< of a value, in its parent
  std::vector<Set> sets_;             ///< by value; valid at the roots
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
