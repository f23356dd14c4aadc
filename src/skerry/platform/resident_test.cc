#include "skerry/platform/resident.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

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

}  // namespace
}  // namespace skerry::platform
