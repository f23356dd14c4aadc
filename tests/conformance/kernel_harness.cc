#include "kernel_harness.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "skerry/compiler/lower/cpp_text.h"
#include "skerry/compiler/ops/op.h"
#include "skerry/compiler/reference/evaluate.h"
#include "skerry/compiler/toolchain/clang.h"

namespace skerry::conformance {
namespace {

using compiler::Graph;
using compiler::KernelPlan;
using compiler::kNoValue;
using compiler::Node;
using compiler::Target;
using compiler::ValueId;

// A case on its way through one target.
struct Run {
  const KernelCase* kernel_case;
  KernelPlan plan;
  std::vector<Tensor> inputs;  // by operand; empty for constants' places too
};

Tensor RandomTensor(const TensorType& type, std::mt19937& random) {
  Tensor tensor(type);
  if (type.type == DataType::kFloat32) {
    std::uniform_real_distribution<float> values(-2, 2);
    for (float& value : tensor.data<float>()) value = values(random);
  } else {
    // Small, so that they are valid wherever an operator wants an index.
    for (std::byte& byte : tensor.bytes()) byte = std::byte{0};
    const std::size_t size = ElementBytes(type.type);
    for (std::size_t i = 0; i < tensor.bytes().size(); i += size) {
      tensor.bytes()[i] = static_cast<std::byte>(random() % 3);
    }
  }
  return tensor;
}

const Node& NodeOf(const Run& run) { return run.kernel_case->graph.nodes[0]; }

// The function of one case and its row in the table of the program.
std::string CaseText(const Run& run, std::size_t index) {
  const Graph& graph = run.kernel_case->graph;
  const Node& node = NodeOf(run);
  const auto local = [](const std::string& type, const std::string& name,
                        const std::string& buffers, std::size_t i) {
    return "  [[maybe_unused]] const auto " + name + std::to_string(i) +
           " = static_cast<" + type + "*>(" + buffers + "[" +
           std::to_string(i) + "]);\n";
  };
  std::string text = "static void Node" + std::to_string(index) +
                     "(const Buffers& b, i64 task) {\n"
                     "  [[maybe_unused]] u8* const scratch = b.scratch;\n";
  for (const int input : run.plan.used_inputs) {
    const auto i = static_cast<std::size_t>(input);
    const auto type = compiler::CppType(graph.type(node.inputs[i]).type);
    text += local("const " + std::string(type), "in", "b.inputs", i);
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const auto type = compiler::CppType(graph.type(node.outputs[i]).type);
    text += local(std::string(type), "out", "b.outputs", i);
  }
  for (std::size_t i = 0; i < run.plan.packed.size(); ++i) {
    const auto type = compiler::CppType(run.plan.packed[i].data_type());
    text += local("const " + std::string(type), "packed", "b.packed", i);
  }
  return text + run.plan.body + "}\n\n";
}

std::string SizesText(const std::vector<std::int64_t>& sizes) {
  return "{" + std::to_string(sizes.size()) + ", " + compiler::CppInts(sizes) +
         "}";
}

std::string RowText(const Run& run, std::size_t index) {
  const Graph& graph = run.kernel_case->graph;
  std::vector<std::int64_t> inputs;
  std::vector<std::int64_t> outputs;
  std::vector<std::int64_t> packed;
  for (const Tensor& input : run.inputs) {
    inputs.push_back(static_cast<std::int64_t>(input.bytes().size()));
  }
  for (const ValueId id : NodeOf(run).outputs) {
    outputs.push_back(graph.type(id).byte_count());
  }
  for (const Tensor& tensor : run.plan.packed) {
    packed.push_back(static_cast<std::int64_t>(tensor.bytes().size()));
  }
  return "    {Node" + std::to_string(index) + ", " +
         std::to_string(run.plan.tasks) + ", " +
         std::to_string(run.plan.scratch_bytes) + ", " +
         std::to_string(run.plan.in_place_input) + ", " + SizesText(inputs) +
         ", " + SizesText(outputs) + ", " + SizesText(packed) + "},\n";
}

std::string ProgramSource(const std::vector<Run>& runs) {
  std::set<std::string> headers = {"kernel_harness_main.h"};
  for (const Run& run : runs) {
    headers.insert(run.plan.headers.begin(), run.plan.headers.end());
  }
  std::string text;
  for (const std::string& header : headers) {
    text += "#include \"" + header + "\"\n";
  }
  std::string rows;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    text += "// " + runs[i].kernel_case->name + "\n" + CaseText(runs[i], i);
    rows += RowText(runs[i], i);
  }
  return text + "static const Item kItems[] = {\n" + rows +
         "};\n\nextern \"C\" int main(int, char** argv) { return "
         "RunItems(kItems, "
         "sizeof(kItems) / sizeof(Item), argv[1], argv[2]); }\n";
}

void Append(const Tensor& tensor, std::ofstream& file) {
  file.write(reinterpret_cast<const char*>(tensor.bytes().data()),
             static_cast<std::streamsize>(tensor.bytes().size()));
}

void WriteInputs(const std::vector<Run>& runs, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  for (const Run& run : runs) {
    for (const Tensor& input : run.inputs) Append(input, file);
    for (const Tensor& packed : run.plan.packed) Append(packed, file);
  }
}

// Runs a shell command; its words are ours, so none needs quoting.
int Shell(const std::string& command) { return std::system(command.c_str()); }

// Compiles the program as models are compiled, and links it with the C
// library of the target.
void Build(const Target& target, const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path source = SKERRY_SOURCE_DIR;
  fs::create_directory_symlink(source / "src/skerry", folder + "/skerry");
  fs::copy_file(source / "tests/conformance/kernel_harness_main.h",
                folder + "/kernel_harness_main.h");
  const auto compiled =
      compiler::CompileUnit(target, folder, "main.cc", "main.o");
  ASSERT_TRUE(compiled.has_value()) << compiled.error().message();
  ASSERT_EQ(
      Shell("clang++-19 --target=" + target.triple + " -static -fuse-ld=lld " +
            folder + "/main.o -o " + folder + "/main"),
      0);
}

// A case prepared for `target`; a failure if every family declines.
void Prepare(const KernelCase& kernel_case, const KernelTest& test,
             const Target& target, std::mt19937& random,
             std::vector<Run>& runs) {
  const Graph& graph = kernel_case.graph;
  Run run{&kernel_case, {}, {}};
  for (const ValueId id : graph.nodes[0].inputs) {
    if (id == kNoValue) {
      run.inputs.emplace_back();
    } else if (const Tensor* constant = graph.constant(id)) {
      run.inputs.push_back(*constant);
    } else {
      run.inputs.push_back(RandomTensor(graph.type(id), random));
    }
  }
  for (const compiler::LowerFamily family : test.families) {
    auto plan = family(graph, graph.nodes[0], target);
    ASSERT_TRUE(plan.has_value())
        << kernel_case.name << ": " << plan.error().message();
    if (!plan->has_value()) continue;
    run.plan = *std::move(*plan);
    runs.push_back(std::move(run));
    return;
  }
  FAIL() << kernel_case.name << ": no tuned kernel takes it";
}

// The largest difference of two float tensors, relative to the largest
// magnitude; not-a-numbers and infinities must be the same.
double RelativeError(const Tensor& got, const Tensor& want) {
  double difference = 0;
  double magnitude = 1e-30;
  for (std::size_t i = 0; i < want.data<float>().size(); ++i) {
    const double g = static_cast<double>(got.data<float>()[i]);
    const double w = static_cast<double>(want.data<float>()[i]);
    if (g == w || (std::isnan(g) && std::isnan(w))) continue;
    if (!std::isfinite(g) || !std::isfinite(w)) return 1e30;
    difference = std::max(difference, std::abs(g - w));
    magnitude = std::max(magnitude, std::abs(w));
  }
  for (const float w : want.data<float>()) {
    if (std::isfinite(w)) {
      magnitude = std::max(magnitude, static_cast<double>(std::abs(w)));
    }
  }
  return difference / magnitude;
}

void Compare(const Run& run, double tolerance, std::istream& results) {
  const Graph& graph = run.kernel_case->graph;
  std::vector<const Tensor*> operands;
  for (std::size_t i = 0; i < run.inputs.size(); ++i) {
    const bool absent = NodeOf(run).inputs[i] == kNoValue;
    operands.push_back(absent ? nullptr : &run.inputs[i]);
  }
  auto expected = compiler::EvaluateNode(graph, NodeOf(run), operands);
  ASSERT_TRUE(expected.has_value()) << expected.error().message();
  for (const Tensor& want : *expected) {
    Tensor got(want.type());
    results.read(reinterpret_cast<char*>(got.bytes().data()),
                 static_cast<std::streamsize>(got.bytes().size()));
    ASSERT_TRUE(results.good() || got.bytes().empty());
    if (want.data_type() == DataType::kFloat32) {
      EXPECT_LE(RelativeError(got, want), tolerance)
          << run.kernel_case->name << "\n"
          << run.plan.body;
    } else {
      EXPECT_EQ(got, want) << run.kernel_case->name << "\n" << run.plan.body;
    }
  }
}

}  // namespace

