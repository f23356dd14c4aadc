// Element-wise operators and fused chains of them, as one loop nest around a
// function on vectors.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "skerry/compiler/lower/cpp_text.h"
#include "skerry/compiler/lower/kernel_plan.h"
#include "skerry/compiler/lower/loop_nest.h"
#include "skerry/compiler/lower/node_facts.h"
#include "skerry/compiler/lower/program_text.h"
#include "skerry/kernels/reference/functions.h"

namespace skerry::compiler {
namespace {

// Rows shorter than this waste most of their vectors, so constants that
// repeat with each are repeated here instead, up to kTiledMax elements.
constexpr std::int64_t kShortRow = 64;
constexpr std::int64_t kTiledMax = 1024;

// One pointer that the loop nest walks.
struct Operand {
  std::string parameter;  // its name in the program: "i2"
  std::string pointer;    // its name in the body: "in2", "packed0"
  Shape shape;
  const Tensor* constant = nullptr;
};

// What the node computes: the program and the operands that it reads.
struct Computation {
  std::string program;
  std::vector<Operand> operands;
  KernelPlan plan;
};

struct Parameter {
  const char* attribute;
  float fallback;
};

// An operator that is one word of the program language.
struct OpRow {
  std::string_view op;
  std::string_view word;
  std::vector<Parameter> parameters;
};

const std::vector<OpRow>& OpRows() {
  static const auto* const kRows = new std::vector<OpRow>{
      {"Abs", "abs", {}},
      {"Add", "add", {}},
      {"Ceil", "ceil", {}},
      {"Celu", "celu", {{"alpha", 1}}},
      {"Div", "div", {}},
      {"Elu", "elu", {{"alpha", 1}}},
      {"Erf", "erf", {}},
      {"Exp", "exp", {}},
      {"Floor", "floor", {}},
      {"HardSigmoid", "hardsigmoid", {{"alpha", 0.2F}, {"beta", 0.5F}}},
      {"HardSwish", "hardswish", {}},
      {"LeakyRelu", "leakyrelu", {{"alpha", 0.01F}}},
      {"Log", "log", {}},
      {"Max", "max", {}},
      {"Min", "min", {}},
      {"Mish", "mish", {}},
      {"Mul", "mul", {}},
      {"Neg", "neg", {}},
      {"PRelu", "prelu", {}},
      {"Pow", "pow", {}},
      {"Reciprocal", "reciprocal", {}},
      {"Relu", "relu", {}},
      {"Round", "round", {}},
      {"Selu", "selu", {{"alpha", 1.67326319F}, {"gamma", 1.05070102F}}},
      {"Shrink", "shrink", {{"bias", 0}, {"lambd", 0.5F}}},
      {"Sigmoid", "sigmoid", {}},
      {"Sign", "sign", {}},
      {"Silu", "silu", {}},
      {"Softplus", "softplus", {}},
      {"Softsign", "softsign", {}},
      {"Sqrt", "sqrt", {}},
      {"Sub", "sub", {}},
      {"Tanh", "tanh", {}},
      {"ThresholdedRelu", "thresholdedrelu", {{"alpha", 1}}},
  };
  return *kRows;
}

std::string FloatText(float value) {
  std::array<char, 32> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

bool IsScalar(const Tensor* tensor) {
  return tensor != nullptr && tensor->shape().element_count() == 1;
}

// Limits that are constants become parameters, others operands.
std::string ClipProgram(const Graph& graph, const Node& node) {
  const auto limit = [&](std::size_t i) {
    return i < node.inputs.size() ? node.inputs[i] : kNoValue;
  };
  const ValueId low = limit(1);
  const ValueId high = limit(2);
  const Tensor* low_value = graph.constant(low);
  const Tensor* high_value = graph.constant(high);
  if ((low == kNoValue || low_value != nullptr) &&
      (high == kNoValue || high_value != nullptr)) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float from =
        low_value != nullptr ? low_value->data<float>()[0] : -infinity;
    const float to =
        high_value != nullptr ? high_value->data<float>()[0] : infinity;
    return "i0 clip:" + FloatText(from) + ":" + FloatText(to);
  }
  std::string program = low == kNoValue ? "i0" : "i1 i0 max";
  if (high != kNoValue) program = "i2 " + program + " min";
  return program;
}

// The node as a program over its inputs; empty if it is not element-wise.
std::string ProgramOf(const Graph& graph, const Node& node) {
  if (node.op == "Elementwise") return node.attributes.Text("program", "");
  if (node.op == "Clip") return ClipProgram(graph, node);
  if (node.op == "Gelu") {
    const bool tanh = node.attributes.Text("approximate", "none") == "tanh";
    return tanh ? "i0 gelutanh" : "i0 gelu";
  }
  const auto row = std::ranges::find(OpRows(), node.op, &OpRow::op);
  if (row == OpRows().end()) return "";
  std::string program;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    program += "i" + std::to_string(i) + " ";
  }
  program += row->word;
  for (const auto& [attribute, fallback] : row->parameters) {
    program += ":" + FloatText(node.attributes.Float(attribute, fallback));
  }
  return program;
}

// Puts constants of one element into the program, and lists the operands of
// what is left.
void ResolveOperands(const Graph& graph, const Node& node,
                     Computation& computation) {
  std::string resolved;
  std::vector<bool> used(node.inputs.size(), false);
  std::size_t begin = 0;
  const std::string& program = computation.program;
  while (begin < program.size()) {
    const std::size_t end = std::min(program.find(' ', begin), program.size());
    std::string word = program.substr(begin, end - begin);
    begin = end + 1;
    if (word.size() > 1 && word[0] == 'i' && word[1] <= '9') {
      const auto index = static_cast<std::size_t>(std::stoi(word.substr(1)));
      const Tensor* constant = graph.constant(node.inputs[index]);
      if (IsScalar(constant)) {
        word = "#" + FloatText(constant->data<float>()[0]);
      } else {
        used[index] = true;
      }
    }
    if (!resolved.empty()) resolved += ' ';
    resolved += word;
  }
  computation.program = resolved;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    computation.operands.push_back(
        {"i" + std::to_string(i), "in" + std::to_string(i),
         graph.shape(node.inputs[i]), graph.constant(node.inputs[i])});
  }
}

