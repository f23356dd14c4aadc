// What an instance hands to its executor.
#include "skerry/agent/serving/instance.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace skerry::agent {
namespace {

using Inputs = std::span<const std::span<const std::byte>>;

// Does what a test says, in place of a model.
class FakeExecutor final : public Executor {
 public:
  explicit FakeExecutor(std::function<void(Inputs)> run)
      : run_(std::move(run)) {}

  Result<void> Run(Inputs inputs,
                   std::span<const std::span<std::byte>>) override {
    run_(inputs);
    return {};
  }

 private:
  std::function<void(Inputs)> run_;
};

class InstanceTest : public ::testing::Test {
 protected:
  // Runs a request with `index` and `value` as its inputs.
  void Run(bool in_shared_memory, std::function<void(Inputs)> run) {
    auto contract = RequestContract::Create(manifest_, /*batching=*/false);
    ASSERT_TRUE(contract) << contract.error().message();
    RunTime run_time;
    auto instance =
        Instance::Create({"m", "1", *contract, metrics_, run_time},
                         std::make_unique<FakeExecutor>(std::move(run)));
    ASSERT_TRUE(instance);
    RequestList batch;
    PendingRequest& pending = batch.emplace_back();
    pending.request.inputs.resize(2);
    pending.request.inputs[0].bytes = std::as_bytes(std::span(&index_, 1));
    pending.request.inputs[1].bytes = std::as_bytes(std::span(&value_, 1));
    for (InputTensor& input : pending.request.inputs) {
      input.in_shared_memory = in_shared_memory;
    }
    auto extent = contract->Bind(pending.request);
    ASSERT_TRUE(extent) << extent.error().message();
    pending.extent = *extent;
    pending.metrics = std::make_shared<RequestMetrics>(registry_, "m", "1", "");
    pending.done = [this](const Result<InferenceResult>& result) {
      answered_ = result.has_value();
    };
    (*instance)->Run(batch);
  }

  std::int64_t index_ = 3;
  float value_ = 1;
  Manifest manifest_ = [] {
    Manifest manifest;
    manifest.inputs = {{"index", {DataType::kInt64, Shape({1})}},
                       {"value", {DataType::kFloat32, Shape({1})}}};
    return manifest;
  }();
  telemetry::Registry registry_;
  VersionMetrics metrics_{registry_, "m", "1"};
  bool answered_ = false;
};

TEST_F(InstanceTest, AnIndexInSharedMemoryDoesNotChangeWhileAModelRuns) {
  std::vector<std::int64_t> seen;

  Run(/*in_shared_memory=*/true, [&](Inputs inputs) {
    const auto* const index =
        reinterpret_cast<const volatile std::int64_t*>(inputs[0].data());
    seen.emplace_back(*index);
    index_ = 1'000'000;  // as a client does who wants us to read elsewhere
    seen.emplace_back(*index);
  });

  EXPECT_TRUE(answered_);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{3, 3}));
}

TEST_F(InstanceTest, OtherInputsAreUsedInPlace) {
  const void* index = nullptr;
  const void* value = nullptr;

  Run(/*in_shared_memory=*/false,
      [&](Inputs inputs) { index = inputs[0].data(); });
  Run(/*in_shared_memory=*/true,
      [&](Inputs inputs) { value = inputs[1].data(); });

  EXPECT_EQ(index, &index_);
  EXPECT_EQ(value, &value_);
}

}  // namespace
}  // namespace skerry::agent
