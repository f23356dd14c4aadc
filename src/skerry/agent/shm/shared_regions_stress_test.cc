#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "skerry/agent/shm/shared_regions.h"
#include "skerry/agent/shm/shm_test_support.h"

namespace skerry::agent {
namespace {

constexpr std::size_t kBytes = 16 * 4096;
constexpr std::size_t kSegmentCount = 4;
constexpr int kThreadCount = 8;
constexpr int kStepCount = 2000;

// What clients do to each other, in an order that nobody chose. A segment
// holds one letter, so whatever is read is that letter or, once it was cut
// off, zeros.
class Stress {
 public:
  void Run() {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreadCount; ++i) {
      threads.emplace_back([this, i] { Client(static_cast<unsigned>(i)); });
    }
  }

  std::uint64_t read_count() const { return read_count_; }
  std::uint64_t torn_count() const { return torn_count_; }
  SharedRegions& regions() { return *regions_; }

 private:
  static char LetterOf(std::size_t segment) {
    return static_cast<char>('a' + segment);
  }

  void Client(unsigned seed) {
    std::minstd_rand random(seed + 1);
    for (int step = 0; step < kStepCount; ++step) {
      const std::size_t i = random() % kSegmentCount;
      const std::string name = "r" + std::to_string(i);
      switch (random() % 16) {
        case 0:
          static_cast<void>(regions_->Unregister(name, Self()));
          break;
        case 1:
          segments_[i]->Resize(random() % 2 == 0 ? 0 : kBytes);
          break;
        case 2:
          static_cast<void>(regions_->List(""));
          break;
        case 3:
          Read(regions_->SystemV(system_v_[i]->id(), random() % kBytes, 64,
                                 Self()),
               LetterOf(i));
          break;
        default:
          static_cast<void>(regions_->Register(name, segments_[i]->name(), 0,
                                               kBytes, Self()));
          Read(regions_->Find(name, random() % kBytes, 4096, Self()),
               LetterOf(i));
      }
    }
  }

  void Read(const Result<SharedSpan>& span, char letter) {
    if (!span) return;
    bool is_whole = true;
    for (const std::byte byte : span->bytes) {
      const char value = static_cast<char>(byte);
      if (value != letter && value != '\0') ADD_FAILURE() << value;
      is_whole = is_whole && value == letter;
    }
    ++(is_whole ? read_count_ : torn_count_);
  }

  std::array<std::unique_ptr<PosixSegment>, kSegmentCount> segments_ = {
      std::make_unique<PosixSegment>("a", kBytes, 'a'),
      std::make_unique<PosixSegment>("b", kBytes, 'b'),
      std::make_unique<PosixSegment>("c", kBytes, 'c'),
      std::make_unique<PosixSegment>("d", kBytes, 'd')};
  std::array<std::unique_ptr<SystemVSegment>, kSegmentCount> system_v_ = {
      std::make_unique<SystemVSegment>(kBytes, 'a'),
      std::make_unique<SystemVSegment>(kBytes, 'b'),
      std::make_unique<SystemVSegment>(kBytes, 'c'),
      std::make_unique<SystemVSegment>(kBytes, 'd')};
  std::unique_ptr<SharedRegions> regions_ = SharedRegions::Create();
  std::atomic<std::uint64_t> read_count_ = 0;
  std::atomic<std::uint64_t> torn_count_ = 0;
};

TEST(SharedRegionsStressTest, ClientsThatShrinkAndForgetHarmNobodyElse) {
  Stress stress;

  stress.Run();

  EXPECT_GT(stress.read_count(), 100U);
  EXPECT_GT(stress.torn_count(), 100U);
  EXPECT_TRUE(stress.regions().Unregister("", Self()));
  EXPECT_TRUE(stress.regions().List("")->empty());
}

}  // namespace
}  // namespace skerry::agent
