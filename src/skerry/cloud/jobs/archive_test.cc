#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "skerry/cloud/jobs/archive_reader.h"
#include "skerry/cloud/jobs/archive_writer.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// An entry of an archive that some stranger made.
struct Entry {
  std::string path;
  std::string content = {};
  unsigned type = AE_IFREG;
  std::string link = {};
  bool hard = false;
};

class ArchiveTest : public testing::Test {
 protected:
  std::string Make(const std::vector<Entry>& entries, int layers = 1) {
    const std::string path = folder_.Join("made.tar.gz");
    archive* const writer = archive_write_new();
    archive_write_set_format_pax_restricted(writer);
    for (int i = 0; i < layers; ++i) archive_write_add_filter_gzip(writer);
    archive_write_open_filename(writer, path.c_str());
    for (const Entry& entry : entries) {
      archive_entry* const header = archive_entry_new();
      archive_entry_set_pathname(header, entry.path.c_str());
      archive_entry_set_filetype(header, entry.type);
      archive_entry_set_perm(header, 0644);
      if (!entry.link.empty() && entry.hard) {
        archive_entry_set_hardlink(header, entry.link.c_str());
      } else if (!entry.link.empty()) {
        archive_entry_set_symlink(header, entry.link.c_str());
      }
      archive_entry_set_size(header,
                             static_cast<la_int64_t>(entry.content.size()));
      EXPECT_EQ(archive_write_header(writer, header), ARCHIVE_OK)
          << archive_error_string(writer);
      archive_write_data(writer, entry.content.data(), entry.content.size());
      archive_entry_free(header);
    }
    archive_write_close(writer);
    archive_write_free(writer);
    return path;
  }

  Result<std::vector<ArchivedFile>> Extract(const std::string& path,
                                            const ArchiveLimits& limits = {}) {
    const std::string target = folder_.Join("out");
    fs::remove_all(target);
    fs::create_directory(target);
    const auto file = platform::OpenForReading(path);
    EXPECT_TRUE(file);
    return ExtractArchive(*file, limits, target);
  }
  std::string Words(const std::vector<Entry>& entries,
                    const ArchiveLimits& limits = {}) {
    const auto files = Extract(Make(entries), limits);
    return files ? "taken" : files.error().message();
  }
  std::string Content(const std::string& name) {
    return *platform::ReadTextFile(folder_.Join("out/" + name), 1 << 20);
  }

  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("archive-test");
};

TEST_F(ArchiveTest, WhatIsWrittenIsReadAgain) {
  const std::string source = folder_.Join("source");
  std::ofstream(source) << std::string(1'000'000, 'x');
  const std::string path = folder_.Join("a.tar.gz");
  ASSERT_TRUE(WriteArchive(
      path, {{.name = "b", .path = source}, {.name = "a", .text = "text"}}));

  const auto files = Extract(path);

  ASSERT_TRUE(files) << files.error().message();
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].path, "a");
  EXPECT_EQ((*files)[1].byte_count, 1'000'000U);
  EXPECT_EQ(Content("a"), "text");
  EXPECT_EQ(Content("b"), std::string(1'000'000, 'x'));
}

TEST_F(ArchiveTest, TheSameContentGivesTheSameBytes) {
  const std::string first = folder_.Join("1.tar.gz");
  const std::string second = folder_.Join("2.tar.gz");
  ASSERT_TRUE(WriteArchive(
      first, {{.name = "a", .text = "x"}, {.name = "b", .text = "y"}}));
  ASSERT_TRUE(WriteArchive(
      second, {{.name = "b", .text = "y"}, {.name = "a", .text = "x"}}));

  const auto bytes = platform::ReadFile(first, 1 << 20);

  EXPECT_EQ(*bytes, *platform::ReadFile(second, 1 << 20));
  // The time in gzip's header.
  for (std::size_t i = 4; i < 8; ++i) EXPECT_EQ((*bytes)[i], std::byte{0});
  EXPECT_FALSE(WriteArchive(first, {})) << "nothing is overwritten";
}

