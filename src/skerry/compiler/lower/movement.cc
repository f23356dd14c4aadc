// Operators that only rearrange elements, as copies between strided tensors.

#include <algorithm>
#include <numeric>

#include "skerry/compiler/lower/cpp_text.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/lower/loop_nest.h"
#include "skerry/compiler/lower/node_facts.h"

namespace skerry::compiler {
namespace {

using Dims = std::vector<std::int64_t>;

// Up to this many rows are interleaved in registers.
constexpr std::int64_t kInterleavedMax = 4;

// One strided copy: `nest.strides` are those of the input and the output.
struct Copy {
  LoopNest nest;
  std::int64_t in_offset = 0;
  std::int64_t out_offset = 0;
  int input = 0;
  int output = 0;
};

Dims Dense(const Dims& dims) { return DenseStrides(Shape(dims)); }

// The input seen as `view`, its axes put in the order `permutation`, is the
// dense output.
Copy Permuted(const Dims& view, const std::vector<std::size_t>& permutation) {
  const Dims dense = Dense(view);
  Copy copy;
  copy.nest.strides.resize(2);
  for (const std::size_t axis : permutation) {
    copy.nest.dims.push_back(view[axis]);
    copy.nest.strides[0].push_back(dense[axis]);
  }
  copy.nest.strides[1] = Dense(copy.nest.dims);
  return copy;
}

Copy TransposeCopy(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  Dims reversed(static_cast<std::size_t>(in.rank()));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  std::vector<std::size_t> permutation;
  for (const std::int64_t axis : node.attributes.Ints("perm", reversed)) {
    permutation.push_back(NormalAxis(axis, in.rank()));
  }
  return Permuted(in.dims(), permutation);
}

// Blocks of b by b pixels and channels: views of six axes and their orders.
Copy DepthToSpaceCopy(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const std::int64_t b = node.attributes.Int("blocksize", 1);
  const bool crd = node.attributes.Text("mode", "DCR") == "CRD";
  if (node.attributes.Text("layout", "NCHW") == "NHWC") {
    const std::int64_t c = in[3] / (b * b);
    return crd ? Permuted({in[0], in[1], in[2], c, b, b}, {0, 1, 4, 2, 5, 3})
               : Permuted({in[0], in[1], in[2], b, b, c}, {0, 1, 3, 2, 4, 5});
  }
  const std::int64_t c = in[1] / (b * b);
  return crd ? Permuted({in[0], c, b, b, in[2], in[3]}, {0, 1, 4, 2, 5, 3})
             : Permuted({in[0], b, b, c, in[2], in[3]}, {0, 3, 4, 1, 5, 2});
}

Copy SpaceToDepthCopy(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const std::int64_t b = node.attributes.Int("blocksize", 1);
  if (node.attributes.Text("layout", "NCHW") == "NHWC") {
    return Permuted({in[0], in[1] / b, b, in[2] / b, b, in[3]},
                    {0, 1, 3, 2, 4, 5});
  }
  return Permuted({in[0], in[1], in[2] / b, b, in[3] / b, b},
                  {0, 3, 5, 1, 2, 4});
}

Copy ExpandCopy(const Graph& graph, const Node& node) {
  const Shape& out = graph.shape(node.outputs[0]);
  const Shape& in = graph.shape(node.inputs[0]);
  return {{out.dims(), {BroadcastStrides(in, out), DenseStrides(out)}}};
}

std::optional<Copy> TileCopy(const Graph& graph, const Node& node) {
  const auto repeats = ConstantInts(graph, node, 1);
  if (!repeats) return std::nullopt;
  const Dims& in = graph.shape(node.inputs[0]).dims();
  if (2 * in.size() > kRankMax) return std::nullopt;
  const Dims dense = Dense(in);
  Copy copy;
  copy.nest.strides.resize(2);
  for (std::size_t i = 0; i < in.size(); ++i) {
    copy.nest.dims.insert(copy.nest.dims.end(), {(*repeats)[i], in[i]});
    copy.nest.strides[0].insert(copy.nest.strides[0].end(), {0, dense[i]});
  }
  copy.nest.strides[1] = Dense(copy.nest.dims);
  return copy;
}

std::optional<Copy> SliceCopy(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const Shape& out = graph.shape(node.outputs[0]);
  const auto starts = ConstantInts(graph, node, 1);
  if (!starts) return std::nullopt;
  const auto operand = [&](std::size_t input,
                           auto fallback) -> std::optional<Dims> {
    if (input < node.inputs.size() && node.inputs[input] != kNoValue) {
      return ConstantInts(graph, node, input);
    }
    Dims dims(starts->size());
    for (std::size_t i = 0; i < dims.size(); ++i) {
      dims[i] = fallback(static_cast<std::int64_t>(i));
    }
    return dims;
  };
  const auto axes = operand(3, [](std::int64_t i) { return i; });
  const auto steps = operand(4, [](std::int64_t) { return 1; });
  if (!axes || !steps) return std::nullopt;

  Copy copy{{out.dims(), {DenseStrides(in), DenseStrides(out)}}};
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const std::size_t axis = NormalAxis((*axes)[i], in.rank());
    const std::int64_t dim = in.dims()[axis];
    std::int64_t start = (*starts)[i];
    if (start < 0) start += dim;
    const std::int64_t last = (*steps)[i] < 0 ? dim - 1 : dim;
    start = std::clamp<std::int64_t>(start, 0, last);
    std::int64_t& stride = copy.nest.strides[0][axis];
    copy.in_offset += start * stride;
    stride *= (*steps)[i];
  }
  return copy;
}

// Inputs side by side along an axis.
std::vector<Copy> ConcatCopies(const Graph& graph, const Node& node) {
  const Shape& out = graph.shape(node.outputs[0]);
  const std::size_t axis =
      NormalAxis(node.attributes.Int("axis", 0), out.rank());
  const Dims strides = DenseStrides(out);
  std::vector<Copy> copies;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Shape& in = graph.shape(node.inputs[i]);
    if (in.element_count() == 0) continue;
    copies.push_back({.nest = {in.dims(), {DenseStrides(in), strides}},
                      .out_offset = offset,
                      .input = static_cast<int>(i)});
    offset += in.dims()[axis] * strides[axis];
  }
  return copies;
}

