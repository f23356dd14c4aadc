#include "skerry/platform/socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>

#include "skerry/platform/thread.h"

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

std::span<const std::byte> BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(SocketTest, MessagesStayApart) {
  const SocketPair pair = MakeSocketPair().value();
  ASSERT_TRUE(SendMessage(pair.first, BytesOf("one")));
  ASSERT_TRUE(SendMessage(pair.first, BytesOf("three")));

  std::array<std::byte, 8> buffer{};
  EXPECT_EQ(ReceiveMessage(pair.second, buffer, {}).value(), 3U);
  EXPECT_EQ(ReceiveMessage(pair.second, buffer, {}).value(), 5U);
  EXPECT_EQ(static_cast<char>(buffer[4]), 'e');
}

TEST(SocketTest, LargeAndLateMessagesAreErrors) {
  const SocketPair pair = MakeSocketPair().value();
  ASSERT_TRUE(SendMessage(pair.first, BytesOf("123456789")));
  std::array<std::byte, 8> buffer{};

  const auto large = ReceiveMessage(pair.second, buffer, {});
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().code(), ErrorCode::kInvalidArgument);
  const auto late = ReceiveMessage(
      pair.second, buffer,
      std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code(), ErrorCode::kDeadlineExceeded);
}

TEST(SocketTest, TheEndOfTheOtherSideIsSeen) {
  SocketPair pair = MakeSocketPair().value();
  ASSERT_TRUE(SendMessage(pair.second, BytesOf("unread")));
  std::array<std::byte, 8> buffer{};
  auto waiting =
      Thread::Start("waiting", [&] { WaitForClose(pair.second); }).value();

  pair.first.Close();

  waiting = Thread();  // joins
  EXPECT_EQ(ReceiveMessage(pair.second, buffer, {}).value(), 0U);
  const auto sent = SendMessage(pair.second, BytesOf("x"));
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace skerry::platform
