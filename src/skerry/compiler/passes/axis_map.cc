#include "skerry/compiler/passes/axis_map.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace skerry::compiler {
namespace {

/// What an operator needs when axes move.
enum class Family {
  kNone,         ///< cannot be remapped
  kElementwise,  ///< all operands move along
  kConcat,       ///< the same, and the attribute `axis`
  kAxis,         ///< attribute `axis`
  kArgReduce,    ///< attribute `axis`, which `keepdims` may remove
  kAxes,         ///< attribute `axes`
  kReduce,       ///< input `axes`, which `keepdims` may remove
  kSlice,
  kPad,
  kResize,
  kTile,
  kExpand,
  kCumSum,
  kQuantize,
};

struct FamilyRow {
  std::string_view op;
  Family family;
};

Family FamilyOf(std::string_view op) {
  static constexpr auto kRows =
      std::to_array<FamilyRow>({{"Concat", Family::kConcat},
                                {"Gather", Family::kAxis},
                                {"Hardmax", Family::kAxis},
                                {"LogSoftmax", Family::kAxis},
                                {"LpNormalization", Family::kAxis},
                                {"Softmax", Family::kAxis},
                                {"Split", Family::kAxis},
                                {"TopK", Family::kAxis},
                                {"ArgMax", Family::kArgReduce},
                                {"ArgMin", Family::kArgReduce},
                                {"MeanVarianceNormalization", Family::kAxes},
                                {"Slice", Family::kSlice},
                                {"Pad", Family::kPad},
                                {"Resize", Family::kResize},
                                {"Tile", Family::kTile},
                                {"Expand", Family::kExpand},
                                {"CumSum", Family::kCumSum},
                                {"DequantizeLinear", Family::kQuantize},
                                {"QuantizeLinear", Family::kQuantize}});
  if (IsElementwise(op)) return Family::kElementwise;
  if (op.starts_with("Reduce")) return Family::kReduce;
  const auto* row = std::ranges::find(kRows, op, &FamilyRow::op);
  return row == kRows.end() ? Family::kNone : row->family;
}

/// The default of the attribute `axis`.
std::int64_t DefaultAxis(std::string_view op) {
  return op == "Softmax" || op == "LogSoftmax" || op == "Hardmax" ||
                 op == "LpNormalization" || op == "TopK"
             ? -1
         : op == "QuantizeLinear" || op == "DequantizeLinear" ? 1
                                                              : 0;
}

int MappedAxis(const AxisMap& map, std::int64_t axis) {
  if (axis < 0) axis += map.old_rank();
  return map.to[static_cast<std::size_t>(axis)];
}

Dims MappedAxes(const AxisMap& map, const Dims& axes) {
  Dims mapped;
  for (const std::int64_t axis : axes) mapped.push_back(MappedAxis(map, axis));
  return mapped;
}

/// The axes of the new rank that no old axis became.
Dims InsertedAxes(const AxisMap& map) {
  Dims inserted;
  for (int i = 0; i < map.rank; ++i) {
    if (std::ranges::find(map.to, i) == map.to.end()) inserted.push_back(i);
  }
  return inserted;
}

/// Whether the axes that are not in `dropped` keep their order.
bool KeepsOrder(const AxisMap& map, const Dims& dropped) {
  int last = -1;
  for (int i = 0; i < map.old_rank(); ++i) {
    const bool is_dropped =
        std::ranges::any_of(dropped, [&](std::int64_t axis) {
          return (axis < 0 ? axis + map.old_rank() : axis) == i;
        });
    if (is_dropped) continue;
    const int to = map.to[static_cast<std::size_t>(i)];
    if (to < last) return false;
    last = to;
  }
  return true;
}

/// The axes that a Reduce* reduces; nothing if it leaves its input alone or
/// they are not constant.
std::optional<Dims> ReducedAxes(const Graph& graph, const Node& node) {
  Dims axes;
  if (InputOf(node, 1) != kNoValue) {
    const auto given = IntsOf(graph, node.inputs[1]);
    if (!given.has_value()) return std::nullopt;
    axes = *given;
  }
  if (!axes.empty()) return axes;
  if (node.attributes.Int("noop_with_empty_axes", 0) != 0) return std::nullopt;
  for (int i = 0; i < graph.shape(node.inputs[0]).rank(); ++i) {
    axes.push_back(i);
  }
  return axes;
}

bool AllConstant(const Graph& graph, const Node& node, std::size_t first) {
  for (std::size_t i = first; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue &&
        graph.constant(node.inputs[i]) == nullptr) {
      return false;
    }
  }
  return true;
}