// The fused activation as a word after a space, or nothing.
std::string ActivationWord(const Node& node) {
  const std::string name = node.attributes.Text("activation", "");
  const auto function = kernels::reference::FindFunction(
      name.data(), static_cast<std::int64_t>(name.size()));
  if (function == kernels::reference::Function::kNone) return "";
  const auto& info =
      kernels::reference::kFunctions[static_cast<std::size_t>(function)];
  std::string word = " " + std::string(info.name);
  const char* const parameters[] = {"activation_alpha", "activation_beta"};
  for (int i = 0; i < info.parameter_count; ++i) {
    word += ":" + FloatText(node.attributes.Float(parameters[i], 0));
  }
  return word;
}

// x * scale + shift, both packed here, one of each for a channel.
Computation BatchNormalization(const Graph& graph, const Node& node) {
  const auto data = [&](std::size_t i) {
    return graph.constant(node.inputs[i])->data<float>();
  };
  const float epsilon = node.attributes.Float("epsilon", 1e-5F);
  const Shape& shape = graph.shape(node.inputs[0]);
  const bool channels_last = node.attributes.Text("layout", "NCHW") == "NHWC";
  const auto channel_axis =
      static_cast<std::size_t>(channels_last ? shape.rank() - 1 : 1);
  std::vector<std::int64_t> dims(static_cast<std::size_t>(shape.rank()), 1);
  dims[channel_axis] = shape.dims()[channel_axis];
  Tensor scale({DataType::kFloat32, Shape(dims)});
  Tensor shift = scale;
  for (std::size_t c = 0; c < scale.data<float>().size(); ++c) {
    const float factor = data(1)[c] / std::sqrt(data(4)[c] + epsilon);
    scale.data<float>()[c] = factor;
    shift.data<float>()[c] = data(2)[c] - data(3)[c] * factor;
  }
  Computation computation;
  computation.program = "i0 i1 mul i2 add" + ActivationWord(node);
  computation.operands = {{"i0", "in0", shape, nullptr},
                          {"i1", "packed0", scale.shape(), nullptr},
                          {"i2", "packed1", shift.shape(), nullptr}};
  computation.plan.packed = {std::move(scale), std::move(shift)};
  return computation;
}

// The node's program and operands; without operands if it is not for us.
Computation ComputationOf(const Graph& graph, const Node& node) {
  Computation computation;
  if (!IsFloat(graph, node)) return computation;
  if (node.op == "BatchNormalization") {
    const bool constant =
        std::all_of(node.inputs.begin() + 1, node.inputs.end(),
                    [&](ValueId id) { return graph.constant(id) != nullptr; });
    const bool has_channels = graph.shape(node.inputs[0]).rank() >= 2;
    return constant && has_channels ? BatchNormalization(graph, node)
                                    : computation;
  }
  computation.program = ProgramOf(graph, node);
  if (!computation.program.empty()) {
    ResolveOperands(graph, node, computation);
  }
  return computation;
}

