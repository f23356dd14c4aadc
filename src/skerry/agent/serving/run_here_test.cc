// Requests that run on the thread that brings them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "skerry/agent/serving/model_store.h"
#include "skerry/agent/serving/model_version.h"
#include "skerry/agent/serving/serving_test_support.h"
#include "skerry/platform/process.h"

namespace skerry::agent {
namespace {

using Clock = std::chrono::steady_clock;

// More than it takes for a model's mean time to fall from the longest, and for
// some runs that the machine held up.
constexpr int kTries = 5000;

// An answer, and the thread that it came on.
struct Answer {
  Result<InferenceResult> result;
  std::thread::id thread;
};

Answer Ask(ModelStore& store, InferenceRequest request) {
  std::promise<Answer> promise;
  auto future = promise.get_future();
  store.Infer(std::move(request), [&](Result<InferenceResult> result) {
    promise.set_value({std::move(result), std::this_thread::get_id()});
  });
  return future.get();
}

int FirstCore() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  int core = 0;
  while (!CPU_ISSET(core, &set)) ++core;
  return core;
}

class RunHereTest : public ::testing::Test {
 protected:
  void Load(const std::vector<std::byte>& model,
            const ModelOptions& options = {}) {
    const std::string name = "p" + std::to_string(package_count_++);
    const auto loaded =
        store_.models->Load("m", packages_.Write(name, model), options);
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  InferenceRequest Scale() const { return ScaleRequest("m", x_); }
  InferenceRequest OpenGate() const { return Gate(open_); }
  InferenceRequest Gate(const std::uint8_t& gate) const {
    InferenceRequest request;
    request.model = "m";
    request.inputs.resize(2);
    request.inputs[0].bytes = std::as_bytes(std::span(x_).first(1));
    request.inputs[1].bytes = std::as_bytes(std::span(&gate, 1));
    return request;
  }

  bool RunsHere(InferenceRequest request) {
    const Answer answer = Ask(*store_.models, std::move(request));
    EXPECT_TRUE(answer.result) << answer.result.error().message();
    return answer.thread == std::this_thread::get_id();
  }
  // Whether one of many does.
  bool EverRunsHere(const InferenceRequest& request, int tries = kTries) {
    for (int i = 0; i < tries; ++i) {
      if (RunsHere(request)) return true;
    }
    return false;
  }
  std::uint64_t ExecutionCount() {
    return store_.models->Statistics("m", "")->front().execution_count;
  }

  TestPackages packages_;
  TestStore store_;
  const std::array<float, kScaleColumns> x_ = {1, 2, 3};
  const std::uint8_t open_ = 1;
  int package_count_ = 0;
};

TEST_F(RunHereTest, AFastModelDoesOnceItsTimeIsKnown) {
  Load(MakeScaleModel(2));

  EXPECT_FALSE(RunsHere(Scale()));
  EXPECT_TRUE(EverRunsHere(Scale()));
}

TEST_F(RunHereTest, TheAnswerIsTheSame) {
  Load(MakeScaleModel(2));
  ASSERT_TRUE(EverRunsHere(Scale()));
  const std::uint64_t before = ExecutionCount();

  const Answer answer = Ask(*store_.models, Scale());

  ASSERT_TRUE(answer.result);
  EXPECT_THAT(FloatsOf(answer.result->outputs[0]),
              ::testing::ElementsAre(2, 4, 6));
  EXPECT_EQ(answer.result->version, "1");
  EXPECT_EQ(ExecutionCount(), before + 1);
}

TEST_F(RunHereTest, ASlowModelDoesNot) {
  Load(MakeGateModel());
  for (int i = 0; i < 3; ++i) {
    GatedRequest request(*store_.models, "m");
    const auto end = Clock::now() + RunTime::kLongest;
    while (Clock::now() < end) std::this_thread::yield();
    request.Open();
    EXPECT_TRUE(request.Wait());
  }

  EXPECT_FALSE(RunsHere(OpenGate()));
  // And does when it is no longer slow.
  EXPECT_TRUE(EverRunsHere(OpenGate()));
}

TEST_F(RunHereTest, AModelOfPinnedThreadsDoesNot) {
  ModelOptions options;
  options.cores = {FirstCore()};
  Load(MakeScaleModel(2), options);

  EXPECT_FALSE(EverRunsHere(Scale(), 200));
}

TEST_F(RunHereTest, AModelThatBatchesDoesNot) {
  ModelOptions options;
  options.batch_delay = std::chrono::microseconds(0);
  Load(MakeScaleModel(2, 2), options);

  EXPECT_FALSE(EverRunsHere(Scale(), 200));
}

TEST_F(RunHereTest, AnIsolatedModelDoesNot) {
  ModelOptions options;
  options.isolate = true;
  Load(MakeScaleModel(2), options);

  EXPECT_FALSE(EverRunsHere(Scale(), 200));
}

TEST_F(RunHereTest, AThreadThatNeverWaitsHandsOver) {
  Load(MakeSlowModel());
  InferenceRequest request;
  request.model = "m";
  request.inputs.resize(1);
  request.inputs[0].bytes = std::as_bytes(std::span(x_).first(1));
  ASSERT_TRUE(EverRunsHere(request));

  std::uint64_t waits_before = platform::ThreadWaitCount();
  bool before = true;
  for (int i = 0; i < 200; ++i) {
    const bool here = RunsHere(request);
    const std::uint64_t waits = platform::ThreadWaitCount();
    EXPECT_FALSE(here && before && waits == waits_before);
    before = here;
    waits_before = waits;
  }
}

TEST_F(RunHereTest, DeadRequestsAreNotRun) {
  Load(MakeScaleModel(2));
  ASSERT_TRUE(EverRunsHere(Scale()));
  const std::uint64_t before = ExecutionCount();
  InferenceRequest late = Scale();
  late.deadline = Clock::now();
  InferenceRequest cancelled = Scale();
  cancelled.cancelled = std::make_shared<std::atomic<bool>>(true);

  const Answer of_late = Ask(*store_.models, std::move(late));
  const Answer of_cancelled = Ask(*store_.models, std::move(cancelled));

  EXPECT_EQ(of_late.result.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(of_cancelled.result.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(ExecutionCount(), before);
}

// A request that runs on a thread of the test until it is opened.
class HeldRequest {
 public:
  HeldRequest(ModelStore& store, InferenceRequest (*make)(std::uint8_t&))
      : thread_([this, &store, make] {
          const Answer answer = Ask(store, make(gate_));
          EXPECT_TRUE(answer.result);
          ran_here_ = answer.thread == std::this_thread::get_id();
        }) {}
  ~HeldRequest() { Open(); }

  void Open() {
    opened_ = true;
    std::atomic_ref(gate_).store(std::uint8_t{1}, std::memory_order_release);
  }
  bool opened() const { return opened_; }
  // Opens, and waits for the end. Whether it ran on the test's thread.
  bool End() {
    Open();
    thread_.join();
    return ran_here_;
  }

 private:
  std::uint8_t gate_ = 0;
  std::atomic<bool> opened_ = false;
  bool ran_here_ = false;
  std::jthread thread_;
};

// What is done while a request is held.
class HeldRunTest : public RunHereTest {
 protected:
  // Calls `body` with a request that an instance has taken up, again until
  // that was run on a thread of the test.
  template <class Body>
  void WithHeld(const Body& body) {
    constexpr int kAttempts = 50;
    for (int i = 0; i < kAttempts; ++i) {
      Load(MakeGateModel());
      ASSERT_TRUE(EverRunsHere(OpenGate()));
      const std::uint64_t before = ExecutionCount();
      HeldRequest held(*store_.models, &MakeGate);
      while (ExecutionCount() == before) std::this_thread::yield();
      body(held);
      const bool ran_here = held.End();
      static_cast<void>(store_.models->Unload("m"));
      if (ran_here) return;
    }
    FAIL() << "no request was run on the test's own thread";
  }
  static InferenceRequest MakeGate(std::uint8_t& gate) {
    static const float kX = 1;
    InferenceRequest request;
    request.model = "m";
    request.inputs.resize(2);
    request.inputs[0].bytes = std::as_bytes(std::span(&kX, 1));
    request.inputs[1].bytes = std::as_bytes(std::span(&gate, 1));
    return request;
  }
};

TEST_F(HeldRunTest, OthersWaitForItsInstance) {
  WithHeld([this](HeldRequest& held) {
    auto waiting = InferLater(*store_.models, OpenGate());
    EXPECT_EQ(MetricValue(store_.metrics, "skerry_inference_pending_requests{"),
              1);
    held.Open();
    EXPECT_TRUE(waiting.get());
  });
}

TEST_F(HeldRunTest, UnloadWaitsForIt) {
  WithHeld([this](HeldRequest& held) {
    auto unloaded = std::async(std::launch::async, [&] {
      EXPECT_TRUE(store_.models->Unload("m"));
      EXPECT_TRUE(held.opened());
    });
    while (store_.models->Describe("m", "")) std::this_thread::yield();
    held.Open();
    unloaded.get();
  });
}

TEST_F(HeldRunTest, ASwapWaitsForItAndServesMeanwhile) {
  const std::string scale = packages_.Write("scale", MakeScaleModel(2), "2");
  WithHeld([&](HeldRequest& held) {
    auto swapped = std::async(std::launch::async, [&] {
      EXPECT_TRUE(store_.models->Swap("m", scale, std::nullopt));
      EXPECT_TRUE(held.opened());
    });
    while (!Ask(*store_.models, Scale()).result) std::this_thread::yield();
    held.Open();
    swapped.get();
  });
}

TEST_F(HeldRunTest, DrainWaitsForIt) {
  bool done = false;
  for (int i = 0; i < 50 && !done; ++i) {
    TestStore store;
    const std::string folder =
        packages_.Write("drain" + std::to_string(i), MakeGateModel());
    ASSERT_TRUE(store.models->Load("m", folder, std::nullopt));
    const auto is_here = [&] {
      return Ask(*store.models, OpenGate()).thread ==
             std::this_thread::get_id();
    };
    int tries = 0;
    while (!is_here() && tries < kTries) ++tries;
    const auto count = [&] {
      return store.models->Statistics("m", "")->front().execution_count;
    };
    const std::uint64_t before = count();
    HeldRequest held(*store.models, &MakeGate);
    while (count() == before) std::this_thread::yield();

    store.models->Drain(Clock::now());  // too short for it
    auto drained = std::async(std::launch::async, [&] {
      store.models->Drain(Clock::time_point::max());
      EXPECT_TRUE(held.opened());
    });
    const Answer refused = Ask(*store.models, OpenGate());

    EXPECT_EQ(refused.result.error().code(), ErrorCode::kUnavailable);
    done = held.End();
    drained.get();
  }
  EXPECT_TRUE(done) << "no request was run on the test's own thread";
}

TEST_F(RunHereTest, ManyThreadsShareTheInstances) {
  constexpr int kThreads = 4;
  constexpr int kRequests = 2000;
  ModelOptions options;
  options.instance_count = 2;
  Load(MakeScaleModel(3), options);
  std::atomic<int> here_count = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRequests; ++i) {
          const auto base = static_cast<float>(t * kRequests + i);
          const std::array<float, kScaleColumns> x = {base, -base, 1};
          const Answer answer = Ask(*store_.models, ScaleRequest("m", x));
          ASSERT_TRUE(answer.result) << answer.result.error().message();
          ASSERT_THAT(FloatsOf(answer.result->outputs[0]),
                      ::testing::ElementsAre(3 * base, -3 * base, 3));
          if (answer.thread == std::this_thread::get_id()) ++here_count;
        }
      });
    }
  }

  EXPECT_EQ(ExecutionCount(), std::uint64_t{kThreads} * kRequests);
  EXPECT_GT(here_count, 0);
}

}  // namespace
}  // namespace skerry::agent
