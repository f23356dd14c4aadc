#include "skerry/agent/worker/worker_test_support.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "skerry/model/container.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/file.h"
#include "skerry/platform/socket.h"
#include "skerry/platform/subprocess.h"

namespace skerry::agent {
namespace {

constexpr std::string_view kSource = R"cc(
#include "skerry/model/abi.h"

  extern "C" __attribute__((visibility("default"))) void skerry_model_run_v1(
      const SkerryCall* call) {
    const auto* x = static_cast<const volatile float*>(call->inputs[0]);
    auto* y = static_cast<float*>(call->outputs[0]);
    if (x[0] == -1) __builtin_trap();
    while (x[0] == -2) {
    }
    for (int i = 0; i < 4; ++i) y[i] = x[i];
  }
)cc";

}  // namespace

bool WriteMoodyModel(const std::string& path) {
  const std::string source = path + ".cc";
  const std::string object = path + ".elf";
  const std::string target =
      std::string("--target=").append(platform::CpuArchitecture()) +
      "-linux-gnu";
  if (!platform::WriteTextFile(source, kSource)) return false;
  const auto compiled = platform::RunCommand(
      {.arguments = {"clang++-19", target, "-std=c++20", "-O1", "-shared",
                     "-fPIC", "-ffreestanding", "-nostdlib", "-fuse-ld=lld",
                     "-fvisibility=hidden", "-I" SKERRY_SOURCE_DIR "/src",
                     source, "-o", object}});
  if (!compiled || compiled->exit_code != 0) return false;
  const auto elf = platform::ReadFile(object, std::size_t{1} << 20);
  return elf && platform::WriteFile(path, WriteContainer(*elf, MoodyManifest()))
                    .has_value();
}

Manifest MoodyManifest() {
  Manifest manifest;
  manifest.model_name = "moody";
  manifest.compiler = "none";
  manifest.source_digest = "sha256:0";
  manifest.target = "native";
  manifest.architecture = platform::CpuArchitecture();
  const TensorType row{DataType::kFloat32, {kMoodyCount}};
  manifest.inputs = {{"x", row}};
  manifest.outputs = {{"y", row}};
  return manifest;
}

std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  return children;
}

Result<std::vector<float>> RunMoody(Executor& executor, float value) {
  const std::vector<float> x(kMoodyCount, value);
  std::vector<float> y(kMoodyCount);
  const std::array inputs = {std::as_bytes(std::span(x))};
  const std::array outputs = {std::as_writable_bytes(std::span(y))};
  SKERRY_RETURN_IF_ERROR(executor.Run(inputs, outputs));
  return y;
}

int RunDoomedParent(const std::string& model_path) {
  const auto executor =
      CreateWorkerExecutor("/proc/self/exe", model_path, MoodyManifest(), {});
  if (!executor) return 1;
  const std::vector<pid_t> children = Children();
  const platform::FileDescriptor connection(3);
  if (children.size() != 1 ||
      !platform::SendMessage(connection, std::as_bytes(std::span(children)))) {
    return 2;
  }
  static_cast<void>(RunMoody(**executor, kHang));
  return 3;
}

}  // namespace skerry::agent