LoopNest NestOf(const Shape& output, const std::vector<Operand>& operands) {
  LoopNest nest{output.dims(), {}};
  for (const Operand& operand : operands) {
    nest.strides.push_back(BroadcastStrides(operand.shape, output));
  }
  return Simplified(nest);
}

// Where rows are short and a constant is the same in each, makes one row of
// several, and the constant as long as that.
void TileConstants(LoopNest& nest, Computation& computation) {
  if (nest.rank() < 2 || nest.dims.back() >= kShortRow) return;
  const std::size_t last = nest.dims.size() - 1;
  const std::int64_t row = nest.dims[last];
  std::vector<bool> tiled(nest.strides.size(), false);
  for (std::size_t i = 0; i < tiled.size(); ++i) {
    const auto& strides = nest.strides[i];
    const Tensor* constant = computation.operands[i].constant;
    if (strides[last - 1] == strides[last] * row) continue;
    tiled[i] = constant != nullptr && strides[last] == 1 &&
               constant->shape().element_count() == row;
    if (!tiled[i]) return;
  }
  std::int64_t times = std::min(kTiledMax / row, nest.dims[last - 1]);
  while (nest.dims[last - 1] % times != 0) --times;
  for (std::size_t i = 0; i < tiled.size(); ++i) {
    Operand& operand = computation.operands[i];
    nest.strides[i][last - 1] *= times;
    if (!tiled[i]) continue;
    Tensor repeated({DataType::kFloat32, Shape{times, row}});
    for (std::int64_t t = 0; t < times; ++t) {
      std::ranges::copy(operand.constant->data<float>(),
                        repeated.data<float>().begin() + t * row);
    }
    operand.pointer = "packed" + std::to_string(computation.plan.packed.size());
    computation.plan.packed.push_back(std::move(repeated));
  }
  nest.dims[last] *= times;
  nest.dims[last - 1] /= times;
}

// The call of the kernel.
std::string Body(const LoopNest& nest, const Computation& computation,
                 const ProgramText& text, std::int64_t tasks) {
  const std::size_t count = computation.operands.size();
  std::string strides;
  std::string parameters;
  std::string pointers;
  for (std::size_t i = 0; i < count; ++i) {
    const Operand& operand = computation.operands[i];
    strides += (i > 0 ? ", " : "") + CppInts(nest.strides[i]);
    parameters += (i > 0 ? ", " : "") + ("k::Vec " + operand.parameter);
    pointers += ", " + operand.pointer;
  }
  return "k::Elementwise<k::ElementwiseShape<" + std::to_string(count) +
         ">{\n    " + std::to_string(nest.rank()) + ", " + CppInts(nest.dims) +
         ", {" + strides + "}, " + std::to_string(SplitAxis(nest.dims, tasks)) +
         ", " + std::to_string(tasks) + "}>(\n    task, out0,\n    [](" +
         parameters + ") __attribute__((always_inline)) {\n" + text.body + "}" +
         pointers + ");\n";
}

// The input that the output may take the place of, or -1.
int InPlaceInput(const Graph& graph, const Node& node,
                 const std::vector<int>& used) {
  for (const int i : used) {
    const ValueId id = node.inputs[static_cast<std::size_t>(i)];
    if (graph.constant(id) == nullptr &&
        graph.shape(id) == graph.shape(node.outputs[0])) {
      return i;
    }
  }
  return -1;
}

}  // namespace

Result<std::optional<KernelPlan>> LowerElementwise(const Graph& graph,
                                                   const Node& node,
                                                   const Target& /*target*/) {
  Computation computation = ComputationOf(graph, node);
  if (computation.operands.empty()) return std::nullopt;
  auto text = TranslateProgram(computation.program);
  if (!text) {
    if (text.error().code() == ErrorCode::kUnimplemented) return std::nullopt;
    return text.error();
  }
  const Shape& output = graph.shape(node.outputs[0]);
  const std::int64_t elements = output.element_count();
  if (elements == 0) return std::nullopt;

  LoopNest nest = NestOf(output, computation.operands);
  TileConstants(nest, computation);

  KernelPlan plan = std::move(computation.plan);
  plan.headers = {"skerry/kernels/elementwise.h"};
  plan.kernel = "elementwise";
  plan.tasks = TaskCount(elements * (8 + text->cost));
  plan.flops = elements * text->operations;
  for (const Operand& operand : computation.operands) {
    if (operand.pointer.starts_with("in")) {
      plan.used_inputs.push_back(std::stoi(operand.pointer.substr(2)));
    }
  }
  plan.in_place_input = InPlaceInput(graph, node, plan.used_inputs);
  plan.body = Body(nest, computation, *text, plan.tasks);
  return plan;
}

}  // namespace skerry::compiler