/// Operands of elementwise operators and Concat that the caller replaces:
/// those that are made at run time and have all axes. The others are constant
/// or broadcast, and `Remap` moves their axes itself.
std::optional<Remapping> MovingOperands(const Graph& graph, const Node& node,
                                        const AxisMap& map) {
  Remapping remapping;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (id == kNoValue || graph.constant(id) != nullptr) continue;
    if (graph.shape(id).rank() > map.old_rank()) return std::nullopt;
    if (graph.shape(id).rank() == map.old_rank()) remapping.inputs.push_back(i);
  }
  if (remapping.inputs.empty() ||
      graph.shape(node.outputs[0]).rank() != map.old_rank()) {
    return std::nullopt;
  }
  return remapping;
}

/// Whether the node fits its family; operand 0 is known to have the old rank.
std::optional<Remapping> CheckFamily(const Graph& graph, const Node& node,
                                     const AxisMap& map, Family family) {
  const Remapping kept = {.inputs = {0}, .outputs = true};
  const Remapping reduced = {.inputs = {0}, .outputs = false};
  const bool keepdims = node.attributes.Int("keepdims", 1) != 0;
  const std::int64_t axis = node.attributes.Int("axis", DefaultAxis(node.op));
  switch (family) {
    case Family::kArgReduce:
      if (keepdims) return kept;
      if (map.permutes() && KeepsOrder(map, {axis})) return reduced;
      return std::nullopt;
    case Family::kReduce: {
      const auto axes = ReducedAxes(graph, node);
      if (!axes.has_value()) return std::nullopt;
      if (keepdims) return kept;
      if (KeepsOrder(map, *axes)) return reduced;
      return std::nullopt;
    }
    case Family::kAxis:
      if (node.op == "Gather" && (node.inputs[1] == node.inputs[0] ||
                                  graph.shape(node.inputs[1]).rank() != 1)) {
        return std::nullopt;
      }
      return kept;
    case Family::kAxes:
      return kept;
    case Family::kResize:
      if (node.attributes.Has("axes")) return std::nullopt;
      [[fallthrough]];
    case Family::kPad:
      if (node.inputs.size() > 3 && node.op == "Pad") return std::nullopt;
      [[fallthrough]];
    case Family::kSlice:
    case Family::kTile:
    case Family::kExpand:
    case Family::kCumSum:
      if (!AllConstant(graph, node, 1)) return std::nullopt;
      return kept;
    case Family::kQuantize:
      if (node.attributes.Int("block_size", 0) != 0) return std::nullopt;
      return kept;
    default:
      return std::nullopt;
  }
}

/// Gives constants that are in the order of axes their new order.
class Remapper {
 public:
  Remapper(Editor& editor, NodeIndex index, const AxisMap& map)
      : editor_(editor), index_(index), map_(map), node_(editor.node(index)) {}

