#include "skerry/platform/socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skerry::platform {
namespace {

TEST(SocketTest, ThePeerOfAUnixSocketIsTheProcessThatMadeIt) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const FileDescriptor first(ends[0]);
  const FileDescriptor second(ends[1]);

  const Result<SocketPeer> peer = PeerCredentials(first);

  ASSERT_TRUE(peer.has_value()) << peer.error().message();
  EXPECT_EQ(peer->process, getpid());
  EXPECT_EQ(peer->user, getuid());
  EXPECT_EQ(peer->group, getgid());
}

TEST(SocketTest, OtherDescriptorsHaveNoPeer) {
  const FileDescriptor internet(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(internet.open());

  const Result<SocketPeer> of_internet = PeerCredentials(internet);
  ASSERT_FALSE(of_internet.has_value());
  EXPECT_EQ(of_internet.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(PeerCredentials(FileDescriptor()).has_value());
}

}  // namespace
}  // namespace skerry::platform