Operand Ints(std::initializer_list<std::int64_t> values) {
  return Tensor::Of<std::int64_t>(
      Shape{static_cast<std::int64_t>(values.size())}, values);
}

Operand Constant(Shape shape) {
  std::mt19937 random(7);
  return RandomTensor({DataType::kFloat32, std::move(shape)}, random);
}

KernelCase Case(const std::string& op, std::vector<Operand> operands,
                compiler::Attributes attributes, int output_count) {
  KernelCase kernel_case{op, {}};
  Graph& graph = kernel_case.graph;
  Node node{op, "node", {}, {}, std::move(attributes)};
  for (Operand& operand : operands) {
    if (operand.is_absent) {
      node.inputs.push_back(kNoValue);
      continue;
    }
    kernel_case.name += " " + operand.type.ToString();
    if (operand.is_constant) {
      node.inputs.push_back(
          graph.AddConstant("c", std::move(operand.constant)));
    } else {
      node.inputs.push_back(graph.AddValue("x", operand.type));
      graph.inputs.push_back(node.inputs.back());
    }
  }
  for (int i = 0; i < output_count; ++i) {
    node.outputs.push_back(graph.AddValue("y", std::nullopt));
  }
  auto types = compiler::InferTypes(graph, node);
  if (!types) {
    ADD_FAILURE() << kernel_case.name << ": " << types.error().message();
    std::abort();
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    graph.value(node.outputs[i]).type = (*types)[i];
  }
  graph.outputs = node.outputs;
  graph.nodes.push_back(std::move(node));
  return kernel_case;
}

