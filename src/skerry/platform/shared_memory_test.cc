#include "skerry/platform/shared_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "skerry/platform/file.h"
#include "skerry/platform/memory_trap.h"
#include "skerry/platform/shared_memory_test_support.h"
#include "skerry/platform/thread.h"

namespace skerry::platform {
namespace {

constexpr std::size_t kPage = 4096;

// A System V segment that is removed at the end.
class SystemVSegment {
 public:
  explicit SystemVSegment(std::size_t byte_size)
      : id_(shmget(IPC_PRIVATE, byte_size, IPC_CREAT | 0600)) {
    EXPECT_GE(id_, 0);
    void* const start = shmat(id_, nullptr, 0);
    std::memset(start, 'v', byte_size);
    shmdt(start);
  }
  ~SystemVSegment() { shmctl(id_, IPC_RMID, nullptr); }
  SystemVSegment(const SystemVSegment&) = delete;
  SystemVSegment& operator=(const SystemVSegment&) = delete;

  int id() const { return id_; }

 private:
  int id_;
};

bool AllAre(std::span<const std::byte> bytes, char value) {
  return std::ranges::all_of(bytes, [value](std::byte byte) {
    return static_cast<char>(byte) == value;
  });
}

template <class T>
ErrorCode CodeOf(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kUnknown : result.error().code();
}

TEST(SharedMemoryTest, APosixSegmentIsReadAndWritten) {
  const PosixSegment segment("", 3 * kPage, 'x');

  const auto memory = SharedMemory::OpenPosix(segment.name());

  ASSERT_TRUE(memory.has_value()) << memory.error().message();
  EXPECT_EQ((*memory)->bytes().size(), 3 * kPage);
  EXPECT_TRUE((*memory)->writable());
  EXPECT_EQ((*memory)->owner(), geteuid());
  EXPECT_EQ((*memory)->mode(), 0600U);
  EXPECT_TRUE(AllAre((*memory)->bytes(), 'x'));
  (*memory)->bytes()[7] = std::byte{'y'};
  std::ifstream file("/dev/shm" + segment.name());
  std::string head(8, ' ');
  file.read(head.data(), 8);
  EXPECT_EQ(head, "xxxxxxxy");
}

TEST(SharedMemoryTest, NamesThatAreNoneAreRefused) {
  for (const char* name : {"", "/", "x", "//x", "/a/b", "/.", "/..", "/../x"}) {
    EXPECT_EQ(CodeOf(SharedMemory::OpenPosix(name)),
              ErrorCode::kInvalidArgument)
        << name;
  }
  EXPECT_EQ(CodeOf(SharedMemory::OpenPosix("/skerry-no-such-memory")),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(SharedMemory::OpenPosix("/" + std::string(5000, 'n'))),
            ErrorCode::kInvalidArgument);
}

TEST(SharedMemoryTest, EmptyAndHugeSegmentsAreRefused) {
  const PosixSegment segment("", 0, 'x');
  EXPECT_EQ(CodeOf(SharedMemory::OpenPosix(segment.name())),
            ErrorCode::kInvalidArgument);
  segment.Resize(kSharedMemoryBytesMax + 1);
  EXPECT_EQ(CodeOf(SharedMemory::OpenPosix(segment.name())),
            ErrorCode::kInvalidArgument);
}

TEST(SharedMemoryTest, AShrunkSegmentReadsAsZerosAndIsNotIntact) {
  const PosixSegment segment("", 4 * kPage, 'x');
  const auto memory = SharedMemory::OpenPosix(segment.name()).value();
  EXPECT_TRUE(memory->intact());

  segment.Resize(kPage);

  const auto bytes = memory->bytes();
  EXPECT_TRUE(AllAre(bytes.first(kPage), 'x'));
  EXPECT_TRUE(memory->intact());  // nothing was missing so far
  EXPECT_TRUE(AllAre(bytes.subspan(kPage), '\0'));
  EXPECT_FALSE(memory->intact());
  EXPECT_TRUE(AllAre(bytes.first(kPage), 'x'));
}

TEST(SharedMemoryTest, AShrunkSegmentTakesWritesThatNobodySees) {
  const PosixSegment segment("", 4 * kPage, 'x');
  const auto memory = SharedMemory::OpenPosix(segment.name()).value();

  segment.Resize(0);
  std::memset(memory->bytes().data(), 'w', memory->bytes().size());

  EXPECT_FALSE(memory->intact());
  segment.Resize(4 * kPage);
  const auto again = SharedMemory::OpenPosix(segment.name()).value();
  EXPECT_TRUE(AllAre(again->bytes(), '\0'));
  EXPECT_TRUE(again->intact());
}

TEST(SharedMemoryTest, AShrunkSegmentIsFoundByThreadsOfThePlatform) {
  const PosixSegment segment("", 2 * kPage, 'x');
  const auto memory = SharedMemory::OpenPosix(segment.name()).value();
  segment.Resize(0);

  bool zeros = false;
  {
    // Such a thread takes no signals, but for its own faults.
    auto thread =
        Thread::Start("reader", [&] { zeros = AllAre(memory->bytes(), '\0'); });
    ASSERT_TRUE(thread.has_value());
  }

  EXPECT_TRUE(zeros);
  EXPECT_FALSE(memory->intact());
}

TEST(SharedMemoryTest, ManyThreadsMayFaultAtOnce) {
  const PosixSegment segment("", 256 * kPage, 'x');
  for (int round = 0; round < 20; ++round) {
    segment.Resize(256 * kPage);
    const auto memory = SharedMemory::OpenPosix(segment.name()).value();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (const std::byte byte : memory->bytes()) {
          if (byte == std::byte{1}) return;
        }
      });
    }
    segment.Resize(0);
    threads.clear();
    EXPECT_FALSE(AllAre(memory->bytes().last(1), 'x'));
  }
}

