#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "skerry/agent/serving/inference.h"
#include "skerry/agent/serving/model_store.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::agent {

/// Columns of the inputs and outputs of MakeScaleModel.
inline constexpr std::size_t kScaleColumns = 3;

/// The file of a model with input `x`, float32[rows, 3], and outputs `y`, of
/// the same type, and `sum`, float32[rows, 1]: y is factor * x, and sum the
/// sum of y's row.
std::vector<std::byte> MakeScaleModel(int factor, int rows = 1);

/// The file of a model that runs until it is told to end: with inputs `x`,
/// float32[1], and `gate`, of that type, [1], it waits until the gate's first
/// byte, which is used in place, is 1. Its output `y` is x.
std::vector<std::byte> MakeGateModel(DataType gate = DataType::kUint8);

/// The file of a model that is slow: with input `x`, float32[1], its output
/// `y` is x after some tens of microseconds.
std::vector<std::byte> MakeSlowModel();

/// A folder of packages that goes away with this object.
class TestPackages {
 public:
  TestPackages();

  /// Writes a package, and returns its folder. Names must be new ones.
  std::string Write(const std::string& folder_name,
                    const std::vector<std::byte>& model,
                    const std::string& version = "1");
  std::string Path(const std::string& name) const { return root_.Join(name); }

 private:
  platform::TempDirectory root_;
};

/// A store, and what it needs. Isolated models run in the test's own program,
/// if its `main` knows of workers.
struct TestStore {
  explicit TestStore(const ModelOptions& defaults = {});

  telemetry::Registry metrics;
  telemetry::Logger log{{telemetry::LogFormat::kText,
                         telemetry::LogLevel::kError,
                         /*descriptor=*/1, /*version=*/"test"}};
  std::unique_ptr<ModelStore> models;
};

/// Infers and waits for the answer.
Result<InferenceResult> InferAndWait(ModelStore& store,
                                     InferenceRequest request);
/// Infers; the answer is the future's.
std::future<Result<InferenceResult>> InferLater(ModelStore& store,
                                                InferenceRequest request);

/// A request with the one input `values`, in rows of kScaleColumns, which
/// must outlive the answer.
InferenceRequest ScaleRequest(const std::string& model,
                              std::span<const float> values);

/// The float32 elements of an output.
std::vector<float> FloatsOf(const OutputTensor& output);

/// A request to a gate model that runs until `Open`.
class GatedRequest {
 public:
  GatedRequest(ModelStore& store, const std::string& model);
  ~GatedRequest();

  /// Waits until an instance has taken it up: nothing waits then.
  void AwaitStart(telemetry::Registry& metrics) const;
  void Open() {
    std::atomic_ref(gate_).store(std::uint8_t{1}, std::memory_order_release);
  }
  Result<InferenceResult> Wait() { return answer_.get(); }

 private:
  float x_ = 1;
  std::uint8_t gate_ = 0;
  std::future<Result<InferenceResult>> answer_;
};

/// The number of the first series in `metrics`' text that begins with
/// `series`; nothing if there is none.
std::optional<double> MetricValue(const telemetry::Registry& metrics,
                                  const std::string& series);

}  // namespace skerry::agent
