#include "skerry/runtime/elf.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "skerry/platform/cpu.h"
#include "skerry/platform/file.h"
#include "skerry/runtime/model_test_support.h"

namespace skerry::runtime {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::span<const std::byte> image) {
  const Result<void> checked = CheckElf(image, platform::CpuArchitecture());
  return checked ? "none" : checked.error().message();
}

// The test model's image with its header changed.
std::vector<std::byte> WithHeader(
    const std::function<void(Elf64_Ehdr&)>& change) {
  std::vector<std::byte> image = TestElf();
  Elf64_Ehdr header;
  std::memcpy(&header, image.data(), sizeof header);
  change(header);
  std::memcpy(image.data(), &header, sizeof header);
  return image;
}

// The test model's image with the first segment of `type` changed.
std::vector<std::byte> WithSegment(
    unsigned type, const std::function<void(Elf64_Phdr&)>& change) {
  std::vector<std::byte> image = TestElf();
  Elf64_Ehdr header;
  std::memcpy(&header, image.data(), sizeof header);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    std::byte* const place =
        image.data() + header.e_phoff + i * sizeof(Elf64_Phdr);
    Elf64_Phdr segment;
    std::memcpy(&segment, place, sizeof segment);
    if (segment.p_type != type) continue;
    change(segment);
    std::memcpy(place, &segment, sizeof segment);
    return image;
  }
  ADD_FAILURE() << "no segment of type " << type;
  return image;
}

TEST(ElfTest, AcceptsAModel) { EXPECT_EQ(ErrorOf(TestElf()), "none"); }

TEST(ElfTest, RefusesWhatIsNoElfFile) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("leave the file"));
  EXPECT_THAT(ErrorOf(std::vector<std::byte>(100)), HasSubstr("no ELF file"));
}

TEST(ElfTest, RefusesAnotherKindOfElfFile) {
  EXPECT_THAT(ErrorOf(WithHeader([](Elf64_Ehdr& header) {
                header.e_ident[EI_CLASS] = ELFCLASS32;
              })),
              HasSubstr("64-bit"));
  EXPECT_THAT(
      ErrorOf(WithHeader([](Elf64_Ehdr& header) { header.e_type = ET_EXEC; })),
      HasSubstr("another ELF type"));
  EXPECT_THAT(
      ErrorOf(WithHeader([](Elf64_Ehdr& header) { header.e_phnum = 0; })),
      HasSubstr("nothing to load"));
  EXPECT_THAT(
      ErrorOf(WithHeader([](Elf64_Ehdr& header) { header.e_phentsize = 1; })),
      HasSubstr("another size"));
}

TEST(ElfTest, RefusesCodeForAnotherMachine) {
  const std::vector<std::byte> image =
      WithHeader([](Elf64_Ehdr& header) { header.e_machine = EM_SPARC; });

  const Result<void> checked = CheckElf(image, "x86_64");

  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(checked.error().message(),
            "its code is for ELF machine 2, its manifest says x86_64");
}

TEST(ElfTest, RefusesHeadersThatLeaveTheFile) {
  EXPECT_THAT(ErrorOf(WithHeader([](Elf64_Ehdr& header) {
                header.e_phoff = ~std::uint64_t{0};
              })),
              HasSubstr("headers leave the file"));
  EXPECT_THAT(
      ErrorOf(WithHeader([](Elf64_Ehdr& header) { header.e_phnum = 0xFFFF; })),
      HasSubstr("not a shared object"));
}

TEST(ElfTest, RefusesSegmentsThatLeaveTheFile) {
  EXPECT_THAT(ErrorOf(WithSegment(PT_LOAD,
                                  [](Elf64_Phdr& segment) {
                                    segment.p_offset = ~std::uint64_t{0};
                                  })),
              HasSubstr("segments leave the file"));
  EXPECT_THAT(ErrorOf(WithSegment(PT_LOAD,
                                  [](Elf64_Phdr& segment) {
                                    segment.p_filesz = ~std::uint64_t{0};
                                  })),
              HasSubstr("segments leave the file"));
  EXPECT_THAT(ErrorOf(WithSegment(
                  PT_LOAD, [](Elf64_Phdr& segment) { segment.p_memsz = 0; })),
              HasSubstr("impossible sizes"));
  EXPECT_THAT(
      ErrorOf(WithSegment(PT_DYNAMIC,
                          [](Elf64_Phdr& segment) { segment.p_filesz = 16; })),
      HasSubstr("has no end"));
}

TEST(ElfTest, RefusesAProgram) {
  const std::vector<std::byte> program =
      platform::ReadFile("/proc/self/exe", std::size_t{1} << 30)
          .value_or(std::vector<std::byte>());

  EXPECT_THAT(ErrorOf(program), HasSubstr("not a shared object"));
}

TEST(ElfTest, SurvivesEveryChangedByteOfTheHeaders) {
  const std::size_t changed_bytes = 64 + 10 * sizeof(Elf64_Phdr);
  for (std::size_t i = 0; i < changed_bytes && i < TestElf().size(); ++i) {
    for (const int value : {0, 1, 0x7F, 0xFF}) {
      std::vector<std::byte> image = TestElf();
      image[i] = static_cast<std::byte>(value);
      ErrorOf(image);
    }
  }
}

}  // namespace
}  // namespace skerry::runtime
