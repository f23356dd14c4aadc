#include "skerry/compiler/toolchain/self_check.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <random>
#include <span>

#include "skerry/compiler/reference/evaluate.h"
#include "skerry/compiler/toolchain/clang.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/subprocess.h"

namespace skerry::compiler {
namespace {

// Floats: what summing in another order may cost a deep network, with room.
constexpr double kFloatErrorMax = 1e-3;
// Networks that quantise as they run: a sum at the middle between two steps may
// be rounded to either, and later layers make more of it.
constexpr double kQuantisedErrorMax = 0.25;
// Integers: the share of elements that may differ, as an index of the largest
// of two nearly equal floats may.
constexpr double kIntegerErrorMax = 1e-2;

constexpr std::chrono::minutes kSelfCheckTimeout{10};

// What goes before the program to run it: nothing here, qemu elsewhere. None
// if neither can.
std::optional<std::vector<std::string>> Launcher(const Target& target) {
  if (target.architecture == platform::CpuArchitecture()) {
    const bool runs =
        std::ranges::all_of(target.cpu_features, platform::HasCpuFeature);
    if (!runs) return std::nullopt;
    return std::vector<std::string>{};
  }
  const std::string qemu = "qemu-" + target.architecture + "-static";
  const auto version = platform::RunCommand({.arguments = {qemu, "--version"}});
  if (!version || version->exit_code != 0) return std::nullopt;
  return std::vector<std::string>{qemu, "-cpu", "max"};
}

// Values that a network may meet: floats about 0, small integers that are
// valid as indices too.
Tensor RandomTensor(const TensorType& type, std::mt19937& generator) {
  Tensor tensor(type);
  if (type.type == DataType::kFloat32) {
    std::normal_distribution<float> normal;
    for (float& x : tensor.data<float>()) x = normal(generator);
    return tensor;
  }
  if (type.type == DataType::kFloat64) {
    std::normal_distribution<double> normal;
    for (double& x : tensor.data<double>()) x = normal(generator);
    return tensor;
  }
  const std::size_t step = ElementBytes(type.type);
  const bool half =
      type.type == DataType::kFloat16 || type.type == DataType::kBfloat16;
  for (std::size_t i = 0; i < tensor.bytes().size(); i += step) {
    const auto bit = static_cast<std::byte>(generator() & 1U);
    // 0 or 1; as a half float 0 or a value near 1: 0x3c00, 0x3f80.
    if (!half) {
      tensor.bytes()[i] = bit;
    } else if (bit != std::byte{0}) {
      tensor.bytes()[i + 1] = std::byte{0x3c};
    }
  }
  return tensor;
}

// Largest difference over largest magnitude. Equal infinities and NaN on both
// sides agree; on one side they are infinitely far off.
template <class T>
double FloatError(std::span<const T> got, std::span<const T> wanted) {
  double difference = 0;
  double magnitude = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double a = static_cast<double>(got[i]);
    const double b = static_cast<double>(wanted[i]);
    if (std::isfinite(b)) magnitude = std::max(magnitude, std::abs(b));
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (!std::isfinite(a) || !std::isfinite(b)) return HUGE_VAL;
    difference = std::max(difference, std::abs(a - b));
  }
  return difference / std::max(magnitude, 1e-30);
}

double IntegerError(const Tensor& got, const Tensor& wanted) {
  const std::size_t step = ElementBytes(got.data_type());
  std::size_t different = 0;
  const std::size_t count = got.bytes().size() / step;
  for (std::size_t i = 0; i < count; ++i) {
    different += std::memcmp(got.bytes().data() + i * step,
                             wanted.bytes().data() + i * step, step) != 0;
  }
  return static_cast<double>(different) /
         static_cast<double>(std::max<std::size_t>(count, 1));
}

struct OutputError {
  double error;
  double limit;
};

bool Quantises(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [](const Node& node) {
    return node.op.find("Quantize") != std::string::npos ||
           node.op.starts_with("QLinear");
  });
}

