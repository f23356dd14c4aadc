// Objects of another S3, which is this one over HTTP.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "skerry/aws/digest.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/cloud/s3/handler.h"
#include "skerry/cloud/server/server.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {
namespace {

using testing::HasSubstr;

class ExternalObjectsTest : public testing::Test {
 protected:
  ExternalObjectsTest()
      : folder_(*platform::TempDirectory::Create("external")),
        database_(*Database::Open("sqlite:" + folder_.Join("db"))) {
    EXPECT_TRUE(database_->Migrate(IdentityMigrations()).has_value());
    keys_ = *AccessKeys::Create(*database_, std::string(32, 'v'));
    store_ = *ObjectStore::Create(*database_, folder_.Join("objects"));
    handler_ = NewS3Handler(*store_, *keys_, {});
    server_ =
        *Server::Create({.address = "127.0.0.1:0"}, *handler_, log_, metrics_);
    EXPECT_TRUE(store_->CreateBucket("bucket").has_value());
    const AccessKey key = *keys_->Add(Role::kWorker, "worker");
    access_ = *ExternalObjects(
        {.endpoint = "http://127.0.0.1:" + std::to_string(server_->port()),
         .ca_file = {}},
        [key] {
          return Result<aws::Credentials>(aws::Credentials{
              key.principal.access_key_id, key.secret, key.session_token});
        },
        folder_.path());
  }
  ~ExternalObjectsTest() override {
    server_->Shutdown(std::chrono::steady_clock::now() +
                      std::chrono::seconds(1));
  }

  platform::FileDescriptor FileOf(const std::string& content) {
    EXPECT_TRUE(
        platform::WriteTextFile(folder_.Join("in"), content).has_value());
    return *platform::OpenForReading(folder_.Join("in"));
  }

  platform::TempDirectory folder_;
  telemetry::Logger log_{{.level = telemetry::LogLevel::kError,
                          .descriptor = 2,
                          .version = "test"}};
  telemetry::Registry metrics_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<AccessKeys> keys_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<Handler> handler_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<ObjectAccess> access_;
};

TEST_F(ExternalObjectsTest, FilesGoThereAndBackInOnePieceOrMany) {
  const ObjectUri uri{"bucket", "m/ä b+c"};
  for (const std::size_t size : {0U, 5U, 20U << 20U}) {
    std::string content(size, 'x');
    for (std::size_t i = 0; i < size; i += 997) content[i] = 'y';
    std::filesystem::remove(folder_.Join("out"));

    const auto put = access_->Put(uri, FileOf(content), "a/b");
    const auto head = access_->Head(uri);
    const auto got = access_->Get(uri, folder_.Join("out"), size);

    ASSERT_TRUE(put.has_value()) << put.error().message();
    ASSERT_TRUE(head.has_value()) << head.error().message();
    ASSERT_TRUE(got.has_value()) << got.error().message();
    EXPECT_EQ(head->byte_count, size);
    EXPECT_EQ(head->etag, put->etag);
    EXPECT_TRUE(*platform::ReadTextFile(folder_.Join("out"), size) == content);
    EXPECT_EQ(store_->Head("bucket", uri.key, "")->sha256,
              aws::Hex(aws::Sha256(content)));
    EXPECT_EQ(store_->Head("bucket", uri.key, "")->content_type, "a/b");
  }
}

TEST_F(ExternalObjectsTest, AnOpenObjectIsAtItsStart) {
  ASSERT_TRUE(
      access_->Put({"bucket", "k"}, FileOf("hello"), "a/b").has_value());

  const auto file = access_->Open({"bucket", "k"}, 5);

  ASSERT_TRUE(file.has_value());
  std::string content(5, '\0');
  EXPECT_EQ(read(file->number(), content.data(), 5), 5);
  EXPECT_EQ(content, "hello");
}

TEST_F(ExternalObjectsTest, ErrorsNameTheObject) {
  ASSERT_TRUE(
      access_->Put({"bucket", "k"}, FileOf("hello"), "a/b").has_value());

  const auto none = access_->Head({"bucket", "none"});
  const auto large = access_->Get({"bucket", "k"}, folder_.Join("out"), 4);
  const auto nowhere = access_->Put({"no-bucket", "k"}, FileOf("x"), "a/b");

  EXPECT_EQ(none.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message(), HasSubstr("bucket/none"));
  EXPECT_EQ(large.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_NE(access(folder_.Join("out").c_str(), F_OK), 0);
  EXPECT_EQ(nowhere.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(nowhere.error().message(), HasSubstr("NoSuchBucket"));
}

TEST_F(ExternalObjectsTest, NothingOutsideOfAScopeIsTouched) {
  const auto within = ObjectsWithin({"bucket", "models"}, std::move(access_));
  for (const std::string key : {"models", "models/a", "models/../a"}) {
    const auto put = within->Put({"bucket", key}, FileOf("x"), "a/b");
    EXPECT_TRUE(put.has_value()) << put.error().message();
  }

  for (const ObjectUri& uri :
       {ObjectUri{"bucket", "models-2/a"}, ObjectUri{"bucket", "model"},
        ObjectUri{"bucket", ""}, ObjectUri{"other", "models/a"}}) {
    const auto put = within->Put(uri, FileOf("x"), "a/b");
    const auto got = within->Get(uri, folder_.Join("out"), 1);

    EXPECT_EQ(put.error().code(), ErrorCode::kPermissionDenied) << uri.key;
    EXPECT_THAT(put.error().message(), HasSubstr("s3://bucket/models"));
    EXPECT_EQ(got.error().code(), ErrorCode::kPermissionDenied) << uri.key;
    EXPECT_FALSE(within->Head(uri).has_value());
    EXPECT_FALSE(within->Open(uri, 1).has_value());
  }
}

}  // namespace
}  // namespace skerry::cloud
