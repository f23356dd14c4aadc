#include "skerry/agent/serving/serving_test_support.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "skerry/agent/serving/model_package.h"
#include "skerry/model/container.h"
#include "skerry/platform/cpu.h"
#include "skerry/platform/file.h"
#include "skerry/platform/subprocess.h"

namespace skerry::agent {
namespace {

constexpr std::size_t kElfBytesMax = std::size_t{1} << 20;
constexpr auto kAwaitPause = std::chrono::microseconds(200);

constexpr std::string_view kScaleSource = R"cc(
#include "skerry/model/abi.h"

  extern "C" __attribute__((visibility("default"))) void skerry_model_run_v1(
      const SkerryCall* call) {
    const auto* x = static_cast<const float*>(call->inputs[0]);
    auto* y = static_cast<float*>(call->outputs[0]);
    auto* sum = static_cast<float*>(call->outputs[1]);
    for (int row = 0; row < ROWS; ++row) {
      float total = 0;
      for (int i = 0; i < COLUMNS; ++i) {
        y[row * COLUMNS + i] = x[row * COLUMNS + i] * FACTOR;
        total += y[row * COLUMNS + i];
      }
      sum[row] = total;
    }
  }
)cc";

constexpr std::string_view kGateSource = R"cc(
#include "skerry/model/abi.h"

  extern "C" __attribute__((visibility("default"))) void skerry_model_run_v1(
      const SkerryCall* call) {
    const auto* gate = static_cast<const unsigned char*>(call->inputs[1]);
    while (__atomic_load_n(gate, __ATOMIC_ACQUIRE) == 0) {
    }
    *static_cast<float*>(call->outputs[0]) =
        *static_cast<const float*>(call->inputs[0]);
  }
)cc";

// Each step needs the one before, so it takes a multiplication's latency.
constexpr std::string_view kSlowSource = R"cc(
#include "skerry/model/abi.h"

  extern "C" __attribute__((visibility("default"))) void skerry_model_run_v1(
      const SkerryCall* call) {
    const float x = *static_cast<const float*>(call->inputs[0]);
    volatile float one = 1;
    const float factor = one;
    float y = x;
    for (int step = 0; step < 40000; ++step) y *= factor;
    *static_cast<float*>(call->outputs[0]) = y;
  }
)cc";

Result<std::vector<std::byte>> BuildElf(
    std::string_view source_text, const std::vector<std::string>& defines) {
  SKERRY_ASSIGN_OR_RETURN(const auto folder,
                          platform::TempDirectory::Create("skerry-test"));
  const std::string source = folder.Join("model.cc");
  const std::string object = folder.Join("model.so");
  SKERRY_RETURN_IF_ERROR(platform::WriteTextFile(source, source_text));
  platform::Command command;
  command.arguments = {
      "clang++-19",
      "--target=" + std::string(platform::CpuArchitecture()) + "-linux-gnu",
      "-std=c++20",
      "-O1",
      "-shared",
      "-fPIC",
      "-ffreestanding",
      "-nostdlib",
      "-fuse-ld=lld",
      "-fvisibility=hidden",
      "-fno-builtin",
      "-I" SKERRY_SOURCE_DIR "/src",
      source,
      "-o",
      object};
  command.arguments.insert(command.arguments.end(), defines.begin(),
                           defines.end());
  SKERRY_ASSIGN_OR_RETURN(const auto compiled, platform::RunCommand(command));
  if (compiled.exit_code != 0) return Internal(compiled.err);
  return platform::ReadFile(object, kElfBytesMax);
}

// Each is built once for each process.
const std::vector<std::byte>& Elf(std::string_view source,
                                  const std::vector<std::string>& defines) {
  static std::mutex mutex;
  static std::map<std::vector<std::string>, std::vector<std::byte>> built;
  const std::lock_guard lock(mutex);
  std::vector<std::string> key = defines;
  key.emplace_back(source);
  const auto found = built.find(key);
  if (found != built.end()) return found->second;
  auto elf = BuildElf(source, defines);
  if (!elf) ADD_FAILURE() << elf.error().message();
  return built[key] = std::move(elf).value_or(std::vector<std::byte>());
}

Manifest ManifestOf(const std::string& name, std::vector<TensorSpec> inputs,
                    std::vector<TensorSpec> outputs) {
  Manifest manifest;
  manifest.model_name = name;
  manifest.compiler = "none";
  manifest.source_digest = "sha256:0";
  manifest.target = "native";
  manifest.architecture = platform::CpuArchitecture();
  manifest.inputs = std::move(inputs);
  manifest.outputs = std::move(outputs);
  return manifest;
}

