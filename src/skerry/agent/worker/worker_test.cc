#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "skerry/agent/serving/executor.h"
#include "skerry/agent/worker/worker_test_support.h"
#include "skerry/platform/child_process.h"
#include "skerry/platform/file.h"
#include "skerry/platform/process.h"
#include "skerry/platform/socket.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/runtime/model_test_support.h"

namespace skerry::agent {
namespace {

using std::chrono::milliseconds;

constexpr char kProgram[] = "/proc/self/exe";

template <class T>
ErrorCode CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kUnknown : result.error().code();
}

template <class T>
std::string MessageOf(const Result<T>& result) {
  return result ? "no error" : result.error().message();
}

// The first element of what the moody model gives.
float Answer(Executor& executor, float value) {
  const auto y = RunMoody(executor, value);
  EXPECT_TRUE(y.has_value()) << MessageOf(y);
  return y ? y->at(0) : -1;
}

void Pause() { std::this_thread::sleep_for(milliseconds(5)); }

std::ptrdiff_t DescriptorCount(const std::string& process) {
  return std::distance(
      std::filesystem::directory_iterator("/proc/" + process + "/fd"), {});
}

// The CPU time that a process has used itself, in hundredths of a second.
long CpuTicks(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string field;
  for (int i = 0; i < 13; ++i) file >> field;  // the name has no spaces
  long ticks = 0;
  file >> ticks;
  return ticks;
}

// Models are built once, since that takes most of the time.
class WorkerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_.emplace(platform::TempDirectory::Create("skerry-worker").value());
    ASSERT_TRUE(WriteMoodyModel(moody()));
    ASSERT_TRUE(platform::WriteFile(folder_->Join("scale.so"),
                                    runtime::TestModelFile()));
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string moody() { return folder_->Join("moody.so"); }
  static std::unique_ptr<Executor> CreateMoody() {
    auto executor =
        CreateWorkerExecutor(kProgram, moody(), MoodyManifest(), {});
    EXPECT_TRUE(executor.has_value()) << MessageOf(executor);
    return executor ? std::move(*executor) : nullptr;
  }

  // As often as the pauses between restarts want it.
  static float RunUntilItAnswers(Executor& executor, float value) {
    while (true) {
      const auto y = RunMoody(executor, value);
      if (y) return y->at(0);
      EXPECT_EQ(y.error().code(), ErrorCode::kUnavailable);
      Pause();
    }
  }

  static inline std::optional<platform::TempDirectory> folder_;
};

TEST_F(WorkerTest, RunGivesWhatTheModelGives) {
  ExecutorOptions options;
  options.thread_count = 2;
  options.cores = {0};
  const auto executor = CreateWorkerExecutor(
      kProgram, folder_->Join("scale.so"), runtime::TestManifest(), options);
  ASSERT_TRUE(executor.has_value()) << MessageOf(executor);
  const std::vector<float> x = runtime::TestInput();
  std::vector<float> y(x.size());
  std::int64_t rows = 0;

  for (float bias = 0; bias < 200; ++bias) {
    const std::array inputs = {std::as_bytes(std::span(x)),
                               std::as_bytes(std::span(&bias, 1))};
    const std::array outputs = {std::as_writable_bytes(std::span(y)),
                                std::as_writable_bytes(std::span(&rows, 1))};
    const auto ran = (*executor)->Run(inputs, outputs);
    ASSERT_TRUE(ran.has_value()) << MessageOf(ran);
    ASSERT_EQ(y, runtime::ExpectedOutput(bias));
    ASSERT_EQ(rows, runtime::kRows);
  }
}

TEST_F(WorkerTest, BuffersThatDoNotFitAreRefused) {
  const auto executor = CreateMoody();
  EXPECT_EQ(CodeOf(executor->Run({}, {})), ErrorCode::kInternal);
  EXPECT_EQ(Answer(*executor, 3), 3);
}

TEST_F(WorkerTest, TheWorkerTellsWhyAModelDoesNotLoad) {
  const std::string missing = folder_->Join("missing.so");
  const auto executor =
      CreateWorkerExecutor(kProgram, missing, MoodyManifest(), {});
  EXPECT_EQ(CodeOf(executor), ErrorCode::kNotFound);
  EXPECT_NE(MessageOf(executor).find(missing), std::string::npos);

  const std::string text = folder_->Join("text.so");
  ASSERT_TRUE(platform::WriteTextFile(text, std::string(100, 't')));
  EXPECT_EQ(CodeOf(CreateWorkerExecutor(kProgram, text, MoodyManifest(), {})),
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Children().empty());
}

TEST_F(WorkerTest, AnotherModelThanTheExpectedOneIsRefused) {
  Manifest other = MoodyManifest();
  other.source_digest = "sha256:1";
  EXPECT_EQ(CodeOf(CreateWorkerExecutor(kProgram, moody(), other, {})),
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(CreateWorkerExecutor(kProgram, moody(),
                                        runtime::TestManifest(), {})),
            ErrorCode::kFailedPrecondition);
}

TEST_F(WorkerTest, ProgramsThatAreNoWorkersAreNamed) {
  const auto ends =
      CreateWorkerExecutor("/bin/false", moody(), MoodyManifest(), {});
  EXPECT_EQ(CodeOf(ends), ErrorCode::kUnavailable);
  EXPECT_NE(MessageOf(ends).find("exit code 1"), std::string::npos);
  EXPECT_EQ(CodeOf(CreateWorkerExecutor("/no/such/program", moody(),
                                        MoodyManifest(), {})),
            ErrorCode::kNotFound);
}

