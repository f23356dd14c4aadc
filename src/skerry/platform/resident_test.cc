#include "skerry/platform/resident.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "skerry/platform/process.h"

namespace skerry::platform {
namespace {

// Too large for the pages around what the program needs.
constexpr std::array<char, 4 << 20> kConstants = {'a', 'b'};

int SumOfConstants() {
  int sum = 0;
  for (const char& c : kConstants) {
    sum += *const_cast<const volatile char*>(&c);
  }
  return sum;
}

TEST(ReleaseStartupPagesTest, FreesMemoryAndLosesNothing) {
  ASSERT_EQ(SumOfConstants(), 'a' + 'b');
  const auto before = ProcessMemory().resident_bytes;

  ReleaseStartupPages();

  EXPECT_LT(ProcessMemory().resident_bytes + kConstants.size() / 2, before);
  EXPECT_EQ(SumOfConstants(), 'a' + 'b');
}

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
constexpr bool kOwnHeap = true;  // not the C library's
#else
constexpr bool kOwnHeap = false;
#endif

TEST(ReleaseFreePagesTest, FreesPagesThatUsedMemoryLiesBetween) {
  if (kOwnHeap) GTEST_SKIP() << "a sanitizer keeps its own heap";
  // Each too small for pages of its own.
  constexpr std::size_t kBlockBytes = 16 << 10;
  constexpr std::size_t kBlockCount = 1024;
  std::vector<std::unique_ptr<std::vector<char>>> blocks;
  for (std::size_t i = 0; i < kBlockCount; ++i) {
    blocks.push_back(std::make_unique<std::vector<char>>(kBlockBytes, 'x'));
  }
  for (std::size_t i = 0; i < kBlockCount; i += 2) blocks[i].reset();
  const auto before = ProcessMemory().resident_bytes;

  ReleaseFreePages();

  EXPECT_LT(ProcessMemory().resident_bytes + kBlockCount * kBlockBytes / 4,
            before);
  EXPECT_TRUE(std::ranges::all_of(*blocks[1], [](char c) { return c == 'x'; }));
}

}  // namespace
}  // namespace skerry::platform
