#include "skerry/platform/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "skerry/platform/mapping.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::platform {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  FileTest() : folder_(*TempDirectory::Create("skerry-file-test")) {}

  std::vector<std::string> Entries() const {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  TempDirectory folder_;
};

TEST_F(FileTest, ReadsWhatItWrote) {
  const std::string path = folder_.Join("a.txt");

  ASSERT_TRUE(WriteTextFile(path, "one"));
  ASSERT_TRUE(WriteTextFile(path, "two"));

  EXPECT_EQ(ReadTextFile(path, 3).value_or("?"), "two");
  EXPECT_THAT(Entries(), ElementsAre("a.txt"));
}

TEST_F(FileTest, GivesNewFilesThePermissionsThatTheUserWants) {
  const std::string path = folder_.Join("a.txt");
  const mode_t mask = umask(027);

  const bool written = WriteTextFile(path, "x").has_value();
  umask(mask);

  struct stat status{};
  ASSERT_TRUE(written);
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

TEST_F(FileTest, ReadsFilesThatTellNoSize) {
  EXPECT_THAT(ReadTextFile("/proc/self/status", 1 << 20).value_or(""),
              HasSubstr("VmRSS"));
}

TEST_F(FileTest, NamesTheFileThatIsMissing) {
  const Result<std::string> text = ReadTextFile("/no/such.txt", 10);

  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(text.error().message(),
            "'/no/such.txt': No such file or directory");
}

TEST_F(FileTest, RefusesToReadAFolder) {
  const Result<std::string> text = ReadTextFile(folder_.path(), 10);

  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(text.error().message(), HasSubstr("Is a directory"));
}

TEST_F(FileTest, RefusesAFileOverTheLimit) {
  const std::string path = folder_.Join("a.txt");
  ASSERT_TRUE(WriteTextFile(path, "four"));

  EXPECT_EQ(ReadTextFile(path, 4).value_or("?"), "four");
  const Result<std::string> text = ReadTextFile(path, 3);

  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(text.error().message(), HasSubstr("more than 3 bytes"));
}

TEST_F(FileTest, RefusesToReplaceADevice) {
  const Result<void> written = WriteTextFile("/dev/null", "x");

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message(),
            "cannot write '/dev/null': it is no regular file");
}

TEST_F(FileTest, NamesTheFileThatCannotBeWritten) {
  const Result<void> written = WriteTextFile(folder_.Join("none/a.txt"), "x");

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(written.error().message(), HasSubstr("none/a.txt'"));
}

TEST_F(FileTest, LeavesNothingPartialAndWhatWasThere) {
  const std::string path = folder_.Join("a.txt");
  ASSERT_TRUE(WriteTextFile(path, "old"));
  // A full disk stops a write in the middle, and so does this limit.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);

  const Result<void> written = WriteTextFile(path, std::string(1000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(ReadTextFile(path, 10).value_or("?"), "old");
  EXPECT_THAT(Entries(), ElementsAre("a.txt"));
}

TEST_F(FileTest, MemoryFilesHoldTheirContentAndCannotBeChanged) {
  const std::string_view text = "content";
  const auto bytes = std::as_bytes(std::span(text));

  const Result<FileDescriptor> file = MakeMemoryFile(bytes);
  ASSERT_TRUE(file) << file.error().message();
  const Result<Mapping> mapping = Mapping::OfFile(*file, bytes.size());

  ASSERT_TRUE(mapping) << mapping.error().message();
  EXPECT_EQ(FileBytes(*file).value_or(0), bytes.size());
  EXPECT_EQ(std::memcmp(mapping->bytes().data(), bytes.data(), bytes.size()),
            0);
  EXPECT_EQ(pwrite(file->number(), "x", 1, 0), -1);
}

TEST_F(FileTest, MapsMemoryOfZeros) {
  constexpr std::size_t kBytes = std::size_t{5} << 20;

  const Result<Mapping> mapping = Mapping::OfMemory(kBytes);

  ASSERT_TRUE(mapping) << mapping.error().message();
  ASSERT_EQ(mapping->bytes().size(), kBytes);
  EXPECT_EQ(mapping->bytes().front(), std::byte{0});
  mapping->bytes().back() = std::byte{1};
}

TEST_F(FileTest, RefusesMemoryThatThereIsNot) {
  const Result<Mapping> mapping = Mapping::OfMemory(std::size_t{1} << 60);

  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code(), ErrorCode::kResourceExhausted);
}

TEST_F(FileTest, FoldersGoAwayWithWhatTheyHold) {
  std::string path;
  {
    const TempDirectory folder = *TempDirectory::Create("skerry-file-test");
    path = folder.path();
    ASSERT_TRUE(WriteTextFile(folder.Join("a.txt"), "x"));
    ASSERT_TRUE(std::filesystem::create_directory(folder.Join("b")));
  }

  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace skerry::platform