std::vector<Copy> SplitCopies(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const std::size_t axis =
      NormalAxis(node.attributes.Int("axis", 0), in.rank());
  const Dims strides = DenseStrides(in);
  std::vector<Copy> copies;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) return {};
    const Shape& out = graph.shape(node.outputs[i]);
    if (out.element_count() == 0) continue;
    copies.push_back({.nest = {out.dims(), {strides, DenseStrides(out)}},
                      .in_offset = offset,
                      .output = static_cast<int>(i)});
    offset += out.dims()[axis] * strides[axis];
  }
  return copies;
}

bool OnlyReshapes(const Node& node) {
  return node.op == "Identity" || node.op == "Reshape" ||
         node.op == "Flatten" || node.op == "Squeeze" || node.op == "Unsqueeze";
}

std::vector<Copy> One(std::optional<Copy> copy) {
  if (!copy) return {};
  return {*std::move(copy)};
}

// The copies that `node` is made of; none if it is not made of copies.
std::vector<Copy> CopiesOf(const Graph& graph, const Node& node) {
  if (OnlyReshapes(node)) {
    const Dims all = {graph.shape(node.inputs[0]).element_count()};
    return One(Copy{{all, {{1}, {1}}}});
  }
  if (node.op == "Transpose") return One(TransposeCopy(graph, node));
  if (node.op == "DepthToSpace") return One(DepthToSpaceCopy(graph, node));
  if (node.op == "SpaceToDepth") return One(SpaceToDepthCopy(graph, node));
  if (node.op == "Expand") return One(ExpandCopy(graph, node));
  if (node.op == "Tile") return One(TileCopy(graph, node));
  if (node.op == "Slice") return One(SliceCopy(graph, node));
  if (node.op == "Concat") return ConcatCopies(graph, node);
  if (node.op == "Split") return SplitCopies(graph, node);
  return {};
}

