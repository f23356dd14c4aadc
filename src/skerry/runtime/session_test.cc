#include "skerry/runtime/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "skerry/model/container.h"
#include "skerry/platform/thread.h"
#include "skerry/runtime/model_test_support.h"

namespace skerry::runtime {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Model> LoadTestModel() {
  auto model = Model::LoadBytes(TestModelFile());
  EXPECT_TRUE(model) << model.error().message();
  return *std::move(model);
}

Session MakeSession(std::shared_ptr<const Model> model, int thread_count = 1) {
  SessionOptions options;
  options.thread_count = thread_count;
  auto session = Session::Create(std::move(model), options);
  EXPECT_TRUE(session) << session.error().message();
  return *std::move(session);
}

// The buffers of one run of the test model.
struct Buffers {
  std::vector<float> x = TestInput();
  float bias = 1;
  std::vector<float> y = std::vector<float>(x.size());
  std::int64_t rows = 0;

  std::array<std::span<const std::byte>, 2> inputs() const {
    return {std::as_bytes(std::span(x)), std::as_bytes(std::span(&bias, 1))};
  }
  std::array<std::span<std::byte>, 2> outputs() {
    return {std::as_writable_bytes(std::span(y)),
            std::as_writable_bytes(std::span(&rows, 1))};
  }
};

std::string MessageOf(const Result<void>& result) {
  return result ? "none" : result.error().message();
}

TEST(SessionTest, RunsIntoTheCallersBuffers) {
  Session session = MakeSession(LoadTestModel());
  Buffers buffers;

  const Result<void> ran = session.Run(buffers.inputs(), buffers.outputs());

  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_EQ(buffers.y, ExpectedOutput(1));
  EXPECT_EQ(buffers.rows, kRows);
}

TEST(SessionTest, RunsIntoItsOwnBuffers) {
  Session session = MakeSession(LoadTestModel());
  const Buffers buffers;

  const Result<void> ran = session.Run(buffers.inputs());

  ASSERT_TRUE(ran) << ran.error().message();
  const std::vector<float> expected = ExpectedOutput(1);
  ASSERT_EQ(session.output(0).size(), expected.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(session.output(0).data(), expected.data(),
                        session.output(0).size()),
            0);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto address =
        reinterpret_cast<std::uintptr_t>(session.output(i).data());
    EXPECT_EQ(address % 64, 0U);
  }
}

TEST(SessionTest, LayersOneByOneAreARun) {
  for (const int thread_count : {1, 3}) {
    Session session = MakeSession(LoadTestModel(), thread_count);
    const Buffers buffers;
    std::array<std::chrono::nanoseconds, 3> times;
    times.fill(std::chrono::nanoseconds(-1));

    const Result<void> ran = session.RunLayers(buffers.inputs(), times);

    ASSERT_TRUE(ran) << ran.error().message();
    for (const std::chrono::nanoseconds time : times)
      EXPECT_GE(time.count(), 0);
    const std::vector<float> expected = ExpectedOutput(1);
    EXPECT_EQ(std::memcmp(session.output(0).data(), expected.data(),
                          session.output(0).size()),
              0);
    std::int64_t rows = 0;
    std::memcpy(&rows, session.output(1).data(), sizeof rows);
    EXPECT_EQ(rows, kRows);
  }
}

TEST(SessionTest, RunLayersWantsATimeForEachLayer) {
  Session session = MakeSession(LoadTestModel());
  const Buffers buffers;
  std::array<std::chrono::nanoseconds, 2> times;

  const Result<void> ran = session.RunLayers(buffers.inputs(), times);

  EXPECT_EQ(MessageOf(ran), "got 2 times, the model has 3 layers");
}

TEST(SessionTest, RunLayersChecksBuffers) {
  Session session = MakeSession(LoadTestModel());
  std::array<std::chrono::nanoseconds, 3> times;

  EXPECT_EQ(MessageOf(session.RunLayers({}, times)),
            "got 0 inputs, the model has 2");
}

TEST(SessionTest, ResultsDoNotDependOnTheThreadCount) {
  for (const int thread_count : {1, 2, 3, 16}) {
    Session session = MakeSession(LoadTestModel(), thread_count);
    EXPECT_EQ(session.thread_count(), thread_count);
    for (int run = 0; run < 100; ++run) {
      Buffers buffers;
      buffers.bias = static_cast<float>(run);
      ASSERT_TRUE(session.Run(buffers.inputs(), buffers.outputs()));
      ASSERT_EQ(buffers.y, ExpectedOutput(buffers.bias));
    }
  }
}