TEST_F(WorkerTest, ACrashTakesOneRequestWithIt) {
  const auto executor = CreateMoody();
  EXPECT_EQ(Answer(*executor, 1), 1);

  const auto crashed = RunMoody(*executor, kCrash);

  EXPECT_EQ(CodeOf(crashed), ErrorCode::kUnavailable);
  EXPECT_NE(MessageOf(crashed).find("was ended by SIG"), std::string::npos)
      << MessageOf(crashed);
  EXPECT_EQ(Answer(*executor, 2), 2);
}

TEST_F(WorkerTest, AWorkerKilledInTheMidstOfARunIsNamedAndReplaced) {
  const auto executor = CreateMoody();
  const pid_t worker = Children().at(0);
  const long ticks = CpuTicks(worker);
  Result<std::vector<float>> hung = std::vector<float>();
  {
    const std::jthread running([&] { hung = RunMoody(*executor, kHang); });
    // Once it has used the CPU for long, it is in the model.
    while (CpuTicks(worker) < ticks + 5) Pause();
    kill(worker, SIGKILL);
  }
  EXPECT_EQ(CodeOf(hung), ErrorCode::kUnavailable);
  EXPECT_NE(MessageOf(hung).find("SIGKILL"), std::string::npos);
  EXPECT_EQ(Answer(*executor, 2), 2);
  EXPECT_NE(Children().at(0), worker);
}

TEST_F(WorkerTest, AWorkerKilledWhileItIsIdleTakesNoRequestWithIt) {
  const auto executor = CreateMoody();
  const pid_t worker = Children().at(0);
  const auto handle = platform::OpenProcess(worker).value();
  kill(worker, SIGKILL);
  while (!platform::HasEnded(handle)) Pause();

  const auto y = RunMoody(*executor, 2);

  ASSERT_TRUE(y.has_value()) << MessageOf(y);
  EXPECT_EQ(y->at(0), 2);
}

TEST_F(WorkerTest, AWorkerThatDiesAgainAndAgainIsStartedLater) {
  const auto executor = CreateMoody();
  const auto start = std::chrono::steady_clock::now();
  int crash_count = 0;
  int refusal_count = 0;
  while (crash_count < 5) {
    const auto crashed = RunMoody(*executor, kCrash);
    ASSERT_EQ(CodeOf(crashed), ErrorCode::kUnavailable);
    const bool is_refused =
        MessageOf(crashed).find("started again in") != std::string::npos;
    ++(is_refused ? refusal_count : crash_count);
    if (is_refused) Pause();
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start,
            milliseconds(50 + 100 + 200));
  EXPECT_GT(refusal_count, 0);
  EXPECT_EQ(RunUntilItAnswers(*executor, 7), 7);
}

TEST_F(WorkerTest, RestartsLeaveNothingBehind) {
  const auto executor = CreateMoody();
  EXPECT_EQ(Answer(*executor, 1), 1);
  const auto descriptor_count = DescriptorCount("self");
  for (int i = 0; i < 6; ++i) {
    kill(Children().at(0), SIGKILL);
    EXPECT_EQ(RunUntilItAnswers(*executor, 5), 5);
  }
  EXPECT_EQ(DescriptorCount("self"), descriptor_count);
  EXPECT_EQ(Children().size(), 1U);
}

TEST_F(WorkerTest, AWorkerHasFiveDescriptorsAndIgnoresRequestsToEnd) {
  const auto executor = CreateMoody();
  const pid_t worker = Children().at(0);
  EXPECT_EQ(DescriptorCount(std::to_string(worker)), 5);
  kill(worker, SIGTERM);
  kill(worker, SIGINT);
  EXPECT_EQ(Answer(*executor, 5), 5);
  EXPECT_EQ(Children().at(0), worker);
}

TEST_F(WorkerTest, AWorkerEndsWithItsExecutorEvenIfItHangs) {
  auto executor = CreateMoody();
  EXPECT_EQ(Children().size(), 1U);
  executor.reset();
  EXPECT_TRUE(Children().empty());
}

TEST_F(WorkerTest, AWorkerThatHangsEndsWithItsParent) {
  platform::SocketPair pair = platform::MakeSocketPair().value();
  const std::array<const platform::FileDescriptor*, 1> handed = {&pair.second};
  auto parent = platform::ChildProcess::Start(
      {kProgram, "--doomed-parent", moody()}, handed);
  ASSERT_TRUE(parent.has_value()) << MessageOf(parent);
  pair.second.Close();
  pid_t worker = 0;
  const auto told = platform::ReceiveMessage(
      pair.first, std::as_writable_bytes(std::span(&worker, 1)), {});
  ASSERT_EQ(told.value_or(0), sizeof worker);
  const auto handle = platform::OpenProcess(worker).value();
  EXPECT_FALSE(platform::HasEnded(handle));

  EXPECT_EQ(parent->End(), "was ended by SIGKILL");

  while (!platform::HasEnded(handle)) Pause();
}

TEST_F(WorkerTest, ExecutorsOnManyThreadsDoNotMixTheirAnswers) {
  std::vector<std::jthread> threads;
  for (int i = 1; i <= 4; ++i) {
    threads.emplace_back([i] {
      const auto executor = CreateMoody();
      for (int round = 0; round < 200; ++round) {
        const auto value = static_cast<float>(i * 1000 + round);
        const auto y = RunMoody(*executor, value);
        ASSERT_TRUE(y.has_value()) << MessageOf(y);
        ASSERT_EQ(*y, std::vector<float>(kMoodyCount, value));
      }
    });
  }
}

}  // namespace
}  // namespace skerry::agent
