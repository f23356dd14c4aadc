#include "skerry/agent/shm/shared_regions.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string_view>
#include <thread>

#include "skerry/agent/shm/shm_test_support.h"

namespace skerry::agent {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

std::string_view TextOf(const SharedSpan& span) {
  return {reinterpret_cast<const char*>(span.bytes.data()), span.bytes.size()};
}

class SharedRegionsTest : public testing::Test {
 protected:
  const std::unique_ptr<SharedRegions> regions_ = SharedRegions::Create();
  const PosixSegment segment_{"", 2 * kPage, 'p'};
};

TEST_F(SharedRegionsTest, APartOfAPosixSegmentIsFoundByName) {
  ASSERT_TRUE(regions_->Register("r", segment_.name(), 100, 50, Self()));

  const auto span = regions_->Find("r", 10, 40, Self());

  ASSERT_TRUE(span.has_value()) << span.error().message();
  EXPECT_EQ(TextOf(*span), std::string(40, 'p'));
  EXPECT_EQ(span->bytes.data(), span->memory->bytes().data() + 110);
  EXPECT_TRUE(span->memory->writable());
  EXPECT_TRUE(span->intact());
}

TEST_F(SharedRegionsTest, KeysAreReadAsTheCLibraryReadsThem) {
  const std::string bare = segment_.name().substr(1);
  EXPECT_TRUE(regions_->Register("bare", bare, 0, 1, Self()));
  EXPECT_TRUE(regions_->Register("double", "//" + bare, 0, 1, Self()));
  for (const char* key : {"", "/", "//", "/a/b", "memfd:", "memfd:x",
                          "memfd:-1", "memfd:1 ", "memfd:99999999999"}) {
    EXPECT_EQ(CodeOf(regions_->Register("bad", key, 0, 1, Self())),
              ErrorCode::kInvalidArgument)
        << key;
  }
  EXPECT_EQ(CodeOf(regions_->Register("bad", "/skerry-none", 0, 1, Self())),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(regions_->Register("bad", "memfd:9999", 0, 1, Self())),
            ErrorCode::kNotFound);
}

TEST_F(SharedRegionsTest, PartsBeyondTheEndAreRefused) {
  struct Case {
    std::uint64_t offset;
    std::uint64_t byte_size;
  };
  for (const Case& bad :
       {Case{0, 2 * kPage + 1}, Case{2 * kPage, 1}, Case{1, kHuge},
        Case{kHuge, 1}, Case{kHuge, 2}, Case{kHuge, kHuge}}) {
    EXPECT_EQ(CodeOf(regions_->Register("r", segment_.name(), bad.offset,
                                        bad.byte_size, Self())),
              ErrorCode::kInvalidArgument);
  }
  ASSERT_TRUE(regions_->Register("r", segment_.name(), 100, 50, Self()));
  for (const Case& bad :
       {Case{0, 51}, Case{50, 1}, Case{1, kHuge}, Case{kHuge, 2}}) {
    EXPECT_EQ(CodeOf(regions_->Find("r", bad.offset, bad.byte_size, Self())),
              ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(regions_->Find("r", 50, 0, Self())->bytes.empty());
}

TEST_F(SharedRegionsTest, NamesAreTakenOnceAndFreeAfterwards) {
  ASSERT_TRUE(regions_->Register("r", segment_.name(), 0, 1, Self()));
  EXPECT_EQ(CodeOf(regions_->Register("r", segment_.name(), 0, 1, Self())),
            ErrorCode::kAlreadyExists);

  const auto span = regions_->Find("r", 0, 1, Self());
  EXPECT_TRUE(regions_->Unregister("r", Self()));
  EXPECT_TRUE(regions_->Unregister("r", Self()));
  EXPECT_EQ(CodeOf(regions_->Find("r", 0, 1, Self())), ErrorCode::kNotFound);
  EXPECT_EQ(TextOf(*span), "p");  // what is in use stays mapped
  EXPECT_TRUE(regions_->Register("r", segment_.name(), 0, 1, Self()));
  EXPECT_EQ(CodeOf(regions_->Register("", segment_.name(), 0, 1, Self())),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      CodeOf(regions_->Register(std::string(kSharedRegionNameBytesMax + 1, 'n'),
                                segment_.name(), 0, 1, Self())),
      ErrorCode::kInvalidArgument);
}

TEST_F(SharedRegionsTest, ThereAreOnlySoManyRegions) {
  for (std::size_t i = 0; i < kSharedRegionCountMax; ++i) {
    ASSERT_TRUE(regions_->Register("r" + std::to_string(i), segment_.name(), 0,
                                   1, Self()));
  }
  EXPECT_EQ(CodeOf(regions_->Register("r", segment_.name(), 0, 1, Self())),
            ErrorCode::kResourceExhausted);
  EXPECT_TRUE(regions_->Unregister("", Self()));
  EXPECT_TRUE(regions_->List("")->empty());
}

TEST_F(SharedRegionsTest, OtherUsersAndOtherMachinesAreRefused) {
  ASSERT_TRUE(regions_->Register("r", segment_.name(), 0, 8, Self()));
  for (const Peer& peer : {Stranger(), Peer()}) {
    EXPECT_EQ(CodeOf(regions_->Register("s", segment_.name(), 0, 8, peer)),
              ErrorCode::kPermissionDenied);
    EXPECT_EQ(CodeOf(regions_->Find("r", 0, 8, peer)),
              ErrorCode::kPermissionDenied);
    EXPECT_EQ(CodeOf(regions_->Unregister("r", peer)),
              ErrorCode::kPermissionDenied);
  }
  EXPECT_TRUE(regions_->Unregister("", Stranger()));
  EXPECT_EQ(regions_->List("")->size(), 1U);
  EXPECT_TRUE(regions_->Find("r", 0, 8, Peer{getpid(), 0, 0}));
}

TEST_F(SharedRegionsTest, TheListSaysWhatWasRegistered) {
  ASSERT_TRUE(regions_->Register("b", segment_.name(), 1, 2, Self()));
  ASSERT_TRUE(regions_->Register("a", segment_.name(), 0, 8, Self()));

  const auto all = regions_->List("").value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[1].key, segment_.name());
  EXPECT_EQ(all[1].offset, 1U);
  EXPECT_EQ(all[1].byte_size, 2U);
  EXPECT_EQ(regions_->List("a")->size(), 1U);
  EXPECT_EQ(CodeOf(regions_->List("c")), ErrorCode::kNotFound);
}

TEST_F(SharedRegionsTest, ARegionThatShrinksIsRefusedFromThenOn) {
  ASSERT_TRUE(regions_->Register("r", segment_.name(), 0, 2 * kPage, Self()));
  const auto span = regions_->Find("r", 0, 2 * kPage, Self()).value();

  segment_.Resize(0);
  EXPECT_EQ(TextOf(span), std::string(2 * kPage, '\0'));

  EXPECT_FALSE(span.intact());
  EXPECT_EQ(CodeOf(regions_->Find("r", 0, 1, Self())),
            ErrorCode::kInvalidArgument);
}

TEST_F(SharedRegionsTest, ADescriptorsRegionEndsWithItsProcess) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
  const platform::FileDescriptor source(pipe_ends[0]);
  const platform::FileDescriptor sink(pipe_ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = memfd_create("client", 0);
    const bool is_made = write(file, "memory", 6) == 6;
    if (is_made && write(sink.number(), &file, sizeof file) > 0) pause();
    _exit(1);
  }
  int file = -1;
  ASSERT_EQ(read(source.number(), &file, sizeof file),
            static_cast<ssize_t>(sizeof file));
  const Peer client{child, geteuid(), getegid()};
  ASSERT_TRUE(
      regions_->Register("r", "memfd:" + std::to_string(file), 0, 6, client));
  EXPECT_EQ(TextOf(*regions_->Find("r", 0, 6, client)), "memory");

  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);

