#include "skerry/cloud/jobs/sandbox.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "skerry/cloud/jobs/job_user.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Runs shell scripts as the hostile program. Each test is for each method.
class SandboxTest : public testing::TestWithParam<const char*> {
 protected:
  SandboxTest() : folder_(*platform::TempDirectory::Create("sandbox-test")) {
    // The work folder must be reachable for other users.
    chmod(folder_.path().c_str(), 0711);
    auto sandbox = Sandbox::Create({.method = GetParam(),
                                    .program = "/bin/sh",
                                    .work_root = folder_.Join("work")});
    if (sandbox) sandbox_ = *std::move(sandbox);
  }

  void SetUp() override {
    if (sandbox_ == nullptr) GTEST_SKIP() << "not permitted here";
  }

  SandboxResult Run(const std::string& script, SandboxLimits limits = {}) {
    // AddressSanitizer is in no program that is run here.
    SandboxCommand command;
    command.arguments = {"/bin/sh", "-c", script};
    command.work_folder = folder_.Join("work/job");
    std::filesystem::create_directories(command.work_folder + "/in");
    std::ofstream(command.work_folder + "/in/model") << "weights";
    if (limits.time == SandboxLimits().time) limits.time = seconds(30);
    command.limits = limits;
    command.stop_requested = stop_;
    auto result = sandbox_->Run(command, 3);
    EXPECT_TRUE(result) << result.error().message();
    return result ? *result : SandboxResult();
  }

  std::string Inside(const std::string& name) {
    return sandbox_->InsidePath(folder_.Join("work/job"), name);
  }

  platform::TempDirectory folder_;
  std::unique_ptr<Sandbox> sandbox_;
  std::function<bool()> stop_;
};

TEST_P(SandboxTest, ReadsItsInputAndWritesItsOutput) {
  const SandboxResult result =
      Run("cat " + Inside("in/model") + "; echo made > " +
          Inside("out/result") + "; exit 5");

  EXPECT_EQ(result.end, SandboxEnd::kExited);
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_EQ(result.output, "weights");
  EXPECT_EQ(*platform::ReadTextFile(folder_.Join("work/job/out/result"), 100),
            "made\n");
}

TEST_P(SandboxTest, CannotChangeItsInput) {
  Run("echo other > " + Inside("in/model") + "; rm -f " + Inside("in/model"));

  EXPECT_EQ(*platform::ReadTextFile(folder_.Join("work/job/in/model"), 100),
            "weights");
}

TEST_P(SandboxTest, CannotReadWhatIsTheServersOwn) {
  const std::string secret = folder_.Join("secret");
  std::ofstream(secret) << "the key";
  chmod(secret.c_str(), 0600);

  const SandboxResult result = Run("cat " + secret + "; ls -la /root");

  EXPECT_FALSE(result.output.contains("the key")) << result.output;
  EXPECT_NE(result.exit_code, 0);
}

TEST_P(SandboxTest, CannotReachTheNetwork) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  ASSERT_EQ(listen(listener, 1), 0);
  socklen_t size = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const std::string connect =
      "import socket; socket.create_connection(('127.0.0.1', " + port +
      "), 2); print('connected')";

  const SandboxResult result =
      Run("/usr/bin/python3 -c \"" + connect + "\" 2>&1");
  close(listener);

  EXPECT_FALSE(result.output.contains("connected")) << result.output;
  EXPECT_TRUE(result.output.contains("Error")) << result.output;
}

TEST_P(SandboxTest, EndsWhatSpins) {
  const auto start = std::chrono::steady_clock::now();

  const SandboxResult result =
      Run("while :; do :; done", {.time = milliseconds(500)});

  EXPECT_EQ(result.end, SandboxEnd::kTime);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
}

TEST_P(SandboxTest, EndsWhatUsesTooMuchCpuTime) {
  const SandboxResult result =
      Run("while :; do :; done", {.cpu_time = seconds(1)});

  // The shell is killed; bubblewrap says so by its exit code.
  EXPECT_TRUE(result.end == SandboxEnd::kKilled || result.exit_code > 128);
}

