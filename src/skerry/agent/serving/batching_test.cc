// Requests that run together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "skerry/agent/serving/model_store.h"
#include "skerry/agent/serving/serving_test_support.h"

namespace skerry::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kBatch = 4;
constexpr auto kLong = std::chrono::seconds(10);

using Future = std::future<Result<InferenceResult>>;

class BatchingTest : public ::testing::Test {
 protected:
  void Load(std::chrono::microseconds delay) {
    ModelOptions options;
    options.batch_delay = delay;
    const auto loaded = store_.models->Load(
        "m", packages_.Write("m", MakeScaleModel(2, kBatch)), options);
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  Future Infer(const std::vector<float>& values) {
    return InferLater(*store_.models, ScaleRequest("m", values));
  }
  ModelStatistics Statistics() {
    return store_.models->Statistics("m", "")->front();
  }

  TestPackages packages_;
  TestStore store_;
};

TEST_F(BatchingTest, RequestsThatFillABatchRunTogetherAtOnce) {
  Load(kLong);
  const std::vector<float> one = {1, 2, 3};
  const std::vector<float> two = {4, 5, 6, 7, 8, 9};
  const std::vector<float> three = {-1, 0, 1};
  Future a = Infer(one);
  Future b = Infer(two);
  Future c = Infer(three);

  const auto first = a.get();
  const auto second = b.get();
  const auto third = c.get();

  ASSERT_TRUE(first && second && third);
  EXPECT_THAT(FloatsOf(first->outputs[0]), ElementsAre(2, 4, 6));
  EXPECT_THAT(FloatsOf(second->outputs[0]), ElementsAre(8, 10, 12, 14, 16, 18));
  EXPECT_THAT(FloatsOf(second->outputs[1]), ElementsAre(30, 48));
  EXPECT_THAT(FloatsOf(third->outputs[0]), ElementsAre(-2, 0, 2));
  EXPECT_EQ(second->outputs[0].type.shape, Shape({2, 3}));
  EXPECT_EQ(Statistics().execution_count, 1U);
  EXPECT_EQ(Statistics().inference_count, 4U);
  EXPECT_EQ(Statistics().success.count, 3U);
}

TEST_F(BatchingTest, ABatchThatIsNotFullRunsAfterTheDelay) {
  Load(std::chrono::microseconds(100));
  const std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8, 9};

  const auto result = Infer(values).get();

  ASSERT_TRUE(result);
  EXPECT_THAT(FloatsOf(result->outputs[1]), ElementsAre(12, 30, 48));
}

TEST_F(BatchingTest, ARequestThatDoesNotFitWaitsForTheNextBatch) {
  Load(kLong);
  const std::vector<float> three(9, 1);
  const std::vector<float> two(6, 2);
  Future a = Infer(three);
  Future b = Infer(two);  // 5 rows, so the first runs without it

  ASSERT_TRUE(a.get());
  EXPECT_EQ(b.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  Future c = Infer(two);
  ASSERT_TRUE(b.get());
  ASSERT_TRUE(c.get());
  EXPECT_EQ(Statistics().execution_count, 2U);
}

TEST_F(BatchingTest, UnloadDoesNotWaitForTheDelay) {
  Load(kLong);
  const std::vector<float> one(3, 1);
  Future a = Infer(one);
  const auto start = std::chrono::steady_clock::now();

  ASSERT_TRUE(store_.models->Unload("m"));

  EXPECT_TRUE(a.get());
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLong / 2);
}

TEST_F(BatchingTest, OutputsGoToTheirDestinations) {
  Load(std::chrono::microseconds(0));
  const std::vector<float> values = {1, 2, 3};
  std::array<float, kScaleColumns> room = {};
  InferenceRequest request = ScaleRequest("m", values);
  request.outputs.push_back({"y", std::as_writable_bytes(std::span(room))});

  const auto result = InferAndWait(*store_.models, std::move(request));

  ASSERT_TRUE(result);
  EXPECT_THAT(room, ElementsAre(2, 4, 6));
}

TEST_F(BatchingTest, ExtentsOutOfBoundsAreRefusedByName) {
  Load(std::chrono::microseconds(0));
  const std::vector<float> five(15, 1);
  const auto too_many = Infer(five).get();
  ASSERT_FALSE(too_many);
  EXPECT_THAT(too_many.error().message(),
              HasSubstr("input 'x': got float32[5, 3], want "
                        "float32[1 to 4, 3]"));

  InferenceRequest by_bytes = ScaleRequest("m", std::span(five).first(6));
  by_bytes.inputs[0].dims.reset();
  EXPECT_TRUE(InferAndWait(*store_.models, by_bytes));
  by_bytes.inputs[0].bytes = by_bytes.inputs[0].bytes.first(13);
  EXPECT_THAT(InferAndWait(*store_.models, by_bytes).error().message(),
              HasSubstr("got 13 bytes, want 1 to 4 times 12"));
  by_bytes.inputs[0].bytes = {};
  EXPECT_FALSE(InferAndWait(*store_.models, by_bytes));
}

TEST_F(BatchingTest, ManyClientsEachGetTheirRows) {
  Load(std::chrono::microseconds(200));
  constexpr int kClients = 8;
  constexpr int kRequests = 200;
  std::vector<std::jthread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < kRequests; ++i) {
        const auto rows = static_cast<std::size_t>(1 + (client + i) % 3);
        const std::vector<float> values(rows * kScaleColumns,
                                        static_cast<float>(client * 1000 + i));
        const auto result = Infer(values).get();
        ASSERT_TRUE(result) << result.error().message();
        std::vector<float> wanted = values;
        for (float& value : wanted) value *= 2;
        ASSERT_EQ(FloatsOf(result->outputs[0]), wanted);
      }
    });
  }
  clients.clear();
  EXPECT_EQ(Statistics().success.count, kClients * kRequests);
  EXPECT_LT(Statistics().execution_count, kClients * kRequests);
}

}  // namespace
}  // namespace skerry::agent