  while (!regions_->List("")->empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(SystemVTest, ASegmentIsReadAndKeptForTheNextRequest) {
  const auto regions = SharedRegions::Create();
  const SystemVSegment segment(100, 's');

  const auto span = regions->SystemV(segment.id(), 40, 60, Self());
  const auto again = regions->SystemV(segment.id(), 0, 0, Self());

  ASSERT_TRUE(span.has_value()) << span.error().message();
  EXPECT_EQ(TextOf(*span), std::string(60, 's'));
  EXPECT_TRUE(again->bytes.empty());
  EXPECT_EQ(again->memory, span->memory);
}

TEST(SystemVTest, PartsBeyondTheEndAndUnknownNumbersAreRefused) {
  const auto regions = SharedRegions::Create();
  const SystemVSegment segment(100, 's');
  EXPECT_EQ(CodeOf(regions->SystemV(segment.id(), 0, 101, Self())),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(regions->SystemV(segment.id(), kHuge, 2, Self())),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(regions->SystemV(segment.id(), 2, kHuge, Self())),
            ErrorCode::kInvalidArgument);
  for (const std::uint64_t id :
       {std::uint64_t{0x7FFF'FFFF}, std::uint64_t{1} << 31,
        (std::uint64_t{1} << 32) + segment.id(), kHuge}) {
    EXPECT_EQ(CodeOf(regions->SystemV(id, 0, 1, Self())), ErrorCode::kNotFound);
  }
}

TEST(SystemVTest, ASegmentThatSomebodyMayWriteIsRefused) {
  const auto regions = SharedRegions::Create();
  const SystemVSegment segment(100, 's');
  for (const int mode : {0600, 0420, 0402, 0500, 0410, 0401}) {
    segment.SetMode(static_cast<unsigned short>(mode));
    EXPECT_EQ(CodeOf(regions->SystemV(segment.id(), 0, 1, Self())),
              ErrorCode::kPermissionDenied)
        << mode;
  }
  segment.SetMode(0444);
  EXPECT_TRUE(regions->SystemV(segment.id(), 0, 1, Self()));
  segment.SetMode(0600);  // also once it is attached
  EXPECT_EQ(CodeOf(regions->SystemV(segment.id(), 0, 1, Self())),
            ErrorCode::kPermissionDenied);
}

TEST(SystemVTest, OtherUsersAndOtherMachinesAreRefused) {
  const auto regions = SharedRegions::Create();
  const SystemVSegment segment(100, 's');
  ASSERT_TRUE(regions->SystemV(segment.id(), 0, 1, Self()));
  for (const Peer& peer : {Stranger(), Peer()}) {
    EXPECT_EQ(CodeOf(regions->SystemV(segment.id(), 0, 1, peer)),
              ErrorCode::kPermissionDenied);
  }
}

TEST(SystemVTest, ARemovedSegmentServesItsClientAndIsNotKept) {
  const auto regions = SharedRegions::Create();
  const SystemVSegment segment(100, 's');
  const void* const client = shmat(segment.number(), nullptr, SHM_RDONLY);
  segment.Remove();

  EXPECT_TRUE(regions->SystemV(segment.id(), 0, 1, Self()));
  shmdt(client);

  while (platform::StatusOfSystemV(segment.number())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(PeerTest, AUnixSocketHasAPeerAndOthersHaveNone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const platform::FileDescriptor first(ends[0]);
  const platform::FileDescriptor second(ends[1]);

  const Peer peer = PeerOf(first);
  EXPECT_TRUE(peer.local());
  EXPECT_EQ(peer.process, getpid());
  EXPECT_EQ(peer.user, geteuid());
  EXPECT_FALSE(PeerOf(platform::FileDescriptor()).local());
}

}  // namespace
}  // namespace skerry::agent