TEST_P(SandboxTest, EndsWhatEatsMemoryInManyProcesses) {
  const SandboxResult result =
      Run("for i in 1 2 3 4; do /usr/bin/python3 -c \"import time; "
          "x = bytearray(60 << 20); time.sleep(20)\" & done; wait",
          {.memory_bytes = std::uint64_t{128} << 20});

  EXPECT_EQ(result.end, SandboxEnd::kMemory);
}

TEST_P(SandboxTest, RefusesMemoryToOneProcess) {
  const SandboxResult result =
      Run("/usr/bin/python3 -c \"x = bytearray(4 << 30)\" 2>&1",
          {.address_space_bytes = std::uint64_t{1} << 30});

  EXPECT_TRUE(result.output.contains("MemoryError")) << result.output;
}

TEST_P(SandboxTest, EndsWhatFillsTheDisk) {
  const SandboxResult result =
      Run("i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > " +
              Inside("out/") + "$i; done",
          {.disk_bytes = std::uint64_t{20} << 20});

  EXPECT_EQ(result.end, SandboxEnd::kDisk);
}

TEST_P(SandboxTest, HoldsAForkBomb) {
  const SandboxResult result =
      Run("bomb() { bomb | bomb & }; bomb; sleep 1; bomb",
          {.time = seconds(3), .process_count = 40});

  EXPECT_TRUE(result.output.contains("fork") || result.end == SandboxEnd::kTime)
      << result.output;
}

TEST_P(SandboxTest, LeavesNothingRunning) {
  const std::string mark = "31.4159" + std::to_string(getpid());

  Run("setsid sh -c 'setsid sleep " + mark + " &' & sleep 0.3; exit 0");

  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto text =
        platform::ReadTextFile(entry.path().string() + "/cmdline", 4096);
    if (text && text->starts_with("sleep") && text->contains(mark)) {
      found += entry.path().string();
    }
  }
  EXPECT_EQ(found, "");
}

TEST_P(SandboxTest, HarmsNoJobOfAnotherServer) {
  auto other = Sandbox::Create({.method = GetParam(),
                                .program = "/bin/sh",
                                .work_root = folder_.Join("other")});
  ASSERT_TRUE(other.has_value()) << other.error().message();
  SandboxCommand nested;
  nested.arguments = {"/bin/sh", "-c", "exit 0"};
  nested.work_folder = folder_.Join("other/job");
  bool ran = false;
  // While the first one runs, in its own slot 3.
  stop_ = [&] {
    if (!ran) ran = (*other)->Run(nested, 3).has_value();
    return false;
  };

  const SandboxResult result = Run("sleep 0.5; echo there");

  EXPECT_TRUE(ran);
  EXPECT_EQ(result.end, SandboxEnd::kExited);
  EXPECT_EQ(result.output, "there\n");
}

TEST(JobUserTest, NoTwoHaveTheSame) {
  constexpr unsigned kFirst = 70000;
  auto one = JobUser::Take(kFirst);
  const auto two = JobUser::Take(kFirst);
  ASSERT_TRUE(one.has_value() && two.has_value());
  EXPECT_EQ(one->number(), kFirst);
  EXPECT_EQ(two->number(), kFirst + 1);

  one = Internal("given back");

  EXPECT_EQ(JobUser::Take(kFirst)->number(), kFirst);
}

TEST_P(SandboxTest, StopsWhenAsked) {
  stop_ = [] { return true; };

  EXPECT_EQ(Run("sleep 20").end, SandboxEnd::kStopped);
}

TEST_P(SandboxTest, KeepsTheEndOfWhatIsSaid) {
  const SandboxResult result =
      Run("yes | head -c 100000; echo the end", {.output_bytes = 1000});

  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_TRUE(result.output.ends_with("the end\n"));
}

INSTANTIATE_TEST_SUITE_P(Methods, SandboxTest,
                         testing::Values("bubblewrap", "user"),
                         [](const auto& info) { return info.param; });

TEST(SandboxMethodTest, AutoIsNeverNone) {
  const auto folder = platform::TempDirectory::Create("sandbox-test");
  ASSERT_TRUE(folder);

  const auto sandbox = Sandbox::Create(
      {.program = "/no/such/program", .work_root = folder->Join("work")});

  ASSERT_FALSE(sandbox);
  EXPECT_EQ(sandbox.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(sandbox.error().message().contains("--sandbox none"));
}

}  // namespace
}  // namespace skerry::cloud
