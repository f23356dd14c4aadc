#include "skerry/agent/serving/shadow.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <cstring>
#include <future>
#include <utility>
#include <vector>

#include "skerry/agent/serving/serving_test_support.h"

namespace skerry::agent {
namespace {

using Values = std::array<float, 3>;

std::span<const std::byte> BytesOf(const Values& values) {
  return std::as_bytes(std::span(values));
}

RequestContract Contract() {
  Manifest manifest;
  manifest.inputs = {{"x", {DataType::kFloat32, {3}}}};
  manifest.outputs = {{"y", {DataType::kFloat32, {3}}}};
  auto contract = RequestContract::Create(manifest, /*batching=*/false);
  EXPECT_TRUE(contract);
  return *std::move(contract);
}

// Gives its input back, once it may.
class WaitingExecutor final : public Executor {
 public:
  WaitingExecutor(std::shared_future<void> may_end, std::atomic<int>& policy)
      : may_end_(std::move(may_end)), policy_(policy) {}

  Result<void> Run(std::span<const std::span<const std::byte>> inputs,
                   std::span<const std::span<std::byte>> outputs) override {
    policy_ = sched_getscheduler(0);
    may_end_.wait();
    std::memcpy(outputs[0].data(), inputs[0].data(), inputs[0].size());
    return {};
  }

 private:
  std::shared_future<void> may_end_;
  std::atomic<int>& policy_;
};

class ShadowTest : public ::testing::Test {
 protected:
  ShadowTest() {
    auto created = Shadow::Create(
        "m", "2", Contract(),
        [this]() -> Result<std::unique_ptr<Executor>> {
          return std::make_unique<WaitingExecutor>(
              may_end_.get_future().share(), policy_);
        },
        metrics_);
    EXPECT_TRUE(created);
    shadow_ = *std::move(created);
  }

  void Offer(const Values& x, const Values& answer) {
    std::vector<InputTensor> inputs(1);
    inputs[0].bytes = BytesOf(x);
    shadow_->Offer(inputs, BytesOf(answer));
  }
  double Outcome(const std::string& name) {
    return MetricValue(metrics_,
                       "skerry_shadow_requests_total{model=\"m\",outcome=\"" +
                           name + "\"")
        .value_or(-1);
  }
  double Metric(const std::string& series) {
    return MetricValue(metrics_, series).value_or(-1);
  }
  // Offers until the shadow has taken up one more than `runs` runs.
  void OfferUntilTaken(const Values& x, const Values& answer) {
    const double dropped = Outcome("dropped");
    const double offered = offered_;
    while (true) {
      Offer(x, answer);
      ++offered_;
      if (Outcome("dropped") - dropped < offered_ - offered) return;
    }
  }

  telemetry::Registry metrics_;
  std::promise<void> may_end_;
  std::atomic<int> policy_ = -1;
  double offered_ = 0;
  std::shared_ptr<Shadow> shadow_;
};

TEST_F(ShadowTest, RequestsThatFindItBusyAreDroppedAndCounted) {
  OfferUntilTaken({1, 2, 3}, {1, 2, 3});
  const double dropped = Outcome("dropped");

  Offer({1, 2, 3}, {1, 2, 3});
  Offer({1, 2, 3}, {1, 2, 3});

  EXPECT_EQ(Outcome("dropped"), dropped + 2);
  EXPECT_EQ(Outcome("run"), 0);
  may_end_.set_value();
  shadow_->Stop();
  Offer({1, 2, 3}, {1, 2, 3});
  EXPECT_EQ(Outcome("dropped"), dropped + 3);
}

TEST_F(ShadowTest, CountsHowOftenItAgreesWithTheIncumbent) {
  may_end_.set_value();
  OfferUntilTaken({1, 2, 3}, {1, 1, 9});  // the third, both
  OfferUntilTaken({1, 2, 3}, {8, 1, 5});  // the third, the first
  OfferUntilTaken({1, 2, 3}, {});         // zeros: the third, the first
  while (Outcome("run") < 3) sched_yield();
  shadow_->Stop();

  EXPECT_EQ(Metric("skerry_shadow_comparisons_total"), 3);
  EXPECT_EQ(Metric("skerry_shadow_agreement_total"), 1);
}

TEST_F(ShadowTest, RunsAtIdlePriority) {
  may_end_.set_value();
  OfferUntilTaken({1, 2, 3}, {1, 2, 3});
  while (policy_ == -1) sched_yield();
  EXPECT_EQ(policy_, SCHED_IDLE);
}

TEST(BestOfTest, IsThePlaceOfTheLargestValue) {
  const std::array<float, 4> values = {-3, 1, 7, 2};
  const auto bytes = std::as_bytes(std::span(values));
  EXPECT_EQ(BestOf(DataType::kFloat32, bytes), 2U);
  EXPECT_EQ(BestOf(DataType::kFloat32, {}), std::nullopt);
  EXPECT_EQ(BestOf(DataType::kInt32, bytes), std::nullopt);
}

}  // namespace
}  // namespace skerry::agent
