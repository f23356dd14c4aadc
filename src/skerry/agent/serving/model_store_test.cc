#include "skerry/agent/serving/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "skerry/agent/serving/serving_test_support.h"
#include "skerry/model/container.h"
#include "skerry/runtime/model_test_support.h"

namespace skerry::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Values = std::array<float, kScaleColumns>;

class ModelStoreTest : public ::testing::Test {
 protected:
  void Load(const std::string& alias, const std::string& folder) {
    const auto loaded = store_.models->Load(alias, folder, std::nullopt);
    ASSERT_TRUE(loaded) << loaded.error().message();
  }

  Error FailureOf(InferenceRequest request) {
    auto result = InferAndWait(*store_.models, std::move(request));
    return result ? Error(ErrorCode::kUnknown, "it succeeded") : result.error();
  }

  TestPackages packages_;
  TestStore store_;
  const Values x_ = {1, 2, 3};
};

TEST_F(ModelStoreTest, InfersByTheNamesOfInputs) {
  Load("scale", packages_.Write("a", MakeScaleModel(2)));

  const auto result = InferAndWait(*store_.models, ScaleRequest("scale", x_));

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->model, "scale");
  EXPECT_EQ(result->version, "1");
  ASSERT_EQ(result->outputs.size(), 2U);
  EXPECT_EQ(result->outputs[0].name, "y");
  EXPECT_THAT(FloatsOf(result->outputs[0]), ElementsAre(2, 4, 6));
  EXPECT_EQ(result->outputs[1].name, "sum");
  EXPECT_THAT(FloatsOf(result->outputs[1]), ElementsAre(12));
}

TEST_F(ModelStoreTest, InfersByPositionAndInAnyOrderOfNames) {
  const std::string folder = packages_.Write("a", runtime::TestModelFile());
  Load("m", folder);
  const std::vector<float> x = runtime::TestInput();
  const float bias = 3;
  InferenceRequest by_position;
  by_position.model = "m";
  by_position.inputs.resize(2);
  by_position.inputs[0].bytes = std::as_bytes(std::span(x));
  by_position.inputs[1].bytes = std::as_bytes(std::span(&bias, 1));
  InferenceRequest by_name = by_position;
  by_name.inputs[0].name = "x";
  by_name.inputs[1].name = "bias";
  std::swap(by_name.inputs[0], by_name.inputs[1]);

  for (const InferenceRequest& request : {by_position, by_name}) {
    const auto result = InferAndWait(*store_.models, request);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(FloatsOf(result->outputs[0]), runtime::ExpectedOutput(bias));
  }
}

TEST_F(ModelStoreTest, GivesTheOutputsThatAreWishedWhereTheyAreWished) {
  Load("scale", packages_.Write("a", MakeScaleModel(2)));
  alignas(float) std::array<std::byte, 17> room = {};
  for (const std::size_t offset : {0U, 1U}) {  // aligned, and not
    InferenceRequest request = ScaleRequest("scale", x_);
    request.outputs.push_back({"sum", std::span(room).subspan(offset)});

    const auto result = InferAndWait(*store_.models, std::move(request));

    ASSERT_TRUE(result) << result.error().message();
    ASSERT_EQ(result->outputs.size(), 1U);
    EXPECT_TRUE(result->outputs[0].in_destination);
    EXPECT_THAT(result->outputs[0].bytes, IsEmpty());
    float sum = 0;
    std::memcpy(&sum, room.data() + offset, sizeof sum);
    EXPECT_EQ(sum, 12);
  }
}

TEST_F(ModelStoreTest, TakesInputsThatAreNotAligned) {
  Load("scale", packages_.Write("a", MakeScaleModel(2)));
  alignas(float) std::array<std::byte, sizeof x_ + 1> room = {};
  std::memcpy(room.data() + 1, x_.data(), sizeof x_);
  InferenceRequest request = ScaleRequest("scale", x_);
  request.inputs[0].bytes = std::span(room).subspan(1);

  const auto result = InferAndWait(*store_.models, std::move(request));

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(FloatsOf(result->outputs[0]), ElementsAre(2, 4, 6));
}

TEST_F(ModelStoreTest, NamesModelAndVersionThatAreNotThere) {
  Load("scale", packages_.Write("a", MakeScaleModel(2), "7"));
  InferenceRequest other = ScaleRequest("other", x_);
  InferenceRequest version = ScaleRequest("scale", x_);
  version.version = "8";

  EXPECT_THAT(FailureOf(other).message(), HasSubstr("'other'"));
  EXPECT_EQ(FailureOf(other).code(), ErrorCode::kNotFound);
  EXPECT_THAT(FailureOf(version).message(), HasSubstr("it has '7'"));
}

