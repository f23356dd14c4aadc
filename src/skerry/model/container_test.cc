#include "skerry/model/container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string_view>

#include "skerry/model/abi.h"
#include "skerry/model/crc32c.h"

namespace skerry {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kFooterBytes = 32;

std::vector<std::byte> Bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Manifest Sample() {
  Manifest manifest;
  manifest.model_name = "tiny";
  manifest.architecture = "x86_64";
  manifest.outputs = {{"y", {DataType::kFloat32, {4}}}};
  return manifest;
}

std::vector<std::byte> SampleFile() {
  return WriteContainer(
      Bytes("\177ELF... " SKERRY_MODEL_RUN_SYMBOL " ...code and weights"),
      Sample());
}

Error ErrorOf(std::span<const std::byte> file) {
  const Result<Container> container = ReadContainer(file);
  return container ? Error(ErrorCode::kUnknown, "none") : container.error();
}

// Writes the checksum that a changed file should have.
void Repair(std::vector<std::byte>& file) {
  const std::size_t checked = file.size() - 12;
  const std::uint32_t checksum = Crc32c(std::span(file).first(checked));
  std::memcpy(file.data() + checked, &checksum, sizeof checksum);
}

TEST(ContainerTest, ReadsWhatItWrites) {
  const std::vector<std::byte> elf = Bytes("\177ELF and so on");

  const std::vector<std::byte> file = WriteContainer(elf, Sample());
  const Result<Container> container = ReadContainer(file);

  ASSERT_TRUE(container) << container.error().message();
  EXPECT_EQ(container->elf_bytes, elf.size());
  EXPECT_EQ(container->manifest, Sample());
  EXPECT_TRUE(std::equal(elf.begin(), elf.end(), file.begin()));
}

TEST(ContainerTest, RefusesEveryFlippedBit) {
  const std::vector<std::byte> whole = SampleFile();

  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::vector<std::byte> file = whole;
    file[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    ASSERT_FALSE(ReadContainer(file)) << "bit " << bit;
  }
}

TEST(ContainerTest, RefusesEveryTruncation) {
  const std::vector<std::byte> whole = SampleFile();

  for (std::size_t count = 0; count < whole.size(); ++count) {
    ASSERT_FALSE(ReadContainer(std::span(whole).first(count))) << count;
  }
}

TEST(ContainerTest, TellsATruncatedModelFromAForeignFile) {
  const std::vector<std::byte> whole = SampleFile();

  const Error cut = ErrorOf(std::span(whole).first(whole.size() - 1));
  const Error foreign = ErrorOf(Bytes("\177ELF of some other library"));

  EXPECT_EQ(cut.code(), ErrorCode::kDataLoss);
  EXPECT_THAT(cut.message(), HasSubstr("truncated"));
  EXPECT_EQ(foreign.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(foreign.message(), HasSubstr("not a model compiled by skerry"));
}

TEST(ContainerTest, TellsAChangedModel) {
  std::vector<std::byte> file = SampleFile();
  file[20] ^= std::byte{1};

  const Error error = ErrorOf(file);

  EXPECT_EQ(error.code(), ErrorCode::kDataLoss);
  EXPECT_THAT(error.message(), HasSubstr("checksum"));
}

TEST(ContainerTest, RefusesAnotherFormatVersion) {
  std::vector<std::byte> file = SampleFile();
  file[file.size() - kFooterBytes + 16] = std::byte{2};
  Repair(file);

  const Error error = ErrorOf(file);

  EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(error.message(),
            "model file format is version 2, this program reads 1");
}

TEST(ContainerTest, RefusesSizesThatOverflow) {
  std::vector<std::byte> file = SampleFile();
  const std::uint64_t sizes[2] = {~std::uint64_t{0}, 1 + file.size() - 32};
  std::memcpy(file.data() + file.size() - kFooterBytes, sizes, sizeof sizes);
  Repair(file);

  EXPECT_EQ(ErrorOf(file).code(), ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace skerry