TEST_F(ArchiveTest, FoldersAreMadeAndDotsAreLeftOut) {
  const auto files = Extract(Make({{".", "", AE_IFDIR},
                                   {"sub", "", AE_IFDIR},
                                   {"./sub//model.onnx", "weights"}}));

  ASSERT_TRUE(files) << files.error().message();
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ((*files)[0].path, "sub/model.onnx");
  EXPECT_EQ(Content("sub/model.onnx"), "weights");
}

TEST_F(ArchiveTest, NothingLeadsOutOfTheFolder) {
  EXPECT_THAT(Words({{"../evil", "x"}}), HasSubstr("leads out"));
  EXPECT_THAT(Words({{"a/../../evil", "x"}}), HasSubstr("leads out"));
  EXPECT_THAT(Words({{"/etc/evil", "x"}}), HasSubstr("is not relative"));
  EXPECT_THAT(Words({{"a\nb", "x"}}), HasSubstr("control characters"));
}

TEST_F(ArchiveTest, OnlyFilesAndFoldersAreTaken) {
  EXPECT_THAT(Words({{"a", "", AE_IFLNK, "/etc/passwd"}}),
              HasSubstr("neither a regular file nor a folder"));
  EXPECT_THAT(Words({{"a", "x"}, {"b", "", AE_IFREG, "a", true}}),
              HasSubstr("neither a regular file nor a folder"));
  EXPECT_THAT(Words({{"a", "", AE_IFIFO}}), HasSubstr("neither"));
  EXPECT_THAT(Words({{"a", "", AE_IFCHR}}), HasSubstr("neither"));
}

TEST_F(ArchiveTest, APathComesOnce) {
  EXPECT_THAT(Words({{"a", "x"}, {"./a", "y"}}), HasSubstr("comes twice"));
  EXPECT_THAT(Words({{"a", "x"}, {"a/b", "y"}}),
              HasSubstr("cannot be a file beside the others"));
  EXPECT_THAT(Words({{"a/b", "x"}, {"a", "y"}}),
              HasSubstr("cannot be a file beside the others"));
}

TEST_F(ArchiveTest, LimitsAreNamed) {
  EXPECT_THAT(Words({{"a", "x"}, {"b", "x"}}, {.entry_count_max = 1}),
              HasSubstr("more than 1 files"));
  EXPECT_THAT(Words({{"a", std::string(1000, 'x')}}, {.byte_count_max = 999}),
              HasSubstr("more than 999 bytes"));
  EXPECT_THAT(Words({{std::string(600, 'a'), "x"}}), HasSubstr("limit is 512"));
  EXPECT_THAT(Words({{"1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "x"}}),
              HasSubstr("more than 16 folders deep"));
}

TEST_F(ArchiveTest, ABombIsRefusedBeforeItIsWritten) {
  const std::string words = Words({{"zeros", std::string(100 << 20, '\0')}});

  EXPECT_THAT(words, HasSubstr("more than 200 times the bytes"));
  EXPECT_FALSE(fs::exists(folder_.Join("out/zeros")));
}

TEST_F(ArchiveTest, AnArchiveInAnArchiveIsNoArchive) {
  const auto files = Extract(Make({{"a", "x"}}, 2));

  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().message(), HasSubstr("it is no .tar.gz"));
}

TEST_F(ArchiveTest, WhatIsNoArchiveOrCutOffIsRefused) {
  const std::string path = Make({{"a", std::string(100'000, 'x')}});
  const auto whole = *platform::ReadFile(path, 1 << 20);
  for (const std::size_t kept :
       {std::size_t{0}, std::size_t{5}, whole.size() / 2, whole.size() - 30}) {
    ASSERT_TRUE(platform::WriteFile(path, std::span(whole).first(kept)));
    EXPECT_FALSE(Extract(path)) << kept;
  }
  ASSERT_TRUE(platform::WriteTextFile(path, "PK\3\4 no archive of ours"));
  EXPECT_FALSE(Extract(path));
}

}  // namespace
}  // namespace skerry::cloud
