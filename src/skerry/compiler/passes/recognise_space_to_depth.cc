#include <algorithm>
#include <array>

#include "skerry/compiler/passes/editor.h"
#include "skerry/compiler/passes/match.h"
#include "skerry/compiler/passes/rewrites.h"

namespace skerry::compiler {
namespace {

constexpr int kRank = 4;

/// Part of `x`: along each axis, elements `start`, `start + step`, ...
struct Grid {
  ValueId x;
  std::array<std::int64_t, kRank> start = {0, 0, 0, 0};
  std::array<std::int64_t, kRank> step = {1, 1, 1, 1};
};

/// What space to depth is made of: channels of `x` at each of block * block
/// places, in the order in which they follow each other.
struct Places {
  ValueId x = kNoValue;
  std::int64_t block = 0;
  std::vector<std::array<std::int64_t, 2>> at;  ///< row and column
};

/// Takes `slice` into account, which is a part of `grid.x`, if it goes forward
/// and all is constant.
bool Refine(const Graph& graph, const Node& slice, Grid& grid) {
  const Shape& shape = graph.shape(slice.inputs[0]);
  const auto starts = IntsOf(graph, slice.inputs[1]);
  if (!starts.has_value()) return false;
  Dims axes;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    axes.push_back(static_cast<std::int64_t>(i));
  }
  Dims steps(starts->size(), 1);
  if (InputOf(slice, 3) != kNoValue) {
    axes = IntsOf(graph, slice.inputs[3]).value_or(Dims());
  }
  if (InputOf(slice, 4) != kNoValue) {
    steps = IntsOf(graph, slice.inputs[4]).value_or(Dims());
  }
  if (axes.size() != starts->size() || steps.size() != starts->size()) {
    return false;
  }
  for (std::size_t i = 0; i < starts->size(); ++i) {
    if (steps[i] < 1) return false;
    const std::int64_t axis = axes[i] < 0 ? axes[i] + kRank : axes[i];
    const std::int64_t extent = shape[static_cast<int>(axis)];
    std::int64_t start = (*starts)[i];
    start =
        std::clamp<std::int64_t>(start < 0 ? start + extent : start, 0, extent);
    const auto at = static_cast<std::size_t>(axis);
    // The slices are met from the last to the first.
    grid.start[at] = start + steps[i] * grid.start[at];
    grid.step[at] *= steps[i];
  }
  return true;
}

class SpaceToDepthRecogniser {
 public:
  explicit SpaceToDepthRecogniser(Editor& editor)
      : editor_(editor), graph_(editor.graph()) {}

  Result<void> Run() {
    for (NodeIndex i = 0; i < editor_.size(); ++i) {
      if (editor_.removed(i)) continue;
      const Node& node = editor_.node(i);
      if (const auto found = Match(node); found.has_value()) {
        SKERRY_RETURN_IF_ERROR(Replace(i, *found));
      }
    }
    return {};
  }

 private:
  Grid GridOf(ValueId id) const {
    Grid grid = {.x = id};
    while (const Node* slice = editor_.ProducerOf(grid.x, "Slice")) {
      Grid refined = grid;
      if (!Refine(graph_, *slice, refined)) break;
      grid = refined;
      grid.x = slice->inputs[0];
    }
    return grid;
  }

  /// What `node`, a Concat of channels, joins: Slices of one value.
  std::optional<Places> Match(const Node& node) const {
    if (node.op != "Concat" || node.attributes.Int("axis", 0) != 1 ||
        graph_.shape(node.outputs[0]).rank() != kRank) {
      return std::nullopt;
    }
    Places places;
    for (const ValueId part : node.inputs) {
      const Grid grid = GridOf(part);
      if (places.x == kNoValue) {
        places.x = grid.x;
        places.block = grid.step[2];
      }
      const bool whole_channels = grid.start[0] == 0 && grid.start[1] == 0 &&
                                  grid.step[0] == 1 && grid.step[1] == 1;
      if (grid.x != places.x || !whole_channels ||
          grid.step[2] != places.block || grid.step[3] != places.block ||
          !IsTile(graph_.shape(part), graph_.shape(grid.x), places.block)) {
        return std::nullopt;
      }
      places.at.push_back({grid.start[2], grid.start[3]});
    }
    if (places.block < 2 || !Order(places).has_value()) return std::nullopt;
    return places;
  }

  static bool IsTile(const Shape& part, const Shape& whole,
                     std::int64_t block) {
    return part.rank() == kRank && part[0] == whole[0] && part[1] == whole[1] &&
           part[2] * block == whole[2] && part[3] * block == whole[3];
  }

  /// Whether the places follow each other by rows or by columns: true or
  /// false. Nothing if they do neither.
  static std::optional<bool> Order(const Places& places) {
    if (std::cmp_not_equal(places.at.size(), places.block * places.block)) {
      return std::nullopt;
    }
    bool by_rows = true;
    bool by_columns = true;
    for (std::size_t i = 0; i < places.at.size(); ++i) {
      const auto index = static_cast<std::int64_t>(i);
      const std::int64_t outer = index / places.block;
      const std::int64_t inner = index % places.block;
      by_rows &= places.at[i] == std::array{outer, inner};
      by_columns &= places.at[i] == std::array{inner, outer};
    }
    if (!by_rows && !by_columns) return std::nullopt;
    return by_rows;
  }

  /// [n, c, h, row, w, column] with the places before the channels.
  Result<void> Replace(NodeIndex index, const Places& places) {
    const ValueId output = editor_.node(index).outputs[0];
    const Shape from = graph_.shape(places.x);
    const std::int64_t block = places.block;
    const Dims to = graph_.shape(output).dims();
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId split,
        AddReshape(editor_, index, places.x,
                   {from[0], from[1], to[2], block, to[3], block}));
    SKERRY_ASSIGN_OR_RETURN(
        const ValueId moved,
        AddTranspose(
            editor_, index, split,
            *Order(places) ? Dims{0, 3, 5, 1, 2, 4} : Dims{0, 5, 3, 1, 2, 4}));
    SKERRY_ASSIGN_OR_RETURN(const ValueId merged,
                            AddReshape(editor_, index, moved, to));
    editor_.ReplaceUses(output, merged);
    return {};
  }

  Editor& editor_;
  const Graph& graph_;
};

}  // namespace

Result<bool> RecogniseSpaceToDepth(Graph& graph) {
  Editor editor(graph);
  SKERRY_RETURN_IF_ERROR(SpaceToDepthRecogniser(editor).Run());
  return editor.changed();
}

}  // namespace skerry::compiler
