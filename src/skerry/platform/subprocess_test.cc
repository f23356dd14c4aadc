#include "skerry/platform/subprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skerry/platform/temp_directory.h"

namespace skerry::platform {
namespace {

using ::testing::HasSubstr;

Command Shell(const std::string& script) {
  return {.arguments = {"sh", "-c", script}};
}

TEST(SubprocessTest, KeepsTheStreamsApartAndTellsTheExitCode) {
  const auto result = RunCommand(Shell("echo good; echo bad >&2; exit 7"));

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->exit_code, 7);
  EXPECT_EQ(result->out, "good\n");
  EXPECT_EQ(result->err, "bad\n");
}

TEST(SubprocessTest, NoShellSeesTheArguments) {
  const auto result =
      RunCommand({.arguments = {"printf", "%s|", "a b", "$HOME", ";", ""}});

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->out, "a b|$HOME|;||");
}

TEST(SubprocessTest, RunsInTheGivenFolder) {
  const TempDirectory folder = *TempDirectory::Create("skerry-run-test");
  const auto result =
      RunCommand({.arguments = {"pwd", "-P"}, .folder = folder.path()});

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(result->out, HasSubstr("skerry-run-test"));
}

TEST(SubprocessTest, StandardInputIsEmpty) {
  const auto result = RunCommand({.arguments = {"cat"}});

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->out, "");
}

TEST(SubprocessTest, NamesTheProgramThatIsMissing) {
  const auto result = RunCommand({.arguments = {"no-such-program"}});

  if (result && result->exit_code == 127) {
    GTEST_SKIP() << "qemu forks where posix_spawn wants vfork";
  }
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message(),
            "cannot run 'no-such-program': No such file or directory");
}

TEST(SubprocessTest, KillsAProgramThatTakesTooLong) {
  Command command{.arguments = {"sleep", "600"}};
  command.timeout = std::chrono::milliseconds(20);

  const auto result = RunCommand(command);

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(result.error().message(), "'sleep' took longer than 20 ms");
}

TEST(SubprocessTest, DoesNotWaitForWhatAProgramLeavesBehind) {
  const auto result = RunCommand(Shell("sleep 600 & echo $!"));

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(RunCommand(Shell("kill " + result->out))->exit_code, 0);
}

TEST(SubprocessTest, TellsOfASignalAndTheLastWords) {
  const auto result = RunCommand(Shell("echo out of luck >&2; kill -SEGV $$"));

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kAborted);
  EXPECT_EQ(result.error().message(),
            "'sh' was ended by SIGSEGV; it said: out of luck\n");
}

TEST(SubprocessTest, KeepsTheFirstBytesOfLongOutput) {
  Command command = Shell("head -c 1000000 /dev/zero; echo done >&2");
  command.output_bytes_max = 1000;

  const auto result = RunCommand(command);

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->out.size(), 1000U);
  EXPECT_EQ(result->err, "done\n");
}

}  // namespace
}  // namespace skerry::platform