void MoveAxis(LoopNest& nest, std::size_t from, std::size_t to) {
  const auto move = [&](Dims& list) {
    const std::int64_t value = list[from];
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(from));
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(to), value);
  };
  move(nest.dims);
  for (Dims& strides : nest.strides) move(strides);
}

// Chooses the kernel for a simplified nest, and puts the axes in its order.
std::string ChooseKernel(LoopNest& nest, bool is_float) {
  const std::size_t last = nest.dims.size() - 1;
  const Dims& in = nest.strides[0];
  const Dims& out = nest.strides[1];
  if (out[last] != 1) return "CopyElements";
  if (in[last] == 1) return "CopyRuns";
  const auto dense = std::ranges::find(in, 1);
  if (dense == in.end()) return "CopyElements";
  MoveAxis(nest, static_cast<std::size_t>(dense - in.begin()), last - 1);
  const std::int64_t columns = nest.dims[last - 1];
  const std::int64_t rows = nest.dims[last];
  if (is_float && rows <= kInterleavedMax && out[last - 1] == rows) {
    return "CopyInterleaved";
  }
  if (is_float && columns <= kInterleavedMax && in[last] == columns) {
    return "CopyDeinterleaved";
  }
  return "CopyTransposed";
}

// The type as which elements are moved: all of 4 bytes go as float.
std::string MovedType(DataType type) {
  switch (ElementBytes(type)) {
    case 1:
      return "u8";
    case 2:
      return "u16";
    case 4:
      return "f32";
    default:
      return "u64";
  }
}

std::string Pointers(DataType type, int output, int input) {
  const std::string moved = MovedType(type);
  return "(" + moved + "*)out" + std::to_string(output) + ", (const " + moved +
         "*)in" + std::to_string(input);
}

std::string CopyText(const Copy& copy, DataType type, std::int64_t tasks,
                     std::string& kernel) {
  LoopNest nest = Simplified(copy.nest);
  kernel = ChooseKernel(nest, ElementBytes(type) == 4);
  return "k::" + kernel + "<k::CopyShape{\n    " + std::to_string(nest.rank()) +
         ", " + CppInts(nest.dims) + ", " + CppInts(nest.strides[0]) + ", " +
         CppInts(nest.strides[1]) + ", " + CppInt(copy.in_offset) + ", " +
         CppInt(copy.out_offset) + ", " +
         std::to_string(SplitAxis(nest.dims, tasks)) + ", " +
         std::to_string(tasks) + "}>(\n    task, " +
         Pointers(type, copy.output, copy.input) + ");\n";
}

KernelPlan CopyPlan(const std::vector<Copy>& copies, const TensorType& moved) {
  KernelPlan plan;
  plan.headers = {"skerry/kernels/movement.h"};
  plan.tasks = TaskCount(2 * moved.byte_count());
  for (const Copy& copy : copies) {
    std::string kernel;
    plan.body += CopyText(copy, moved.type, plan.tasks, kernel);
    if (plan.kernel.empty()) plan.kernel = kernel;
    if (plan.used_inputs.empty() || plan.used_inputs.back() != copy.input) {
      plan.used_inputs.push_back(copy.input);
    }
  }
  return plan;
}

// The value of a Pad's border as a literal, if it is a constant.
std::optional<std::string> BorderText(const Graph& graph, const Node& node) {
  if (node.inputs.size() < 3 || node.inputs[2] == kNoValue) return "0";
  const Tensor* value = graph.constant(node.inputs[2]);
  if (value == nullptr || value->data_type() != DataType::kFloat32) {
    return std::nullopt;
  }
  return CppFloat(value->data<float>()[0]);
}

struct Borders {
  Dims dims;
  Dims before;
  Dims after;
};

