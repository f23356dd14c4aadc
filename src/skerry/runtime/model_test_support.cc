#include "skerry/runtime/model_test_support.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "skerry/base/result.h"
#include "skerry/model/container.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/file.h"
#include "skerry/platform/subprocess.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::runtime {
namespace {

constexpr std::string_view kSource = R"cc(
#include "skerry/model/abi.h"

  namespace {

  constexpr int kRows = 7;
  constexpr int kColumns = 96;
  volatile float factor = 2;  // in a data segment

  void Scale(void* argument, int64_t row, int32_t worker) {
    const SkerryCall* call = static_cast<const SkerryCall*>(argument);
    const auto* x = static_cast<const float*>(call->inputs[0]) + row * kColumns;
    float* scratch = reinterpret_cast<float*>(
        call->scratch + static_cast<uint64_t>(worker) * call->scratch_stride);
    float* arena = reinterpret_cast<float*>(call->arena) + row * kColumns;
    for (int i = 0; i < kColumns; ++i) scratch[i] = x[i] * factor;
    for (int i = 0; i < kColumns; ++i) arena[i] = scratch[i];
  }

  void Shift(void* argument, int64_t row, int32_t) {
    const SkerryCall* call = static_cast<const SkerryCall*>(argument);
    const float bias = *static_cast<const float*>(call->inputs[1]);
    const float* arena = reinterpret_cast<float*>(call->arena) + row * kColumns;
    float* y = static_cast<float*>(call->outputs[0]) + row * kColumns;
    for (int i = 0; i < kColumns; ++i) y[i] = arena[i] + bias;
  }

  }  // namespace

  extern "C" __attribute__((visibility("default"))) void skerry_model_run_v1(
      const SkerryCall* call) {
    const SkerryHost* host = call->host;
    void* argument = const_cast<SkerryCall*>(call);
    host->parallel_for(host->context, kRows, &Scale, argument);
    host->parallel_for(host->context, kRows, &Shift, argument);
    *static_cast<int64_t*>(call->outputs[1]) = kRows;
  }

  extern "C" __attribute__((visibility("default"))) void
  skerry_model_run_layer_v1(const SkerryCall* call, int64_t index) {
    const SkerryHost* host = call->host;
    void* argument = const_cast<SkerryCall*>(call);
    if (index == 0) {
      host->parallel_for(host->context, kRows, &Scale, argument);
    } else if (index == 1) {
      host->parallel_for(host->context, kRows, &Shift, argument);
    } else {
      *static_cast<int64_t*>(call->outputs[1]) = kRows;
    }
  }
)cc";

std::string Target() {
  std::string option = "--target=";
  return option.append(platform::CpuArchitecture()) + "-linux-gnu";
}

Result<std::vector<std::byte>> BuildElf() {
  constexpr std::size_t kElfBytesMax = std::size_t{1} << 20;
  SKERRY_ASSIGN_OR_RETURN(const auto folder,
                          platform::TempDirectory::Create("skerry-test"));
  const std::string source = folder.Join("model.cc");
  const std::string object = folder.Join("model.so");
  SKERRY_RETURN_IF_ERROR(platform::WriteTextFile(source, kSource));
  SKERRY_ASSIGN_OR_RETURN(
      const platform::CommandResult compiled,
      platform::RunCommand(
          {.arguments = {"clang++-19", Target(), "-std=c++20", "-O1", "-shared",
                         "-fPIC", "-ffreestanding", "-nostdlib", "-fuse-ld=lld",
                         "-fvisibility=hidden", "-I" SKERRY_SOURCE_DIR "/src",
                         source, "-o", object}}));
  if (compiled.exit_code != 0) return Internal(compiled.err);
  return platform::ReadFile(object, kElfBytesMax);
}

}  // namespace

const std::vector<std::byte>& TestElf() {
  static const std::vector<std::byte> kElf = [] {
    Result<std::vector<std::byte>> built = BuildElf();
    if (!built) ADD_FAILURE() << built.error().message();
    return std::move(built).value_or(std::vector<std::byte>());
  }();
  return kElf;
}

Manifest TestManifest() {
  Manifest manifest;
  manifest.model_name = "test model";
  manifest.compiler = "none";
  manifest.source_digest = "sha256:0";
  manifest.target = "native";
  manifest.architecture = platform::CpuArchitecture();
  manifest.arena_bytes = kRows * kColumns * sizeof(float);
  manifest.scratch_bytes = kColumns * sizeof(float);
  manifest.weight_bytes = kColumns * sizeof(float);
  const TensorType matrix{DataType::kFloat32, {kRows, kColumns}};
  manifest.inputs = {{"x", matrix}, {"bias", {DataType::kFloat32, {}}}};
  manifest.outputs = {{"y", matrix}, {"rows", {DataType::kInt64, {}}}};
  const auto layer = [](const char* name, const TensorType& type) {
    return LayerSpec{.name = name,
                     .op = name,
                     .kernel = "test",
                     .output = type,
                     .flops = 0,
                     .bytes = type.byte_count(),
                     .offset = -1};
  };
  manifest.layers = {layer("scale", matrix), layer("shift", matrix),
                     layer("rows", {DataType::kInt64, {}})};
  return manifest;
}

std::vector<std::byte> TestModelFile() {
  return WriteContainer(TestElf(), TestManifest());
}

std::vector<float> TestInput() {
  std::vector<float> x(kRows * kColumns);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(i) * 0.25F;
  }
  return x;
}

std::vector<float> ExpectedOutput(float bias) {
  std::vector<float> y = TestInput();
  for (float& value : y) value = 2 * value + bias;
  return y;
}

}  // namespace skerry::runtime