  Result<Node> Run() {
    const Family family = FamilyOf(node_.op);
    switch (family) {
      case Family::kElementwise:
        SKERRY_RETURN_IF_ERROR(MapBroadcastOperands());
        break;
      case Family::kConcat:
        SKERRY_RETURN_IF_ERROR(MapBroadcastOperands());
        MapAxisAttribute();
        break;
      case Family::kAxis:
      case Family::kArgReduce:
      case Family::kQuantize:
        MapAxisAttribute();
        break;
      case Family::kAxes:
        node_.attributes.Set(
            "axes", MappedAxes(map_, node_.attributes.Ints("axes", {0, 2, 3})));
        break;
      case Family::kReduce:
        MapReducedAxes();
        break;
      case Family::kSlice:
        MapSliceAxes();
        break;
      case Family::kPad:
        SetInts(1, MapPairs<std::int64_t>(Ints(1), 0, 0));
        break;
      case Family::kResize:
        MapResizeInputs();
        break;
      case Family::kTile:
        SetInts(1, MapDims(map_, Ints(1)));
        break;
      case Family::kExpand:
        MapExpandShape();
        break;
      case Family::kCumSum:
        SetConstant(
            1, Tensor::Of<std::int64_t>({}, {MappedAxis(map_, Ints(1).at(0))}));
        break;
      case Family::kNone:
        break;
    }
    return node_;
  }

 private:
  const Graph& graph() const { return editor_.graph(); }

  Dims Ints(std::size_t input) const {
    return *IntsOf(graph(), node_.inputs[input]);
  }

  void SetConstant(std::size_t input, Tensor tensor) {
    node_.inputs[input] =
        editor_.AddConstant(node_.inputs[input], std::move(tensor));
  }
  void SetInts(std::size_t input, const Dims& values) {
    SetConstant(input, IntsTensor(values));
  }

  void MapAxisAttribute() {
    const std::int64_t axis =
        node_.attributes.Int("axis", DefaultAxis(node_.op));
    // Quantize operators with one scale have an axis that means nothing.
    if (axis >= map_.old_rank() || axis < -map_.old_rank()) return;
    node_.attributes.SetInt("axis", MappedAxis(map_, axis));
  }

  /// Operands that the caller does not replace: scalars stay, others get all
  /// axes in their new places.
  Result<void> MapBroadcastOperands() {
    for (ValueId& id : node_.inputs) {
      if (id == kNoValue) continue;
      const Shape shape = graph().shape(id);
      const bool moving =
          graph().constant(id) == nullptr && shape.rank() == map_.old_rank();
      const bool scalar = shape.element_count() == 1 && node_.op != "Concat";
      if (moving || scalar) continue;
      Dims dims(static_cast<std::size_t>(map_.old_rank() - shape.rank()), 1);
      dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
      SKERRY_ASSIGN_OR_RETURN(id, AddReshape(editor_, index_, id, dims));
      SKERRY_ASSIGN_OR_RETURN(id, AddMapped(editor_, index_, id, map_));
    }
    return {};
  }

  void MapReducedAxes() {
    Dims axes = MappedAxes(map_, *ReducedAxes(graph(), node_));
    if (node_.attributes.Int("keepdims", 1) == 0) {
      const Dims inserted = InsertedAxes(map_);
      axes.insert(axes.end(), inserted.begin(), inserted.end());
    }
    std::ranges::sort(axes);
    node_.inputs.resize(2, kNoValue);
    node_.inputs[1] = editor_.AddConstant(node_.inputs[0], IntsTensor(axes));
  }

  void MapSliceAxes() {
    Dims axes;
    if (InputOf(node_, 3) != kNoValue) {
      axes = Ints(3);
    } else {
      for (std::size_t i = 0; i < Ints(1).size(); ++i) {
        axes.push_back(static_cast<std::int64_t>(i));
      }
    }
    node_.inputs.resize(std::max<std::size_t>(node_.inputs.size(), 4),
                        kNoValue);
    node_.inputs[3] = editor_.AddConstant(node_.inputs[1],
                                          IntsTensor(MappedAxes(map_, axes)));
  }

  /// A list of the axes' first values, then of their second ones.
  template <class T>
  std::vector<T> MapPairs(const std::vector<T>& pairs, T first, T second) {
    const auto rank = static_cast<std::size_t>(map_.old_rank());
    std::vector<T> mapped(2 * static_cast<std::size_t>(map_.rank), first);
    std::fill(mapped.begin() + map_.rank, mapped.end(), second);
    for (std::size_t i = 0; i < rank; ++i) {
      const auto to = static_cast<std::size_t>(map_.to[i]);
      mapped[to] = pairs[i];
      mapped[to + static_cast<std::size_t>(map_.rank)] = pairs[i + rank];
    }
    return mapped;
  }

