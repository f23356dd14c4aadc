// Reductions of neighbouring axes, indices of extremes, softmax.

#include <algorithm>
#include <array>

#include "skerry/compiler/lower/cpp_text.h"
#include "skerry/compiler/lower/flops.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/lower/loop_nest.h"
#include "skerry/compiler/lower/node_facts.h"

namespace skerry::compiler {
namespace {

struct ReductionRow {
  std::string_view op;
  std::string_view kind;
};

constexpr std::array kReductions = std::to_array<ReductionRow>({
    {"GlobalAveragePool", "kMean"},
    {"GlobalMaxPool", "kMax"},
    {"ReduceL1", "kL1"},
    {"ReduceL2", "kL2"},
    {"ReduceMax", "kMax"},
    {"ReduceMean", "kMean"},
    {"ReduceMin", "kMin"},
    {"ReduceSum", "kSum"},
    {"ReduceSumSquare", "kSumSquare"},
});

// An exponential costs as much as moving this many bytes.
constexpr std::int64_t kExpBytes = 16;
// Rows up to this long are put into lanes side by side.
constexpr std::int64_t kShortRowMax = 4;

// The axes that a Reduce* operator reduces, as one run; none if they are not
// neighbours (but for axes of extent 1) or not known.
std::optional<AxisView> ReducedView(const Graph& graph, const Node& node) {
  const Shape& shape = graph.shape(node.inputs[0]);
  const auto rank = static_cast<std::size_t>(shape.rank());
  std::vector<bool> reduced(rank, true);
  if (HasInput(node, 1)) {
    const auto axes = ConstantInts(graph, node, 1);
    if (!axes) return std::nullopt;
    if (!axes->empty()) reduced.assign(rank, false);
    for (const std::int64_t axis : *axes) {
      reduced[NormalAxis(axis, shape.rank())] = true;
    }
    if (axes->empty() && node.attributes.Int("noop_with_empty_axes", 0) != 0) {
      return std::nullopt;
    }
  }
  AxisView view;
  bool seen = false;   // a reduced axis
  bool after = false;  // and then one that is kept
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t dim = shape.dims()[i];
    if (dim == 1) continue;
    if (reduced[i] && after) return std::nullopt;
    seen = seen || reduced[i];
    after = seen && !reduced[i];
    (reduced[i] ? view.count : seen ? view.inner : view.outer) *= dim;
  }
  if (!seen) std::swap(view.outer, view.inner);
  return view;
}

std::optional<AxisView> ViewOf(const Graph& graph, const Node& node) {
  if (node.op.starts_with("Reduce")) return ReducedView(graph, node);
  const Shape& shape = graph.shape(node.inputs[0]);
  if (shape.rank() < 2) return std::nullopt;
  const auto rank = static_cast<std::size_t>(shape.rank());
  return ChannelsLast(node) ? ViewAlong(shape, 1, rank - 1)
                            : ViewAlong(shape, 2, rank);
}

KernelPlan PlanFor(const Graph& graph, const Node& node,
                   const std::string& header, std::int64_t bytes) {
  KernelPlan plan;
  plan.headers = {"skerry/kernels/" + header};
  plan.used_inputs = {0};
  plan.flops = EstimateFlops(graph, node);
  plan.tasks = TaskCount(bytes);
  return plan;
}

std::string ViewFields(const AxisView& view, std::int64_t tasks) {
  return Fields({CppInt(view.outer), CppInt(view.count), CppInt(view.inner),
                 CppInt(tasks)});
}

std::string CallText(const KernelPlan& plan, const std::string& shape,
                     const std::string& fields) {
  return "k::" + plan.kernel + "<k::" + shape + "{" + fields +
         "}>(task, out0, in0);\n";
}

std::optional<KernelPlan> LowerReduce(const Graph& graph, const Node& node,
                                      std::string_view kind) {
  const std::optional<AxisView> view = ViewOf(graph, node);
  if (!view || view->count == 0) return std::nullopt;
  const std::int64_t bytes = graph.type(node.inputs[0]).byte_count();
  KernelPlan plan = PlanFor(graph, node, "reduction.h", bytes);
  plan.kernel = view->inner > 1 ? "ReduceMiddle" : "ReduceRows";
  plan.body = CallText(plan, "ReduceShape",
                       "k::Reduction::" + std::string(kind) + ", " +
                           ViewFields(*view, plan.tasks));
  return plan;
}

std::optional<KernelPlan> LowerArg(const Graph& graph, const Node& node) {
  const TensorType& in = graph.type(node.inputs[0]);
  if (in.type != DataType::kFloat32 || in.shape.rank() == 0 ||
      node.attributes.Int("select_last_index", 0) != 0) {
    return std::nullopt;
  }
  const std::size_t axis =
      NormalAxis(node.attributes.Int("axis", 0), in.shape.rank());
  const AxisView view = ViewAlong(in.shape, axis, axis + 1);
  KernelPlan plan = PlanFor(graph, node, "reduction.h", in.byte_count());
  plan.kernel = view.inner > 1 ? "ArgMiddle" : "ArgRows";
  plan.body = CallText(plan, "ArgShape",
                       Fields({node.op == "ArgMax" ? "true" : "false",
                               ViewFields(view, plan.tasks)}));
  return plan;
}

std::optional<KernelPlan> LowerSoftmax(const Graph& graph, const Node& node) {
  const Shape& shape = graph.shape(node.inputs[0]);
  if (shape.rank() == 0) return std::nullopt;
  const std::size_t axis =
      NormalAxis(node.attributes.Int("axis", -1), shape.rank());
  const AxisView view = ViewAlong(shape, axis, axis + 1);
  KernelPlan plan = PlanFor(graph, node, "softmax.h",
                            shape.element_count() * (8 + kExpBytes));
  plan.kernel = view.inner > 1               ? "SoftmaxMiddle"
                : view.count <= kShortRowMax ? "SoftmaxShortRows"
                                             : "SoftmaxRows";
  plan.in_place_input = 0;
  plan.body = CallText(plan, "SoftmaxShape",
                       Fields({node.op == "LogSoftmax" ? "true" : "false",
                               ViewFields(view, plan.tasks)}));
  return plan;
}

}  // namespace

Result<std::optional<KernelPlan>> LowerReduction(const Graph& graph,
                                                 const Node& node,
                                                 const Target& /*target*/) {
  if (HasEmptyOutput(graph, node)) return std::nullopt;
  if (node.op == "ArgMax" || node.op == "ArgMin") return LowerArg(graph, node);
  const bool is_float = graph.type(node.outputs[0]).type == DataType::kFloat32;
  if (!is_float) return std::nullopt;
  if (node.op == "Softmax" || node.op == "LogSoftmax") {
    return LowerSoftmax(graph, node);
  }
  const auto* row = std::ranges::find(kReductions, node.op, &ReductionRow::op);
  if (row == kReductions.end()) return std::nullopt;
  return LowerReduce(graph, node, row->kind);
}

}  // namespace skerry::compiler
