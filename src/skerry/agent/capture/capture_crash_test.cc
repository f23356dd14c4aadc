// A process that captures is killed at some moment, again and again; what it
// said was written must be there, and all that is there must be whole.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "skerry/agent/capture/capture_test_support.h"
#include "skerry/platform/folder.h"

namespace skerry::agent {
namespace {

constexpr char kFolderVariable[] = "SKERRY_CAPTURE_TEST_FOLDER";
constexpr char kRoundVariable[] = "SKERRY_CAPTURE_TEST_ROUND";
constexpr int kRounds = 15;

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The child: captures until it is killed, and says on standard output which
// records it was told are written.
TEST(CaptureChild, DISABLED_CapturesUntilItIsKilled) {
  CaptureFixture fixture;
  CaptureOptions options = fixture.DiskOptions();
  options.disk_path = Variable(kFolderVariable);
  options.batch_size = 3;
  const auto capture = fixture.Create(options);
  const std::string round = Variable(kRoundVariable);
  std::set<std::string> waiting;
  for (int i = 0;; ++i) {
    const std::string id = round + '-' + std::to_string(i);
    if (capture->Accept(MakeRecord(id, i % 3 == 0 ? 20000 : 4)).has_value()) {
      waiting.insert(id);
    } else {
      std::this_thread::yield();
    }
    std::erase_if(waiting, [&](const std::string& waits) {
      if (capture->Status(waits) != CaptureStatus::kSuccess) return false;
      const std::string line = "written " + waits + '\n';
      return write(STDOUT_FILENO, line.data(), line.size()) > 0;
    });
  }
}

struct Child {
  pid_t process = -1;
  platform::FileDescriptor output;
};

Child StartChild(const std::string& folder, int round) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t process = fork();
  if (process == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    setenv(kFolderVariable, folder.c_str(), 1);
    setenv(kRoundVariable, std::to_string(round).c_str(), 1);
    // Not the parent's report.
    unsetenv("GTEST_OUTPUT");
    execl("/proc/self/exe", "capture_crash_test",
          "--gtest_filter=CaptureChild.*", "--gtest_also_run_disabled_tests",
          nullptr);
    _exit(127);
  }
  close(ends[1]);
  return {process, platform::FileDescriptor(ends[0])};
}

// Reads until `more` is false or the other side is gone.
template <class More>
void ReadWhile(const platform::FileDescriptor& pipe, std::string& text,
               const More& more) {
  std::array<char, 4096> bytes{};
  while (more()) {
    const ssize_t count = read(pipe.number(), bytes.data(), bytes.size());
    if (count <= 0) return;
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

TEST(CaptureCrashTest, WhatWasReportedIsThereAndWholeAfterAKill) {
  const auto folder = platform::TempDirectory::Create("crash").value();
  std::minstd_rand random(std::random_device{}());
  std::string reported;
  for (int round = 0; round < kRounds; ++round) {
    const Child child = StartChild(folder.path(), round);
    // So many bytes of reports later, in the middle of whatever it does.
    const std::size_t end = reported.size() + 1500 + random() % 4000;
    ReadWhile(child.output, reported, [&] { return reported.size() < end; });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    kill(child.process, SIGKILL);
    ReadWhile(child.output, reported, [] { return true; });
    waitpid(child.process, nullptr, 0);
    reported += '\n';
  }

  // Taking the folder up removes what is half written.
  CaptureFixture fixture;
  CaptureOptions options = fixture.DiskOptions();
  options.disk_path = folder.path();
  fixture.Create(options).reset();
  platform::VisitFiles(folder.path(), [](std::string_view path) {
    EXPECT_EQ(path.find(".partial-"), std::string_view::npos) << path;
  });
  const CapturedFiles files = ReadFolder(folder.path());
  EXPECT_THAT(files.faults, testing::IsEmpty());
  for (const auto& [key, content] : files.contents) {
    if (key.ends_with(".bin")) {
      EXPECT_EQ(content.size(), 80000U) << key;
    }
  }
  const std::map<std::string, int> ids = files.ids();
  std::istringstream lines(reported);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("written ")) continue;
    ++count;
    EXPECT_TRUE(ids.contains(line.substr(8))) << line;
  }
  EXPECT_GT(count, 100U);
  RecordProperty("reported", static_cast<int>(count));
  for (const auto& [id, times] : ids) EXPECT_EQ(times, 1) << id;
}

}  // namespace
}  // namespace skerry::agent