TEST_F(ModelStoreTest, ARequestPastItsDeadlineIsNotRun) {
  Load("scale", packages_.Write("a", MakeScaleModel(2)));
  InferenceRequest request = ScaleRequest("scale", x_);
  request.deadline = std::chrono::steady_clock::now();

  EXPECT_EQ(FailureOf(std::move(request)).code(), ErrorCode::kDeadlineExceeded);
  const auto statistics = store_.models->Statistics("scale", "");
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->front().execution_count, 0U);
  EXPECT_EQ(statistics->front().fail.count, 1U);
}

TEST_F(ModelStoreTest, ACancelledRequestIsNotRun) {
  Load("scale", packages_.Write("a", MakeScaleModel(2)));
  InferenceRequest request = ScaleRequest("scale", x_);
  request.cancelled = std::make_shared<std::atomic<bool>>(true);

  EXPECT_EQ(FailureOf(std::move(request)).code(), ErrorCode::kCancelled);
}

TEST_F(ModelStoreTest, AFullQueueRefusesAndNamesTheSetting) {
  ModelOptions options;
  options.queue_length = 1;
  ASSERT_TRUE(store_.models->Load("gate", packages_.Write("a", MakeGateModel()),
                                  options));
  GatedRequest running(*store_.models, "gate");
  running.AwaitStart(store_.metrics);
  GatedRequest waiting(*store_.models, "gate");
  GatedRequest refused(*store_.models, "gate");

  const auto result = refused.Wait();

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(result.error().message(), HasSubstr("queue_length"));
  EXPECT_THAT(result.error().message(), HasSubstr("'gate'"));
  running.Open();
  waiting.Open();
  EXPECT_TRUE(running.Wait());
  EXPECT_TRUE(waiting.Wait());
}

TEST_F(ModelStoreTest, AFullQueueDropsRequestsThatNobodyWaitsFor) {
  ModelOptions options;
  options.queue_length = 1;
  ASSERT_TRUE(store_.models->Load("gate", packages_.Write("a", MakeGateModel()),
                                  options));
  GatedRequest running(*store_.models, "gate");
  running.AwaitStart(store_.metrics);
  const float x = 1;
  const std::uint8_t gate = 1;
  InferenceRequest expired;
  expired.model = "gate";
  expired.inputs.resize(2);
  expired.inputs[0].bytes = std::as_bytes(std::span(&x, 1));
  expired.inputs[1].bytes = std::as_bytes(std::span(&gate, 1));
  expired.deadline = std::chrono::steady_clock::now();
  auto dropped = InferLater(*store_.models, std::move(expired));

  GatedRequest waiting(*store_.models, "gate");

  const auto result = dropped.get();  // though the instance is busy
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);
  running.Open();
  waiting.Open();
  EXPECT_TRUE(waiting.Wait());
}

