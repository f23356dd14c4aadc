#include "skerry/platform/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "skerry/platform/mapping.h"
#include "skerry/platform/socket.h"

namespace skerry::platform {
namespace {

// A line of shell that has a connection to us as 3.
struct Shell {
  FileDescriptor connection;
  ChildProcess process;
};

Result<Shell> StartShell(const std::string& line) {
  SKERRY_ASSIGN_OR_RETURN(SocketPair pair, MakeSocketPair());
  const std::array<const FileDescriptor*, 1> handed = {&pair.second};
  SKERRY_ASSIGN_OR_RETURN(ChildProcess process,
                          ChildProcess::Start({"/bin/sh", "-c", line}, handed));
  return Shell{std::move(pair.first), std::move(process)};
}

std::string Receive(const FileDescriptor& connection) {
  std::array<char, 4096> text{};
  const auto count =
      ReceiveMessage(connection, std::as_writable_bytes(std::span(text)), {});
  return {text.data(), count.value_or(0)};
}

TEST(ChildProcessTest, TheProgramHasWhatItWasGivenAndNothingElse) {
  const FileDescriptor inherited(dup(2));  // without close-on-exec
  Shell shell = StartShell("echo $(ls /proc/self/fd) >&3").value();

  // The folder itself is open while it is listed.
  EXPECT_EQ(Receive(shell.connection), "0 1 2 3 4\n");
  EXPECT_EQ(Receive(shell.connection), "");
}

TEST(ChildProcessTest, TheEndIsDescribed) {
  Shell code = StartShell("exit 3").value();
  EXPECT_EQ(Receive(code.connection), "");
  EXPECT_EQ(code.process.End(), "ended with exit code 3");
  EXPECT_EQ(code.process.End(), "had ended before");

  Shell crash = StartShell("kill -SEGV $$").value();
  EXPECT_EQ(Receive(crash.connection), "");
  EXPECT_EQ(crash.process.End(), "was ended by SIGSEGV");

  Shell hanging = StartShell("echo up >&3; sleep 1000").value();
  EXPECT_EQ(Receive(hanging.connection), "up\n");
  EXPECT_EQ(hanging.process.End(), "was ended by SIGKILL");
}

TEST(ChildProcessTest, ItEndsWithItsOwner) {
  pid_t id = 0;
  {
    const Shell shell = StartShell("exec sleep 1000").value();
    id = shell.process.id();
    EXPECT_EQ(kill(id, 0), 0);
  }
  EXPECT_EQ(kill(id, 0), -1);
}

TEST(ChildProcessTest, AProgramThatIsNotThereIsNamed) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "qemu forks where posix_spawn wants vfork";
#endif

  const auto process = ChildProcess::Start({"/no/such/program"}, {});

  ASSERT_FALSE(process.has_value());
  EXPECT_EQ(process.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(process.error().message().find("/no/such/program"),
            std::string::npos);
}

TEST(ChildProcessTest, ASharedFileIsSeenByBothAndKeepsItsSize) {
  const FileDescriptor file = MakeSharedFile(4096).value();
  const Mapping mapping = Mapping::OfSharedFile(file, 4096).value();
  const std::array<const FileDescriptor*, 1> handed = {&file};
  auto process = ChildProcess::Start(
      {"/bin/sh", "-c", "printf hello 1<>/proc/self/fd/3"}, handed);
  ASSERT_TRUE(process.has_value());
  while (mapping.bytes()[4] != std::byte{'o'}) usleep(1000);

  EXPECT_EQ(std::memcmp(mapping.bytes().data(), "hello", 5), 0);
  EXPECT_NE(ftruncate(file.number(), 0), 0);
  EXPECT_NE(ftruncate(file.number(), 8192), 0);
}

}  // namespace
}  // namespace skerry::platform
