// Normalisations by the input's own mean and variance, and by neighbours.

#include <algorithm>

#include "skerry/compiler/lower/cpp_text.h"
#include "skerry/compiler/lower/flops.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/lower/loop_nest.h"
#include "skerry/compiler/lower/node_facts.h"

namespace skerry::compiler {
namespace {

KernelPlan PlanFor(const Graph& graph, const Node& node,
                   const std::string& kernel) {
  KernelPlan plan;
  plan.headers = {"skerry/kernels/normalization.h"};
  plan.kernel = kernel;
  plan.used_inputs = {0};
  plan.flops = EstimateFlops(graph, node);
  // The input is read three times.
  plan.tasks = TaskCount(4 * graph.type(node.inputs[0]).byte_count());
  return plan;
}

std::string Epsilon(const Node& node) {
  return CppFloat(node.attributes.Float("epsilon", 1e-5F));
}

std::optional<KernelPlan> LowerLayer(const Graph& graph, const Node& node) {
  const Shape& shape = graph.shape(node.inputs[0]);
  const std::size_t axis =
      NormalAxis(node.attributes.Int("axis", -1), shape.rank());
  const AxisView view = ViewAlong(shape, axis, shape.dims().size());
  const bool has_bias = HasInput(node, 2);
  const auto fits = [&](std::size_t input) {
    return graph.shape(node.inputs[input]).element_count() == view.count;
  };
  const bool only_result =
      std::all_of(node.outputs.begin() + 1, node.outputs.end(),
                  [](ValueId id) { return id == kNoValue; });
  if (!only_result || !fits(1) || (has_bias && !fits(2))) return std::nullopt;
  KernelPlan plan = PlanFor(graph, node, "NormalizeLayers");
  plan.used_inputs = {0, 1};
  if (has_bias) plan.used_inputs.push_back(2);
  plan.in_place_input = 0;
  plan.body = "k::NormalizeLayers<k::LayerShape{" +
              Fields({CppInt(view.outer), CppInt(view.count), Epsilon(node),
                      CppInt(plan.tasks)}) +
              "}>(task, out0, in0, in1, " + (has_bias ? "in2" : "nullptr") +
              ");\n";
  return plan;
}

// Instances and groups of channels, which of NHWC maps only instances are.
std::optional<KernelPlan> LowerGroups(const Graph& graph, const Node& node) {
  const Shape& shape = graph.shape(node.inputs[0]);
  if (shape.rank() < 2) return std::nullopt;
  const bool instances = node.op == "InstanceNormalization";
  const std::size_t rank = shape.dims().size();
  if (ChannelsLast(node) && !instances) return std::nullopt;
  KernelPlan plan =
      PlanFor(graph, node,
              ChannelsLast(node) ? "NormalizeInstances" : "NormalizeGroups");
  std::string text;
  if (ChannelsLast(node)) {
    const AxisView view = ViewAlong(shape, 1, rank - 1);
    text = "k::InstanceShape{" +
           Fields({CppInt(view.outer), CppInt(view.count), CppInt(view.inner),
                   Epsilon(node), CppInt(plan.tasks)});
  } else {
    const AxisView view = ViewAlong(shape, 1, 2);
    const std::int64_t groups =
        instances ? view.count : node.attributes.Int("num_groups", 1);
    text = "k::GroupShape{" +
           Fields({CppInt(view.outer * groups), CppInt(view.count / groups),
                   CppInt(view.count), CppInt(view.inner), Epsilon(node),
                   CppInt(plan.tasks)});
  }
  plan.used_inputs = {0, 1, 2};
  plan.in_place_input = 0;
  plan.body =
      "k::" + plan.kernel + "<" + text + "}>(task, out0, in0, in1, in2);\n";
  return plan;
}

std::optional<KernelPlan> LowerLrn(const Graph& graph, const Node& node) {
  const Shape& shape = graph.shape(node.inputs[0]);
  const std::size_t rank = shape.dims().size();
  if (rank < 2) return std::nullopt;
  const std::size_t axis = ChannelsLast(node) ? rank - 1 : 1;
  const AxisView view = ViewAlong(shape, axis, axis + 1);
  const std::int64_t size = node.attributes.Int("size", 1);
  const bool rows = view.inner == 1;
  KernelPlan plan = PlanFor(graph, node, rows ? "LrnRows" : "LrnMiddle");
  const auto number = [&](const char* name, float fallback) {
    return CppFloat(node.attributes.Float(name, fallback));
  };
  if (rows) plan.scratch_bytes = 4 * (view.count + size);
  plan.body =
      "k::" + plan.kernel + "<k::LrnShape{" +
      Fields({CppInt(view.outer), CppInt(view.count), CppInt(view.inner),
              CppInt(size), number("alpha", 1e-4F), number("beta", 0.75F),
              number("bias", 1), CppInt(plan.tasks)}) +
      "}>(task, out0, in0" + (rows ? ", (f32*)scratch" : "") + ");\n";
  return plan;
}

}  // namespace

Result<std::optional<KernelPlan>> LowerNormalization(const Graph& graph,
                                                     const Node& node,
                                                     const Target& /*target*/) {
  if (HasEmptyOutput(graph, node) || !IsFloat(graph, node)) {
    return std::nullopt;
  }
  if (node.op == "LayerNormalization") return LowerLayer(graph, node);
  if (node.op == "InstanceNormalization" || node.op == "GroupNormalization") {
    return LowerGroups(graph, node);
  }
  if (node.op == "LRN") return LowerLrn(graph, node);
  return std::nullopt;
}

}  // namespace skerry::compiler
