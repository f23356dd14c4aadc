#include "skerry/media/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "skerry/media/test_files.h"

namespace skerry::media {
namespace {

using testing::HasSubstr;

TEST(NpzTest, ReadsStoredAndDeflatedArraysAlike) {
  std::vector<std::int32_t> steps(24);
  std::iota(steps.begin(), steps.end(), 0);

  const Result<NamedTensors> stored =
      ReadNpz(ReadTestFile("arrays/stored.npz"));
  const Result<NamedTensors> deflated =
      ReadNpz(ReadTestFile("arrays/deflated.npz"));

  ASSERT_TRUE(stored) << stored.error().message();
  ASSERT_TRUE(deflated) << deflated.error().message();
  EXPECT_EQ(*stored, *deflated);
  ASSERT_EQ(stored->size(), 2U);
  EXPECT_EQ(stored->at("image").type().ToString(), "float32[2, 3, 4]");
  EXPECT_EQ(stored->at("a/b:0"), Tensor::Of<std::int32_t>({24}, steps));
}

TEST(NpzTest, RefusesWhatIsNoZip) {
  const Result<NamedTensors> tensors =
      ReadNpz(ReadTestFile("arrays/c_order.npy"));

  ASSERT_FALSE(tensors);
  EXPECT_EQ(tensors.error().code(), ErrorCode::kInvalidArgument);
}

TEST(NpzTest, RefusesEveryTruncation) {
  const std::vector<std::byte> file = ReadTestFile("arrays/deflated.npz");

  for (std::size_t size = 0; size + 1 < file.size(); size += 7) {
    EXPECT_FALSE(ReadNpz(std::span(file).first(size))) << size;
  }
}

TEST(NpzTest, NoticesAChangedArrayByItsChecksum) {
  std::vector<std::byte> file = ReadTestFile("arrays/stored.npz");
  const Result<NamedTensors> before = ReadNpz(file);
  ASSERT_TRUE(before);
  // The first entry's data ends well inside of the first half.
  file[240] ^= std::byte{1};

  const Result<NamedTensors> tensors = ReadNpz(file);

  ASSERT_FALSE(tensors);
  EXPECT_EQ(tensors.error().code(), ErrorCode::kDataLoss);
  EXPECT_THAT(tensors.error().message(), HasSubstr("array 'image'"));
}

TEST(NpzTest, KeepsToItsLimitWhateverTheFileHolds) {
  const Result<NamedTensors> tensors =
      ReadNpz(ReadTestFile("arrays/deflated.npz"), 100);

  ASSERT_FALSE(tensors);
  EXPECT_EQ(tensors.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(tensors.error().message(), HasSubstr("limit of 100 bytes"));
}

}  // namespace
}  // namespace skerry::media
