#include "skerry/platform/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace skerry::platform {
namespace {

TEST(RandomTest, FillsAllOfTheBytes) {
  std::vector<std::byte> bytes(100'000);

  FillRandom(bytes);

  // Each tenth of them would be zero by chance with a probability of nothing.
  for (std::size_t i = 0; i < bytes.size(); i += 10'000) {
    EXPECT_TRUE(
        std::any_of(bytes.data() + i, bytes.data() + i + 10'000,
                    [](std::byte byte) { return byte != std::byte{}; }));
  }
}

TEST(RandomTest, GivesOtherBytesEachTime) {
  std::vector<std::byte> one(16);
  std::vector<std::byte> two(16);

  FillRandom(one);
  FillRandom(two);

  EXPECT_NE(one, two);
}

}  // namespace
}  // namespace skerry::platform
