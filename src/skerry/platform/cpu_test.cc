#include "skerry/platform/cpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "skerry/platform/file.h"

namespace skerry::platform {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;

// The features that Linux lists for the first CPU.
std::vector<std::string> ListedByLinux() {
  const std::string text =
      ReadTextFile("/proc/cpuinfo", std::size_t{16} << 20).value_or("");
  const std::string key =
      CpuArchitecture() == "x86_64" ? "\nflags\t\t: " : "\nFeatures\t: ";
  const std::size_t line = text.find(key);
  if (line == std::string::npos) return {};
  const std::size_t begin = line + key.size();
  std::istringstream words(text.substr(begin, text.find('\n', begin) - begin));
  return {std::istream_iterator<std::string>(words), {}};
}

TEST(CpuTest, FeaturesAreThoseThatLinuxLists) {
  const std::vector<std::string> listed = ListedByLinux();
  if (listed.empty()) GTEST_SKIP() << "/proc/cpuinfo lists none";

  EXPECT_THAT(listed, IsSupersetOf(CpuFeatures()));
}

TEST(CpuTest, FindsTheFeaturesThatEveryCpuOfItsKindHas) {
  const bool is_x86 = CpuArchitecture() == "x86_64";

  EXPECT_TRUE(HasCpuFeature(is_x86 ? "sse2" : "asimd"));
  EXPECT_THAT(CpuFeatures(), Contains(is_x86 ? "sse2" : "asimd"));
}

TEST(CpuTest, LacksFeaturesThatItDoesNotKnow) {
  EXPECT_FALSE(HasCpuFeature("avx9000"));
  EXPECT_FALSE(HasCpuFeature(""));
}

TEST(CpuTest, AsksForAmxWhereThereIsSome) {
  if (CpuArchitecture() != "x86_64") GTEST_SKIP() << "nothing to ask for";

  EXPECT_TRUE(RequestCpuFeature("avx2"));
  EXPECT_EQ(RequestCpuFeature("amx_tile").has_value(),
            HasCpuFeature("amx_tile"));
}

TEST(CpuTest, ThereIsACpu) { EXPECT_GE(AvailableCpuCount(), 1); }

TEST(CpuTest, CachesGrowWithTheirLevel) {
  const CacheSizes sizes = CpuCacheSizes();
  if (sizes.l1_data_bytes == 0) GTEST_SKIP() << "the system tells nothing";

  EXPECT_GE(sizes.l1_data_bytes, std::size_t{4} << 10);
  EXPECT_GE(sizes.l2_bytes, sizes.l1_data_bytes);
}

}  // namespace
}  // namespace skerry::platform