TEST_F(ModelStoreTest, UnloadWaitsForRequestsAndRefusesNewOnes) {
  Load("gate", packages_.Write("a", MakeGateModel()));
  GatedRequest running(*store_.models, "gate");
  running.AwaitStart(store_.metrics);
  GatedRequest waiting(*store_.models, "gate");

  auto unloaded = std::async(std::launch::async,
                             [&] { return store_.models->Unload("gate"); });
  while (!store_.models->List().empty()) std::this_thread::yield();
  GatedRequest late(*store_.models, "gate");
  EXPECT_EQ(late.Wait().error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(unloaded.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);
  running.Open();
  waiting.Open();

  EXPECT_TRUE(unloaded.get());
  EXPECT_TRUE(running.Wait());
  EXPECT_TRUE(waiting.Wait());
  EXPECT_EQ(store_.models->Unload("gate").error().code(), ErrorCode::kNotFound);
}

TEST_F(ModelStoreTest, DrainAnswersWhatWaitsAndRefusesTheRest) {
  Load("gate", packages_.Write("a", MakeGateModel()));
  GatedRequest running(*store_.models, "gate");
  running.AwaitStart(store_.metrics);
  GatedRequest waiting(*store_.models, "gate");

  store_.models->Drain(std::chrono::steady_clock::now());

  EXPECT_EQ(waiting.Wait().error().code(), ErrorCode::kUnavailable);
  GatedRequest late(*store_.models, "gate");
  EXPECT_EQ(late.Wait().error().code(), ErrorCode::kUnavailable);
  running.Open();
  EXPECT_TRUE(running.Wait());
}

TEST_F(ModelStoreTest, LoadRefusesAliasesAndOptionsOutOfBounds) {
  const std::string folder = packages_.Write("a", MakeScaleModel(2));
  const auto code = [&](const std::string& alias, const ModelOptions& options) {
    const auto loaded = store_.models->Load(alias, folder, options);
    return loaded ? ErrorCode::kUnknown : loaded.error().code();
  };
  ModelOptions no_instance, negative_threads, no_queue, no_core, batching;
  no_instance.instance_count = 0;
  negative_threads.thread_count = -1;
  no_queue.queue_length = 0;
  no_core.cores = {1023};
  batching.batch_delay = std::chrono::microseconds(5);  // the extent is 1
  EXPECT_EQ(code("-a", {}), ErrorCode::kInvalidArgument);
  for (const ModelOptions& options :
       {no_instance, negative_threads, no_queue, no_core, batching}) {
    EXPECT_EQ(code("a", options), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(code("a", {}), ErrorCode::kUnknown);
  EXPECT_EQ(code("a", {}), ErrorCode::kAlreadyExists);
}

TEST_F(ModelStoreTest, AModelThatNeedsTooMuchMemoryIsRefusedAndForgotten) {
  Manifest manifest = runtime::TestManifest();
  manifest.arena_bytes = kMemoryBytesMax;
  const std::string folder =
      packages_.Write("a", WriteContainer(runtime::TestElf(), manifest));
  for (int i = 0; i < 3; ++i) {
    const auto loaded = store_.models->Load("a", folder, std::nullopt);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code(), ErrorCode::kResourceExhausted);
  }
  EXPECT_THAT(store_.models->List(), IsEmpty());
}

TEST_F(ModelStoreTest, OutputsMayNotOverlapInputs) {
  Load("scale", packages_.Write("a", MakeScaleModel(2)));
  Values room = x_;
  InferenceRequest request = ScaleRequest("scale", room);
  request.outputs.push_back({"y", std::as_writable_bytes(std::span(room))});
  const Error error = FailureOf(std::move(request));
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("it overlaps input 'x'"));
}

TEST_F(ModelStoreTest, InstancesRunAtTheSameTime) {
  ModelOptions options;
  options.instance_count = 2;
  ASSERT_TRUE(store_.models->Load("gate", packages_.Write("a", MakeGateModel()),
                                  options));
  GatedRequest first(*store_.models, "gate");
  GatedRequest second(*store_.models, "gate");
  second.Open();
  EXPECT_TRUE(second.Wait());  // though the first still runs
  first.Open();
  EXPECT_TRUE(first.Wait());
}

TEST_F(ModelStoreTest, ListsAndDescribesWhatIsLoaded) {
  const std::string folder = packages_.Write("a", MakeScaleModel(2), "3");
  Load("b", folder);
  Load("a", folder);

  const auto list = store_.models->List();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].alias, "a");
  EXPECT_EQ(list[1].alias, "b");
  const auto description = store_.models->Describe("a", "");
  ASSERT_TRUE(description);
  EXPECT_EQ(description->version, "3");
  EXPECT_EQ(description->folder, folder);
  EXPECT_EQ(description->inputs.front().name, "x");
  EXPECT_EQ(store_.models->Describe("a", "4").error().code(),
            ErrorCode::kNotFound);
}

TEST_F(ModelStoreTest, CountsInOwnAndInTritonsSeries) {
  Load("scale", packages_.Write("a", MakeScaleModel(2)));
  ASSERT_TRUE(InferAndWait(*store_.models, ScaleRequest("scale", x_)));
  InferenceRequest wrong = ScaleRequest("scale", x_);
  wrong.inputs[0].bytes = {};
  EXPECT_EQ(FailureOf(std::move(wrong)).code(), ErrorCode::kInvalidArgument);

  const auto value = [&](const std::string& series, const char* label = "") {
    return MetricValue(store_.metrics,
                       series + "{model=\"scale\"," + label + "version=\"1\"")
        .value_or(-1);
  };
  EXPECT_EQ(value("skerry_inference_requests_total", "outcome=\"success\","),
            1);
  EXPECT_EQ(value("skerry_inference_requests_total", "outcome=\"invalid\","),
            1);
  EXPECT_EQ(value("skerry_inference_request_duration_seconds_count"), 1);
  EXPECT_EQ(value("nv_inference_request_success"), 1);
  EXPECT_EQ(value("nv_inference_request_failure", "reason=\"OTHER\","), 1);
  EXPECT_EQ(value("nv_inference_exec_count"), 1);
  EXPECT_EQ(value("nv_inference_pending_request_count"), 0);
  ASSERT_TRUE(store_.models->Unload("scale"));
  EXPECT_EQ(value("nv_inference_request_success"), -1);
}

TEST(ModelAliasTest, IsLettersDigitsAndInnerHyphens) {
  for (const char* alias : {"a", "7", "a-b", "a--b", "Model-2"}) {
    EXPECT_TRUE(IsModelAlias(alias)) << alias;
  }
  for (const char* alias : {"", "-a", "a-", "a_b", "a.b", "a/b", "\xC3\xA4"}) {
    EXPECT_FALSE(IsModelAlias(alias)) << alias;
  }
  EXPECT_TRUE(IsModelAlias(std::string(255, 'a')));
  EXPECT_FALSE(IsModelAlias(std::string(256, 'a')));
}

}  // namespace
}  // namespace skerry::agent
