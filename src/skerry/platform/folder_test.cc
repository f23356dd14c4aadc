#include "skerry/platform/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::platform {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class FolderTest : public testing::Test {
 protected:
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    VisitFiles(folder_.path(),
               [&](std::string_view path) { files.emplace_back(path); });
    return files;
  }

  TempDirectory folder_ = TempDirectory::Create("folder").value();
};

TEST_F(FolderTest, FoldersAreMadeWithThoseAbove) {
  ASSERT_TRUE(MakeFolders(folder_.Join("a/b/c")).has_value());
  ASSERT_TRUE(MakeFolders(folder_.Join("a/b/c")).has_value());
  ASSERT_TRUE(MakeFolders(folder_.Join("a/d/")).has_value());

  EXPECT_TRUE(std::filesystem::is_directory(folder_.Join("a/b/c")));
  EXPECT_TRUE(std::filesystem::is_directory(folder_.Join("a/d")));
  EXPECT_TRUE(CheckFolderWritable(folder_.Join("a/b")).has_value());
}

TEST_F(FolderTest, AFileInTheWayIsNamed) {
  ASSERT_TRUE(WriteTextFile(folder_.Join("file"), "").has_value());

  const auto made = MakeFolders(folder_.Join("file/b"));

  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message(), HasSubstr("/file"));
  EXPECT_FALSE(CheckFolderWritable(folder_.Join("nothing")).has_value());
}

TEST_F(FolderTest, FilesAtAnyDepthAreVisited) {
  ASSERT_TRUE(MakeFolders(folder_.Join("a/b")).has_value());
  ASSERT_TRUE(WriteTextFile(folder_.Join("x"), "").has_value());
  ASSERT_TRUE(WriteTextFile(folder_.Join("a/b/y"), "").has_value());
  std::filesystem::create_symlink("x", folder_.Join("link"));

  EXPECT_THAT(Files(), UnorderedElementsAre("x", "a/b/y"));
}

TEST_F(FolderTest, AMissingFolderHasNoFiles) {
  VisitFiles(folder_.Join("nothing"),
             [](std::string_view) { ADD_FAILURE() << "visited"; });
}

TEST_F(FolderTest, OnlyEmptyFoldersAreRemoved) {
  ASSERT_TRUE(MakeFolders(folder_.Join("a")).has_value());
  ASSERT_TRUE(WriteTextFile(folder_.Join("a/x"), "").has_value());

  RemoveEmptyFolder(folder_.Join("a"));
  EXPECT_THAT(Files(), UnorderedElementsAre("a/x"));

  EXPECT_TRUE(RemoveFile(folder_.Join("a/x")).has_value());
  EXPECT_TRUE(RemoveFile(folder_.Join("a/x")).has_value());
  RemoveEmptyFolder(folder_.Join("a"));
  EXPECT_FALSE(std::filesystem::exists(folder_.Join("a")));
}

}  // namespace
}  // namespace skerry::platform
