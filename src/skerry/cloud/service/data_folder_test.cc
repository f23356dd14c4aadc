#include "skerry/cloud/service/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "skerry/cloud/service/backup.h"
#include "skerry/cloud/service/control_plane.h"
#include "skerry/platform/file.h"
#include "skerry/platform/temp_directory.h"
#include "skerry/trust/package_signature.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DataFolderTest : public testing::Test {
 protected:
  DataFolder New(const std::string& name) const {
    return {.path = folder_.Join(name),
            .region = "us-east-1",
            .public_url = "http://localhost:1",
            .database_url = ""};
  }
  DataFolder Made(const std::string& name) const {
    const DataFolder made = New(name);
    EXPECT_TRUE(made.Make());
    EXPECT_TRUE(OpenMetadata(made, ""));
    EXPECT_TRUE(made.Finish());
    return made;
  }

  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("data_folder");
};

TEST_F(DataFolderTest, WhatIsMadeIsOpened) {
  const DataFolder made = Made("a");
  const auto opened = DataFolder::Open(made.path);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->region, "us-east-1");
  EXPECT_EQ(opened->public_url, "http://localhost:1");
  const auto key = opened->ReadVaultKey();
  ASSERT_TRUE(key);
  EXPECT_EQ(key->size(), 32);
  EXPECT_NE(*key, *Made("b").ReadVaultKey());
}

TEST_F(DataFolderTest, WhatItSignsItsTrustRootsVerify) {
  const DataFolder made = Made("a");
  const auto key = trust::SigningKey::Load(made.signing_key_file());
  ASSERT_TRUE(key) << key.error().message();
  const auto roots = trust::TrustRoots::Load(made.trust_roots());
  ASSERT_TRUE(roots) << roots.error().message();
  const std::string text = "package";
  const auto signature = (*key)->Sign(std::as_bytes(std::span(text)));
  ASSERT_TRUE(signature);
  EXPECT_TRUE((*roots)->Verify((*key)->algorithm(),
                               std::as_bytes(std::span(text)), *signature));
}

TEST_F(DataFolderTest, UntilItIsFinishedItIsNone) {
  const DataFolder half = New("a");
  ASSERT_TRUE(half.Make());
  EXPECT_EQ(DataFolder::Open(half.path).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(half.Make().error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(DataFolderTest, SettingsAndKeysThatAreDamagedAreNamed) {
  const DataFolder made = Made("a");
  const std::string key = made.path + "/keys/vault.key";
  ASSERT_TRUE(platform::WriteTextFile(key, "abc"));
  ASSERT_EQ(chmod(key.c_str(), 0600), 0);
  EXPECT_THAT(made.ReadVaultKey().error().message(),
              HasSubstr("64 hexadecimal digits"));
  for (const char* text : {"", "[]", "{}", R"({"region":1})",
                           R"({"region":"a","public_url":"b"})"}) {
    ASSERT_TRUE(platform::WriteTextFile(made.settings_file(), text));
    EXPECT_EQ(DataFolder::Open(made.path).error().code(),
              ErrorCode::kInvalidArgument)
        << text;
  }
}

TEST_F(DataFolderTest, ABackupHoldsKeysMetadataAndObjects) {
  const DataFolder made = Made("a");
  fs::create_directories(made.objects() + "/sha256/ab");
  ASSERT_TRUE(
      platform::WriteTextFile(made.objects() + "/sha256/ab/cdef", "bytes"));
  ASSERT_TRUE(platform::WriteTextFile(made.work() + "/scratch", "no"));
  ASSERT_TRUE(BackUp(made.path, folder_.Join("backup")));
  ASSERT_TRUE(Restore(folder_.Join("backup"), folder_.Join("b")));
  const auto back = DataFolder::Open(folder_.Join("b"));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back->ReadVaultKey(), *made.ReadVaultKey());
  EXPECT_EQ(*platform::ReadTextFile(back->objects() + "/sha256/ab/cdef", 9),
            "bytes");
  EXPECT_TRUE(fs::exists(back->metadata_file()));
  EXPECT_TRUE(fs::is_empty(back->work()));
  EXPECT_TRUE(OpenMetadata(*back, ""));
}

TEST_F(DataFolderTest, ABackupThatFailsLeavesNothing) {
  const DataFolder made = Made("a");
  fs::create_directories(folder_.Join("there"));
  EXPECT_EQ(BackUp(made.path, folder_.Join("there")).error().code(),
            ErrorCode::kAlreadyExists);
  fs::remove(made.metadata_file());
  fs::create_directory(made.metadata_file());
  EXPECT_FALSE(BackUp(made.path, folder_.Join("backup")));
  EXPECT_FALSE(fs::exists(folder_.Join("backup")));
  EXPECT_FALSE(fs::exists(folder_.Join("backup.partial")));
  EXPECT_EQ(BackUp(folder_.Join("none"), folder_.Join("x")).error().code(),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace skerry::cloud
