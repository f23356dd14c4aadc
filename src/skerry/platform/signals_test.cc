#include "skerry/platform/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "skerry/platform/file.h"

namespace skerry::platform {
namespace {

TEST(SignalsTest, ABlockedSignalWaitsUntilItIsAskedFor) {
  const std::array signals = {SIGUSR1, SIGUSR2};
  BlockSignals(signals);

  kill(getpid(), SIGUSR2);

  EXPECT_EQ(WaitForSignal(signals), SIGUSR2);
}

TEST(SignalsTest, TheServiceManagerIsToldAtTheAddressItGave) {
  const std::string path =
      testing::TempDir() + "notify" + std::to_string(getpid());
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(bind(socket.number(), reinterpret_cast<sockaddr*>(&address),
                 sizeof address),
            0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);

  NotifyServiceManager("READY=1");

  std::array<char, 64> heard = {};
  EXPECT_EQ(recv(socket.number(), heard.data(), heard.size(), MSG_DONTWAIT), 7);
  EXPECT_STREQ(heard.data(), "READY=1");
  unlink(path.c_str());
  unsetenv("NOTIFY_SOCKET");
}

TEST(SignalsTest, WithoutAServiceManagerNothingIsTold) {
  unsetenv("NOTIFY_SOCKET");

  NotifyServiceManager("READY=1");
}

}  // namespace
}  // namespace skerry::platform
