#include "skerry/media/test_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace skerry::media {

std::vector<std::byte> ReadTestFile(const std::string& name) {
  std::ifstream stream(std::string(SKERRY_SOURCE_DIR "/tests/data/") + name,
                       std::ios::binary);
  EXPECT_TRUE(stream) << name;
  std::vector<std::byte> bytes;
  for (std::istreambuf_iterator<char> at(stream), end; at != end; ++at) {
    bytes.push_back(static_cast<std::byte>(*at));
  }
  return bytes;
}

}  // namespace skerry::media