  std::vector<float> Floats(std::size_t input) const {
    const auto data = graph().constant(node_.inputs[input])->data<float>();
    return {data.begin(), data.end()};
  }

  void MapResizeInputs() {
    const auto given = [&](std::size_t input) {
      return InputOf(node_, input) != kNoValue &&
             graph().shape(node_.inputs[input]).element_count() > 0;
    };
    if (given(1)) SetConstant(1, FloatsTensor(MapPairs(Floats(1), 0.F, 1.F)));
    if (given(2)) {
      const std::vector<float> scales = Floats(2);
      std::vector<float> mapped(static_cast<std::size_t>(map_.rank), 1.F);
      for (std::size_t i = 0; i < scales.size(); ++i) {
        mapped[static_cast<std::size_t>(map_.to[i])] = scales[i];
      }
      SetConstant(2, FloatsTensor(mapped));
    }
    if (given(3)) SetInts(3, MapDims(map_, Ints(3)));
  }

  void MapExpandShape() {
    const Dims shape = Ints(1);
    Dims full(static_cast<std::size_t>(map_.old_rank()) - shape.size(), 1);
    full.insert(full.end(), shape.begin(), shape.end());
    SetInts(1, MapDims(map_, full));
  }

  Editor& editor_;
  NodeIndex index_;
  const AxisMap& map_;
  Node node_;
};

}  // namespace

AxisMap MapToSource(const Dims& perm) {
  AxisMap map;
  for (const std::int64_t axis : perm) map.to.push_back(static_cast<int>(axis));
  map.rank = map.old_rank();
  return map;
}

Dims MapDims(const AxisMap& map, const Dims& dims, std::int64_t filler) {
  Dims mapped(static_cast<std::size_t>(map.rank), filler);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    mapped[static_cast<std::size_t>(map.to[i])] = dims[i];
  }
  return mapped;
}

Result<ValueId> AddMapped(Editor& editor, NodeIndex origin, ValueId x,
                          const AxisMap& map) {
  if (map.permutes()) {
    const Dims to(map.to.begin(), map.to.end());
    return AddTranspose(editor, origin, x, Inverse(to));
  }
  return AddReshape(editor, origin, x,
                    MapDims(map, editor.graph().shape(x).dims()));
}

Result<ValueId> AddUnmapped(Editor& editor, NodeIndex origin, ValueId x,
                            const AxisMap& map) {
  if (map.permutes()) {
    return AddTranspose(editor, origin, x, Dims(map.to.begin(), map.to.end()));
  }
  Dims dims;
  for (const int axis : map.to) dims.push_back(editor.graph().shape(x)[axis]);
  return AddReshape(editor, origin, x, dims);
}

std::optional<Remapping> FindRemapping(const Graph& graph, const Node& node,
                                       const AxisMap& map) {
  const Family family = FamilyOf(node.op);
  if (family == Family::kNone) return std::nullopt;
  if (family == Family::kElementwise || family == Family::kConcat) {
    return MovingOperands(graph, node, map);
  }
  const ValueId x = node.inputs[0];
  if (graph.constant(x) != nullptr || graph.shape(x).rank() != map.old_rank()) {
    return std::nullopt;
  }
  const auto remapping = CheckFamily(graph, node, map, family);
  if (!remapping.has_value() || !remapping->outputs) return remapping;
  for (const ValueId id : node.outputs) {
    if (id != kNoValue && graph.shape(id).rank() != map.old_rank()) {
      return std::nullopt;
    }
  }
  return remapping;
}

Result<Node> Remap(Editor& editor, NodeIndex index, const AxisMap& map) {
  return Remapper(editor, index, map).Run();
}

}  // namespace skerry::compiler