TEST(SessionTest, ZeroThreadsMeansAllCpus) {
  const Session session = MakeSession(LoadTestModel(), 0);

  EXPECT_GE(session.thread_count(), 1);
}

TEST(SessionTest, KeepsItsModelAlive) {
  Session session = MakeSession(LoadTestModel());
  Session moved = std::move(session);
  Buffers buffers;

  EXPECT_TRUE(moved.Run(buffers.inputs(), buffers.outputs()));
  EXPECT_EQ(moved.model().manifest().model_name, "test model");
}

TEST(SessionTest, SessionsOfOneModelRunInParallel) {
  const std::shared_ptr<const Model> model = LoadTestModel();
  std::array<int, 4> right{};
  {
    std::vector<platform::Thread> threads;
    for (int& count : right) {
      auto thread = platform::Thread::Start("session", [&model, &count] {
        Session session = MakeSession(model, 2);
        for (int run = 0; run < 200; ++run) {
          Buffers buffers;
          buffers.bias = static_cast<float>(run);
          const bool ran =
              session.Run(buffers.inputs(), buffers.outputs()).has_value();
          if (ran && buffers.y == ExpectedOutput(buffers.bias)) ++count;
        }
      });
      ASSERT_TRUE(thread) << thread.error().message();
      threads.push_back(*std::move(thread));
    }
  }

  EXPECT_THAT(right, ::testing::Each(200));
}

TEST(SessionTest, RunNamesTheInputThatHasTheWrongSize) {
  Session session = MakeSession(LoadTestModel());
  Buffers buffers;
  auto inputs = buffers.inputs();
  inputs[0] = inputs[0].first(8);

  EXPECT_EQ(MessageOf(session.Run(inputs, buffers.outputs())),
            "input 'x': got 8 bytes, want 2688 for float32[7, 96]");
  EXPECT_TRUE(session.Run(buffers.inputs(), buffers.outputs()));
}

TEST(SessionTest, RunNamesTheBufferThatIsNullOrMisaligned) {
  Session session = MakeSession(LoadTestModel());
  Buffers buffers;
  std::vector<float> room(buffers.x.size() + 1);
  auto inputs = buffers.inputs();
  auto outputs = buffers.outputs();

  inputs[1] = {static_cast<const std::byte*>(nullptr), 4};
  EXPECT_EQ(MessageOf(session.Run(inputs, outputs)),
            "input 'bias': it is null");
  outputs[0] = std::as_writable_bytes(std::span(room)).subspan(1, 2688);
  EXPECT_EQ(MessageOf(session.Run(buffers.inputs(), outputs)),
            "output 'y': its address is not a multiple of 4");
}

TEST(SessionTest, RunCountsTheBuffers) {
  Session session = MakeSession(LoadTestModel());
  Buffers buffers;

  EXPECT_EQ(MessageOf(session.Run({}, buffers.outputs())),
            "got 0 inputs, the model has 2");
  EXPECT_EQ(MessageOf(session.Run(buffers.inputs(), {})),
            "got 0 outputs, the model has 2");
}

TEST(SessionTest, RunRefusesOutputsThatOverlap) {
  Session session = MakeSession(LoadTestModel());
  Buffers buffers;
  auto outputs = buffers.outputs();

  outputs[0] = std::as_writable_bytes(std::span(buffers.x));
  EXPECT_EQ(MessageOf(session.Run(buffers.inputs(), outputs)),
            "output 'y': it overlaps input 'x'");
  outputs = buffers.outputs();
  outputs[1] = outputs[0].subspan(64, 8);
  EXPECT_EQ(MessageOf(session.Run(buffers.inputs(), outputs)),
            "output 'rows': it overlaps output 'y'");
}

TEST(SessionTest, CreateRefusesMoreMemoryThanAllowed) {
  SessionOptions options;
  options.memory_bytes_max = 5000;

  const auto session = Session::Create(LoadTestModel(), options);

  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(session.error().message(),
            "the session needs 5824 bytes, limit is 5000; raise "
            "memory_bytes_max");
}

TEST(SessionTest, CreateRefusesMoreMemoryThanThereIs) {
  Manifest manifest = TestManifest();
  manifest.arena_bytes = kMemoryBytesMax;
  manifest.scratch_bytes = kMemoryBytesMax;
  const auto model = Model::LoadBytes(WriteContainer(TestElf(), manifest));
  ASSERT_TRUE(model) << model.error().message();
  SessionOptions options;
  options.thread_count = 256;
  options.memory_bytes_max = ~std::uint64_t{0};

  const auto session = Session::Create(*model, options);

  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(session.error().message(), HasSubstr("bytes of memory"));
}

}  // namespace
}  // namespace skerry::runtime
