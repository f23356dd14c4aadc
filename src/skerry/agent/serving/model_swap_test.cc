// Versions that come and go while requests run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "skerry/agent/serving/model_store.h"
#include "skerry/agent/serving/serving_test_support.h"
#include "skerry/platform/process.h"

namespace skerry::agent {
namespace {

using ::testing::HasSubstr;

using Values = std::array<float, kScaleColumns>;

class ModelSwapTest : public ::testing::Test {
 protected:
  std::string Package(const std::string& version, int factor) {
    return packages_.Write("p" + version, MakeScaleModel(factor), version);
  }
  float FactorOf(const std::string& alias) {
    const Values x = {1, 0, 0};
    const auto result = InferAndWait(*store_.models, ScaleRequest(alias, x));
    return result ? FloatsOf(result->outputs[0])[0] : -1;
  }
  std::vector<std::string> VersionsOf(const std::string& alias) {
    std::vector<std::string> names;
    for (const auto& description : *store_.models->Versions(alias)) {
      names.push_back(description.version);
    }
    return names;
  }

  TestPackages packages_;
  TestStore store_;
};

TEST_F(ModelSwapTest, SwapReplacesTheVersionThatRequestsGet) {
  ASSERT_TRUE(store_.models->Swap("m", Package("1", 1), std::nullopt));
  EXPECT_EQ(FactorOf("m"), 1);

  ASSERT_TRUE(store_.models->Swap("m", Package("2", 2), std::nullopt));

  EXPECT_EQ(FactorOf("m"), 2);
  EXPECT_THAT(VersionsOf("m"), ::testing::ElementsAre("2"));
}

TEST_F(ModelSwapTest, SwapKeepsTheArmsOfASplit) {
  ASSERT_TRUE(store_.models->Load("m", Package("1", 1), std::nullopt));
  ASSERT_TRUE(store_.models->SetSplit("m", Split{"s", {{"1", 10000}}, ""}));

  ASSERT_TRUE(store_.models->Swap("m", Package("2", 2), std::nullopt));

  EXPECT_EQ(FactorOf("m"), 1);  // the split says otherwise
  EXPECT_THAT(VersionsOf("m"), ::testing::UnorderedElementsAre("1", "2"));
}

TEST_F(ModelSwapTest, SwapOfTheSameVersionReplacesItInTheSplitToo) {
  ASSERT_TRUE(store_.models->Load("m", Package("1", 1), std::nullopt));
  ASSERT_TRUE(store_.models->SetSplit("m", Split{"s", {{"1", 10000}}, ""}));
  const std::string again = packages_.Write("again", MakeScaleModel(3), "1");

  ASSERT_TRUE(store_.models->Swap("m", again, std::nullopt));

  EXPECT_EQ(FactorOf("m"), 3);
  EXPECT_THAT(VersionsOf("m"), ::testing::ElementsAre("1"));
}

TEST_F(ModelSwapTest, AFailedSwapLeavesWhatIsServed) {
  ASSERT_TRUE(store_.models->Load("m", Package("1", 1), std::nullopt));
  EXPECT_EQ(store_.models->Swap("m", packages_.Path("none"), std::nullopt)
                .error()
                .code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(FactorOf("m"), 1);
}

TEST_F(ModelSwapTest, AVersionThatIsThereIsNotAddedAgain) {
  const std::string first = Package("1", 1);
  EXPECT_EQ(store_.models->AddVersion("m", first, std::nullopt).error().code(),
            ErrorCode::kNotFound);
  ASSERT_TRUE(store_.models->Load("m", first, std::nullopt));
  EXPECT_EQ(store_.models->AddVersion("m", first, std::nullopt).error().code(),
            ErrorCode::kAlreadyExists);
}

TEST_F(ModelSwapTest, VersionsHaveALimitThatIsNamed) {
  ASSERT_TRUE(store_.models->Load("m", Package("0", 1), std::nullopt));
  for (std::size_t i = 1; i < kVersionCountMax; ++i) {
    ASSERT_TRUE(store_.models->AddVersion("m", Package(std::to_string(i), 1),
                                          std::nullopt));
  }
  const auto added =
      store_.models->AddVersion("m", Package("more", 1), std::nullopt);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(added.error().message(), HasSubstr("limit is 16"));
}

TEST_F(ModelSwapTest, RequestsBeforeASwapEndWithTheOldVersion) {
  ASSERT_TRUE(store_.models->Load(
      "m", packages_.Write("g", MakeGateModel(), "1"), std::nullopt));
  GatedRequest running(*store_.models, "m");
  running.AwaitStart(store_.metrics);
  GatedRequest waiting(*store_.models, "m");

  auto swapped = std::async(std::launch::async, [&] {
    return store_.models->Swap("m", Package("2", 2), std::nullopt);
  });
  while (FactorOf("m") != 2) std::this_thread::yield();
  running.Open();
  waiting.Open();

  EXPECT_TRUE(swapped.get());
  EXPECT_EQ(running.Wait()->version, "1");
  EXPECT_EQ(waiting.Wait()->version, "1");
}

// What the clients of the test below saw.
struct Tally {
  std::atomic<int> answered = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<int> late = 0;
  std::atomic<int> not_loaded = 0;
  std::atomic<int> wrong = 0;
};

// Checks that the answer belongs to the request: version N multiplies by N.
void CheckAnswer(const Result<InferenceResult>& result, const Values& x,
                 const std::string& alias, Tally& tally) {
  if (result) {
    const auto factor = static_cast<float>(std::stoi(result->version));
    const std::vector<float> y = FloatsOf(result->outputs[0]);
    bool right = result->model == alias && y.size() == x.size();
    for (std::size_t i = 0; right && i < x.size(); ++i) {
      right = y[i] == factor * x[i];
    }
    ++(right ? tally.answered : tally.wrong);
    return;
  }
  switch (result.error().code()) {
    case ErrorCode::kCancelled:
      ++tally.cancelled;
      break;
    case ErrorCode::kDeadlineExceeded:
      ++tally.late;
      break;
    case ErrorCode::kNotFound:
      // Only the alias that is unloaded may be gone.
      ++(alias == "coming" ? tally.not_loaded : tally.wrong);
      break;
    default:
      ADD_FAILURE() << result.error().message();
      ++tally.wrong;
  }
}

void RunClient(ModelStore& store, int client, int count, Tally& tally) {
  std::minstd_rand random(static_cast<unsigned>(client));
  constexpr unsigned kOneOf = 16;
  for (int i = 0; i < count; ++i) {
    const auto base = static_cast<float>(client * count + i);
    const Values x = {base, base + 0.25F, -base};
    const std::string alias = random() % 4 == 0 ? "coming" : "staying";
    InferenceRequest request = ScaleRequest(alias, x);
    const auto cancelled = std::make_shared<std::atomic<bool>>(false);
    request.cancelled = cancelled;
    request.unit = std::to_string(random() % kOneOf);
    if (random() % kOneOf == 0) {
      request.deadline = std::chrono::steady_clock::now() +
                         std::chrono::microseconds(random() % 50);
    }
    auto answer = InferLater(store, std::move(request));
    if (random() % kOneOf == 0) *cancelled = true;
    CheckAnswer(answer.get(), x, alias, tally);
  }
}

TEST_F(ModelSwapTest, NoAnswerIsLostOrCrossedWhileModelsComeAndGo) {
  constexpr int kClients = 6;
  constexpr int kRequests = 1500;
  ModelOptions options;
  options.instance_count = 2;
  const std::array<std::string, 2> folders = {Package("1", 1), Package("2", 2)};
  ASSERT_TRUE(store_.models->Load("staying", folders[0], options));
  Tally tally;
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    for (std::size_t i = 1; !stop; ++i) {
      EXPECT_TRUE(store_.models->Swap("staying", folders[i % 2], options));
      if (i % 3 == 0) {
        EXPECT_TRUE(store_.models->AddVersion("staying", folders[(i + 1) % 2],
                                              options));
        EXPECT_TRUE(store_.models->SetSplit(
            "staying", Split{"s", {{"1", 5000}, {"2", 5000}}, ""}));
        EXPECT_TRUE(store_.models->SetSplit("staying", std::nullopt));
      }
    }
  });
  std::thread loader([&] {
    while (!stop) {
      EXPECT_TRUE(store_.models->Load("coming", folders[1], options));
      EXPECT_TRUE(store_.models->Unload("coming"));
    }
  });
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back(
          [&, client] { RunClient(*store_.models, client, kRequests, tally); });
    }
  }
  stop = true;
  swapper.join();
  loader.join();

  EXPECT_EQ(tally.wrong, 0);
  EXPECT_EQ(tally.answered + tally.cancelled + tally.late + tally.not_loaded,
            kClients * kRequests);
  EXPECT_GT(tally.answered, kClients * kRequests / 2);
}

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer)
TEST_F(ModelSwapTest, LoadingAgainAndAgainTakesNoMoreMemory) {
  constexpr int kWarmUp = 50;
  constexpr int kRounds = 300;
  constexpr std::size_t kGrowthBytesMax = std::size_t{1} << 20;
  const std::string folder = Package("1", 1);
  std::size_t before = 0;
  for (int i = 0; i < kRounds; ++i) {
    if (i == kWarmUp) before = platform::ProcessMemory().resident_bytes;
    ASSERT_TRUE(store_.models->Load("m", folder, std::nullopt));
    EXPECT_EQ(FactorOf("m"), 1);
    ASSERT_TRUE(store_.models->Unload("m"));
  }
  EXPECT_LT(platform::ProcessMemory().resident_bytes, before + kGrowthBytesMax);
}
#endif

}  // namespace
}  // namespace skerry::agent