// The borders by axis, with axes that have none made part of the one before.
std::optional<Borders> BordersOf(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const auto pads = ConstantInts(graph, node, 1);
  if (!pads || node.attributes.Text("mode", "constant") != "constant") {
    return std::nullopt;
  }
  if (std::ranges::any_of(*pads, [](std::int64_t pad) { return pad < 0; })) {
    return std::nullopt;
  }
  const std::size_t rank = in.dims().size();
  Dims before(rank, 0);
  Dims after(rank, 0);
  Dims axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (node.inputs.size() > 3 && node.inputs[3] != kNoValue) {
    const auto listed = ConstantInts(graph, node, 3);
    if (!listed) return std::nullopt;
    axes = *listed;
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    before[NormalAxis(axes[i], in.rank())] = (*pads)[i];
    after[NormalAxis(axes[i], in.rank())] = (*pads)[axes.size() + i];
  }
  Borders borders;
  for (std::size_t i = 0; i < rank; ++i) {
    if (i > 0 && before[i] == 0 && after[i] == 0) {
      for (Dims* list : {&borders.dims, &borders.before, &borders.after}) {
        list->back() *= in.dims()[i];
      }
      continue;
    }
    borders.dims.push_back(in.dims()[i]);
    borders.before.push_back(before[i]);
    borders.after.push_back(after[i]);
  }
  return borders;
}

std::optional<KernelPlan> LowerPad(const Graph& graph, const Node& node) {
  const auto value = BorderText(graph, node);
  const auto borders = BordersOf(graph, node);
  if (!value || !borders || borders->dims.empty()) return std::nullopt;
  const TensorType& out = graph.type(node.outputs[0]);
  KernelPlan plan;
  plan.headers = {"skerry/kernels/movement.h"};
  plan.kernel = "pad";
  plan.used_inputs = {0};
  plan.tasks =
      std::min(TaskCount(2 * out.byte_count()),
               borders->before[0] + borders->dims[0] + borders->after[0]);
  plan.body = "k::Pad<k::PadShape{" + std::to_string(borders->dims.size()) +
              ", " + CppInts(borders->dims) + ", " + CppInts(borders->before) +
              ", " + CppInts(borders->after) + ", " +
              std::to_string(plan.tasks) + "}>(\n    task, " +
              Pointers(out.type, 0, 0) + ", " + MovedType(out.type) + "(" +
              *value + "));\n";
  return plan;
}

std::optional<KernelPlan> LowerGather(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs[0]);
  const TensorType& indices = graph.type(node.inputs[1]);
  const TensorType& out = graph.type(node.outputs[0]);
  const std::size_t axis =
      NormalAxis(node.attributes.Int("axis", 0), in.rank());
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  for (std::size_t i = 0; i < in.dims().size(); ++i) {
    if (i < axis) outer *= in.dims()[i];
    if (i > axis) inner *= in.dims()[i];
  }
  const std::int64_t count = indices.shape.element_count();
  KernelPlan plan;
  plan.headers = {"skerry/kernels/movement.h"};
  plan.kernel = "gather";
  plan.used_inputs = {0, 1};
  plan.tasks = std::min(TaskCount(2 * out.byte_count()), outer * count);
  plan.body = "k::GatherRows<k::GatherShape{" + CppInt(outer) + ", " +
              CppInt(in.dims()[axis]) + ", " + CppInt(inner) + ", " +
              CppInt(count) + ", " + std::to_string(plan.tasks) +
              "}>(\n    task, " + Pointers(out.type, 0, 0) + ", in1);\n";
  return plan;
}

}  // namespace

Result<std::optional<KernelPlan>> LowerMovement(const Graph& graph,
                                                const Node& node,
                                                const Target& /*target*/) {
  if (HasEmptyOutput(graph, node)) return std::nullopt;
  if (node.op == "Pad") return LowerPad(graph, node);
  if (node.op == "Gather") return LowerGather(graph, node);
  const std::vector<Copy> copies = CopiesOf(graph, node);
  if (copies.empty()) return std::nullopt;
  TensorType moved = graph.type(node.outputs[0]);
  if (node.op == "Split") moved = graph.type(node.inputs[0]);
  return CopyPlan(copies, moved);
}

}  // namespace skerry::compiler