platform::TempDirectory MakeRoot() {
  auto root = platform::TempDirectory::Create("skerry-serving");
  EXPECT_TRUE(root) << root.error().message();
  return *std::move(root);
}

}  // namespace

std::vector<std::byte> MakeScaleModel(int factor, int rows) {
  const auto& elf =
      Elf(kScaleSource, {"-DFACTOR=" + std::to_string(factor),
                         "-DROWS=" + std::to_string(rows),
                         "-DCOLUMNS=" + std::to_string(kScaleColumns)});
  const TensorType matrix{DataType::kFloat32,
                          {rows, static_cast<std::int64_t>(kScaleColumns)}};
  return WriteContainer(
      elf,
      ManifestOf("scale", {{"x", matrix}},
                 {{"y", matrix}, {"sum", {DataType::kFloat32, {rows, 1}}}}));
}

std::vector<std::byte> MakeGateModel(DataType gate) {
  return WriteContainer(
      Elf(kGateSource, {}),
      ManifestOf("gate",
                 {{"x", {DataType::kFloat32, {1}}}, {"gate", {gate, {1}}}},
                 {{"y", {DataType::kFloat32, {1}}}}));
}

std::vector<std::byte> MakeSlowModel() {
  return WriteContainer(Elf(kSlowSource, {}),
                        ManifestOf("slow", {{"x", {DataType::kFloat32, {1}}}},
                                   {{"y", {DataType::kFloat32, {1}}}}));
}

TestPackages::TestPackages() : root_(MakeRoot()) {}

std::string TestPackages::Write(const std::string& folder_name,
                                const std::vector<std::byte>& model,
                                const std::string& version) {
  const std::string file = Path(folder_name + ".so");
  const auto written = platform::WriteFile(file, model);
  EXPECT_TRUE(written) << written.error().message();
  const std::string folder = Path(folder_name);
  const auto made =
      WriteModelPackage(folder, file, "test-model", version, nullptr);
  EXPECT_TRUE(made) << made.error().message();
  return folder;
}

TestStore::TestStore(const ModelOptions& defaults) {
  ModelStore::Options options;
  options.defaults = defaults;
  options.worker_program = "/proc/self/exe";
  auto created = ModelStore::Create(options, metrics, log);
  EXPECT_TRUE(created) << created.error().message();
  models = *std::move(created);
}

std::future<Result<InferenceResult>> InferLater(ModelStore& store,
                                                InferenceRequest request) {
  std::promise<Result<InferenceResult>> promise;
  auto future = promise.get_future();
  store.Infer(std::move(request), [promise = std::move(promise)](
                                      Result<InferenceResult> result) mutable {
    promise.set_value(std::move(result));
  });
  return future;
}

Result<InferenceResult> InferAndWait(ModelStore& store,
                                     InferenceRequest request) {
  return InferLater(store, std::move(request)).get();
}

InferenceRequest ScaleRequest(const std::string& model,
                              std::span<const float> values) {
  InferenceRequest request;
  request.model = model;
  InputTensor& input = request.inputs.emplace_back();
  input.name = "x";
  input.data_type = DataType::kFloat32;
  input.dims = {static_cast<std::int64_t>(values.size() / kScaleColumns),
                static_cast<std::int64_t>(kScaleColumns)};
  input.bytes = std::as_bytes(values);
  return request;
}

std::vector<float> FloatsOf(const OutputTensor& output) {
  std::vector<float> values(output.bytes.size() / sizeof(float));
  std::memcpy(values.data(), output.bytes.data(),
              values.size() * sizeof(float));
  return values;
}

GatedRequest::GatedRequest(ModelStore& store, const std::string& model) {
  InferenceRequest request;
  request.model = model;
  request.inputs.resize(2);
  request.inputs[0].bytes = std::as_bytes(std::span(&x_, 1));
  request.inputs[1].bytes = std::as_bytes(std::span(&gate_, 1));
  answer_ = InferLater(store, std::move(request));
}

GatedRequest::~GatedRequest() {
  Open();
  if (answer_.valid()) answer_.wait();
}

void GatedRequest::AwaitStart(telemetry::Registry& metrics) const {
  const auto waiting = [&] {
    return MetricValue(metrics, "skerry_inference_pending_requests")
        .value_or(0);
  };
  while (waiting() > 0) std::this_thread::sleep_for(kAwaitPause);
}

std::optional<double> MetricValue(const telemetry::Registry& metrics,
                                  const std::string& series) {
  const std::string text = metrics.RenderPrometheus();
  const std::size_t at = ("\n" + text).find("\n" + series);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t line_end = text.find('\n', at);
  const std::string line = text.substr(at, line_end - at);
  return std::strtod(line.substr(line.rfind(' ') + 1).c_str(), nullptr);
}

}  // namespace skerry::agent