std::vector<Target> RunnableTargets() {
  std::vector<Target> targets;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool runs[] = {static_cast<bool>(__builtin_cpu_supports("x86-64-v2")),
                       static_cast<bool>(__builtin_cpu_supports("x86-64-v3")),
                       static_cast<bool>(__builtin_cpu_supports("x86-64-v4"))};
  const char* const names[] = {"x86-64-v2", "x86-64-v3", "x86-64-v4"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (!runs[i]) continue;
    auto target = compiler::FindTarget(names[i]);
    EXPECT_TRUE(target.has_value());
    if (target) targets.push_back(*std::move(target));
  }
#endif
  auto target = compiler::FindTarget("aarch64");
  EXPECT_TRUE(target.has_value());
  if (target) targets.push_back(*std::move(target));
  return targets;
}

void ExpectReferenceResults(const KernelTest& test, const Target& target) {
  std::mt19937 random(1);
  std::vector<Run> runs;
  for (const KernelCase& kernel_case : test.cases) {
    Prepare(kernel_case, test, target, random, runs);
  }
  std::string folder =
      (std::filesystem::temp_directory_path() / "skerry-kernels-XXXXXX");
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/main.cc") << ProgramSource(runs);
  WriteInputs(runs, folder + "/inputs");

  ASSERT_NO_FATAL_FAILURE(Build(target, folder));
  const bool emulated = target.architecture == "aarch64";
#if defined(__aarch64__)
  const std::string emulator;
#else
  const std::string emulator = emulated ? "qemu-aarch64-static " : "";
#endif
  ASSERT_EQ(Shell(emulator + folder + "/main " + folder + "/inputs " + folder +
                  "/outputs"),
            0)
      << target.name << ": " << folder;

  std::ifstream results(folder + "/outputs", std::ios::binary);
  for (const Run& run : runs) Compare(run, test.tolerance, results);
  std::filesystem::remove_all(folder);
}

}  // namespace skerry::conformance