TEST(SharedMemoryTest, ASystemVSegmentIsReadOnly) {
  const SystemVSegment segment(100);

  const auto memory = SharedMemory::AttachSystemV(segment.id());

  ASSERT_TRUE(memory.has_value()) << memory.error().message();
  EXPECT_EQ((*memory)->bytes().size(), 100U);
  EXPECT_FALSE((*memory)->writable());
  EXPECT_TRUE(AllAre((*memory)->bytes(), 'v'));
  const SystemVStatus status = StatusOfSystemV(segment.id()).value();
  EXPECT_EQ(status.owner, geteuid());
  EXPECT_EQ(status.mode, 0600U);
  EXPECT_EQ(status.byte_size, 100U);
  EXPECT_EQ(status.attach_count, 1U);
  EXPECT_FALSE(status.removed);
}

TEST(SharedMemoryTest, AnAttachmentEndsWithItsOwner) {
  const SystemVSegment segment(100);
  SharedMemory::AttachSystemV(segment.id()).value().reset();
  EXPECT_EQ(StatusOfSystemV(segment.id()).value().attach_count, 0U);
  EXPECT_EQ(CodeOf(SharedMemory::AttachSystemV(-1)), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(SharedMemory::AttachSystemV(0x7FFF'FFFF)),
            ErrorCode::kNotFound);
}

TEST(SharedMemoryTest, ADescriptorOfAProcessIsMapped) {
  const FileDescriptor file(memfd_create("skerry-test", MFD_CLOEXEC));
  ASSERT_EQ(write(file.number(), "0123456789", 10), 10);

  const auto memory = SharedMemory::OpenOfProcess(getpid(), file.number());

  ASSERT_TRUE(memory.has_value()) << memory.error().message();
  EXPECT_EQ(std::memcmp((*memory)->bytes().data(), "0123456789", 10), 0);
  EXPECT_TRUE((*memory)->writable());
}

TEST(SharedMemoryTest, ASealedDescriptorIsMappedToRead) {
  const std::string text = "sealed";
  const FileDescriptor file =
      MakeMemoryFile(std::as_bytes(std::span(text))).value();

  const auto memory = SharedMemory::OpenOfProcess(getpid(), file.number());

  ASSERT_TRUE(memory.has_value()) << memory.error().message();
  EXPECT_FALSE((*memory)->writable());
  EXPECT_EQ((*memory)->bytes().size(), text.size());
}

TEST(SharedMemoryTest, DescriptorsOfOtherThingsAreRefused) {
  const FileDescriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  const FileDescriptor program(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const FileDescriptor source(ends[0]);
  const FileDescriptor sink(ends[1]);

  for (const int number : {null.number(), program.number(), source.number()}) {
    EXPECT_EQ(CodeOf(SharedMemory::OpenOfProcess(getpid(), number)),
              ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(CodeOf(SharedMemory::OpenOfProcess(getpid(), 1'000'000)),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(SharedMemory::OpenOfProcess(getpid(), -1)),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(SharedMemory::OpenOfProcess(0x3FFF'FFFF, 0)),
            ErrorCode::kNotFound);
}

// Touches a page behind the end of a file that nobody watches.
void FaultElsewhere() {
  const FileDescriptor file(memfd_create("skerry-test", MFD_CLOEXEC));
  const void* const start =
      mmap(nullptr, kPage, PROT_READ, MAP_SHARED, file.number(), 0);
  const volatile char* const byte = static_cast<const char*>(start);
  static_cast<void>(*byte);
}

TEST(SharedMemoryDeathTest, AFaultElsewhereEndsTheProcess) {
#if defined(__x86_64__)
  // Elsewhere an emulator runs the test, and cannot start it anew.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
#endif
  std::shared_ptr<const SharedMemory> memory;
  {  // gone before the end, which takes no leave
    const PosixSegment segment("", kPage, 'x');
    memory = SharedMemory::OpenPosix(segment.name()).value();
  }
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
  EXPECT_DEATH(FaultElsewhere(), "BUS");
#else
  EXPECT_EXIT(FaultElsewhere(), testing::KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(raise(SIGBUS), testing::KilledBySignal(SIGBUS), "");
#endif
}

TEST(MemoryTrapTest, ThereAreOnlySoManyTraps) {
  std::vector<std::byte> memory(kPage);
  std::vector<MemoryTrap> traps;
  for (std::size_t i = 0; i < kTrapCountMax; ++i) {
    auto trap = MemoryTrap::Watch(memory, false);
    if (!trap) break;  // other tests' mappings
    traps.push_back(std::move(*trap));
  }
  EXPECT_EQ(CodeOf(MemoryTrap::Watch(memory, false)),
            ErrorCode::kResourceExhausted);
  traps.pop_back();
  EXPECT_TRUE(MemoryTrap::Watch(memory, false).has_value());
}

}  // namespace
}  // namespace skerry::platform