OutputError Compare(const Tensor& got, const Tensor& wanted,
                    double float_error_max) {
  if (got.data_type() == DataType::kFloat32) {
    return {FloatError(got.data<float>(), wanted.data<float>()),
            float_error_max};
  }
  if (got.data_type() == DataType::kFloat64) {
    return {FloatError(got.data<double>(), wanted.data<double>()),
            float_error_max};
  }
  return {IntegerError(got, wanted), kIntegerErrorMax};
}

Result<std::vector<Tensor>> RunProgram(const Graph& source,
                                       Workspace& workspace,
                                       std::vector<std::string> launcher,
                                       std::span<const Tensor> inputs) {
  std::vector<std::byte> bytes;
  for (const Tensor& input : inputs) {
    bytes.insert(bytes.end(), input.bytes().begin(), input.bytes().end());
  }
  SKERRY_RETURN_IF_ERROR(workspace.Write("inputs.bin", bytes));
  launcher.push_back(workspace.path() + "/self_check");
  SKERRY_ASSIGN_OR_RETURN(
      const platform::CommandResult ran,
      platform::RunCommand({.arguments = std::move(launcher),
                            .folder = workspace.path(),
                            .timeout = kSelfCheckTimeout}));
  if (ran.exit_code != 0) {
    return Internal("the compiled model ended with " +
                    std::to_string(ran.exit_code) +
                    (ran.err.empty() ? "" : ": " + ran.err));
  }
  SKERRY_ASSIGN_OR_RETURN(bytes, workspace.Read("outputs.bin"));
  std::vector<Tensor> outputs;
  std::size_t at = 0;
  for (const ValueId id : source.outputs) {
    Tensor& output = outputs.emplace_back(source.type(id));
    const std::size_t size = output.bytes().size();
    if (size > bytes.size() - at) return Internal("outputs.bin is short");
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size,
                output.bytes().begin());
    at += size;
  }
  return outputs;
}

}  // namespace

Result<std::optional<SelfCheck>> RunSelfCheck(const Graph& source,
                                              const Target& target,
                                              Workspace& workspace,
                                              std::vector<std::string> objects,
                                              const std::string& main_source) {
  std::optional<std::vector<std::string>> launcher = Launcher(target);
  if (!launcher) return std::optional<SelfCheck>();

  SKERRY_RETURN_IF_ERROR(workspace.WriteText("self_check.cc", main_source));
  SKERRY_RETURN_IF_ERROR(
      CompileUnit(target, workspace.path(), "self_check.cc", "self_check.o"));
  objects.emplace_back("self_check.o");
  SKERRY_RETURN_IF_ERROR(LinkProgram(workspace.path(), objects, "self_check"));

  std::mt19937 generator(1);  // the same input each time
  std::vector<Tensor> inputs;
  for (const ValueId id : source.inputs) {
    inputs.push_back(RandomTensor(source.type(id), generator));
  }
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<Tensor> got,
      RunProgram(source, workspace, *std::move(launcher), inputs));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<Tensor> wanted,
                          Evaluate(source, inputs));

  const double float_error_max =
      Quantises(source) ? kQuantisedErrorMax : kFloatErrorMax;
  SelfCheck check = {.relative_error = 0, .output = ""};
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::string& name = source.value(source.outputs[i]).name;
    const OutputError found = Compare(got[i], wanted[i], float_error_max);
    // Not ">": a NaN must not pass.
    if (!(found.error <= found.limit)) {
      return Internal("self-check: output '" + name + "' is off by " +
                      std::to_string(found.error) + " (relative), at most " +
                      std::to_string(found.limit) +
                      " is arithmetic; this is a bug of skerry's");
    }
    if (check.output.empty() || found.error > check.relative_error) {
      check = {found.error, name};
    }
  }
  return std::optional(check);
}

}  // namespace skerry::compiler
