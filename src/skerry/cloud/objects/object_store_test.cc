#include "skerry/cloud/objects/object_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <vector>

#include "skerry/aws/digest.h"
#include "skerry/cloud/objects/object_access.h"
#include "skerry/platform/folder.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// A store over a folder that goes away with it.
class ObjectStoreTest : public testing::Test {
 protected:
  ObjectStoreTest()
      : folder_(*platform::TempDirectory::Create("objects")),
        database_(*Database::Open("sqlite:" + folder_.Join("db"))),
        store_(Open({.sweep_period = std::chrono::seconds(0)})) {
    EXPECT_TRUE(store_->CreateBucket("bucket"));
  }

  std::unique_ptr<ObjectStore> Open(const ObjectStoreOptions& options) {
    auto store =
        ObjectStore::Create(*database_, folder_.Join("objects"), options);
    EXPECT_TRUE(store.has_value());
    return *std::move(store);
  }

  std::unique_ptr<BlobWriter> Blob(const std::string& content) {
    auto blob = *store_->NewBlob();
    EXPECT_TRUE(blob->Write(Bytes(content)).has_value());
    EXPECT_TRUE(blob->Seal().has_value());
    return blob;
  }

  ApiResult<ObjectInfo> Put(const std::string& key, const std::string& content,
                            const WriteCondition& condition = {}) {
    return store_->Put({.bucket = "bucket", .key = key}, *Blob(content),
                       condition);
  }

  std::string Read(const std::string& key, const std::string& version = "") {
    const auto object = store_->Open("bucket", key, version);
    if (!object) return object.error().code;
    std::string content(object->info.byte_count, '\0');
    EXPECT_EQ(pread(object->file.number(), content.data(), content.size(), 0),
              static_cast<ssize_t>(content.size()));
    return content;
  }

  int BlobCount() const {
    int count = 0;
    platform::VisitFiles(folder_.Join("objects"),
                         [&count](std::string_view) { ++count; });
    return count;
  }

  platform::TempDirectory folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(ObjectStoreTest, AnObjectIsItsBytesByTheirDigest) {
  const auto put = Put("a/b", "hello");

  ASSERT_TRUE(put.has_value());
  EXPECT_EQ(put->etag, "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(put->sha256, aws::Hex(aws::Sha256("hello")));
  EXPECT_EQ(put->version_id, "null");
  EXPECT_EQ(Read("a/b"), "hello");
  ASSERT_TRUE(Put("same", "hello").has_value());
  EXPECT_EQ(BlobCount(), 1);
}

TEST_F(ObjectStoreTest, WhatIsDroppedLeavesNothing) {
  auto blob = *store_->NewBlob();
  ASSERT_TRUE(blob->Write(Bytes("half")).has_value());
  blob.reset();

  EXPECT_EQ(BlobCount(), 0);
}

TEST_F(ObjectStoreTest, AnOpenObjectStaysWhenItsKeyIsReplaced) {
  ASSERT_TRUE(Put("k", "before").has_value());
  const auto object = store_->Open("bucket", "k", "");
  ASSERT_TRUE(Put("k", "after").has_value());
  const auto store = Open({.grace = std::chrono::seconds(-1),
                           .sweep_period = std::chrono::seconds(0)});
  EXPECT_EQ(store->Sweep()->blobs_removed, 1);

  std::string content(6, '\0');
  EXPECT_EQ(pread(object->file.number(), content.data(), 6, 0), 6);
  EXPECT_EQ(content, "before");
}

TEST_F(ObjectStoreTest, ASweepTakesOnlyWhatIsOldAndUnused) {
  ASSERT_TRUE(Put("kept", "kept").has_value());
  ASSERT_TRUE(Put("gone", "gone").has_value());
  ASSERT_TRUE(store_->Delete("bucket", "gone", "").has_value());
  const auto waiting = Blob("sealed, and not committed yet");

  EXPECT_EQ(store_->Sweep()->blobs_removed, 0);  // all are young
  const auto impatient = Open({.grace = std::chrono::seconds(-1),
                               .sweep_period = std::chrono::seconds(0)});
  const auto report = impatient->Sweep();

  EXPECT_EQ(report->blobs_removed, 2);
  EXPECT_EQ(report->bytes_removed, 4 + waiting->byte_count());
  EXPECT_EQ(Read("kept"), "kept");
}

TEST_F(ObjectStoreTest, PutsAndSweepsAtOnceLoseNothing) {
  // Old blobs that nothing refers to, which are about to be put again.
  constexpr int kBlobs = 150;
  const auto content = [](int i) { return "content " + std::to_string(i); };
  for (int i = 0; i < kBlobs; ++i) (void)Blob(content(i));
  const std::string blobs = folder_.Join("objects/sha256/");
  platform::VisitFiles(blobs, [&blobs](std::string_view path) {
    const std::array<timespec, 2> old = {{{1000, 0}, {1000, 0}}};
    EXPECT_EQ(
        utimensat(AT_FDCWD, (blobs + std::string(path)).c_str(), old.data(), 0),
        0);
  });

  std::jthread sweeper([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) EXPECT_TRUE(store_->Sweep().has_value());
  });
  std::vector<std::jthread> writers;
  for (int thread = 0; thread < 3; ++thread) {
    writers.emplace_back([&, thread] {
      for (int i = thread; i < kBlobs; i += 3) {
        EXPECT_TRUE(Put(std::to_string(i), content(i)).has_value());
      }
    });
  }
  writers.clear();

  for (int i = 0; i < kBlobs; ++i) {
    EXPECT_EQ(Read(std::to_string(i)), content(i));
  }
}

TEST_F(ObjectStoreTest, ConditionsOfAWriteAreHeld) {
  const std::string etag = Put("k", "1", {.if_none_match = true})->etag;

  EXPECT_EQ(Put("k", "2", {.if_none_match = true}).error().code,
            "PreconditionFailed");
  EXPECT_EQ(Put("k", "2", {.if_match = "other"}).error().code,
            "PreconditionFailed");
  EXPECT_TRUE(Put("k", "3", {.if_match = etag}).has_value());
  EXPECT_EQ(Put("none", "", {.if_match = etag}).error().code, "NoSuchKey");
  EXPECT_EQ(Read("k"), "3");
}

TEST_F(ObjectStoreTest, AnErrorOfWhatIsWrittenAlsoTakesTheChangeBack) {
  ASSERT_TRUE(Put("k", "before").has_value());

  const auto put =
      store_->Put({.bucket = "bucket", .key = "k"}, *Blob("after"), {},
                  [](Transaction&) { return Result<void>(Internal("no")); });

  EXPECT_EQ(put.error().status, 500);
  EXPECT_EQ(Read("k"), "before");
}

TEST_F(ObjectStoreTest, VersionsComeBackWhenTheirSuccessorGoes) {
  ASSERT_TRUE(Put("k", "0").has_value());
  ASSERT_TRUE(
      store_->SetVersioning("bucket", Versioning::kEnabled).has_value());
  const std::string one = Put("k", "1")->version_id;
  const auto marker = store_->Delete("bucket", "k", "");

  EXPECT_TRUE(marker->delete_marker);
  EXPECT_EQ(Read("k"), "NoSuchKey");
  EXPECT_EQ(Read("k", "null"), "0");
  EXPECT_EQ(Read("k", marker->version_id), "MethodNotAllowed");
  ASSERT_TRUE(store_->Delete("bucket", "k", marker->version_id).has_value());
  EXPECT_EQ(Read("k"), "1");
  ASSERT_TRUE(store_->Delete("bucket", "k", one).has_value());
  EXPECT_EQ(Read("k"), "0");
  EXPECT_EQ(store_->DeleteBucket("bucket").error().code, "BucketNotEmpty");
}

TEST_F(ObjectStoreTest, ListsAreInTheOrderOfBytes) {
  for (const char* const key :
       {"b", "a/2", "B", "a/1", "a", "\xc3\xa9", "a0"}) {
    ASSERT_TRUE(Put(key, "").has_value());
  }

  const auto page = store_->List({.bucket = "bucket", .delimiter = "/"});
  const auto rest = store_->List(
      {.bucket = "bucket", .delimiter = "/", .after = "a/", .count_max = 2});

  std::vector<std::string> keys;
  for (const auto& object : page->objects) keys.push_back(object.key);
  EXPECT_THAT(keys, ElementsAre("B", "a", "a0", "b", "\xc3\xa9"));
  EXPECT_THAT(page->prefixes, ElementsAre("a/"));
  EXPECT_EQ(rest->objects.at(0).key, "a0");
  EXPECT_EQ(rest->objects.at(1).key, "b");
  EXPECT_TRUE(rest->truncated);
  EXPECT_EQ(rest->next, "b");
}

TEST_F(ObjectStoreTest, AnUploadThatIsCompletedTwiceIsTheSame) {
  const auto upload = store_->CreateUpload({.bucket = "bucket", .key = "k"});
  const std::string large(kPartBytesMin, 'x');
  ASSERT_TRUE(
      store_->PutPart(*upload, {.number = 2}, *Blob(large)).has_value());
  ASSERT_TRUE(
      store_->PutPart(*upload, {.number = 5}, *Blob("end")).has_value());
  const auto page = store_->ListParts(*upload, 0, 10);
  const Completion completion{.parts = page->parts};

  const auto first = store_->CompleteUpload(*upload, completion);
  const auto again = store_->CompleteUpload(*upload, completion);

  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->sha256, aws::Hex(aws::Sha256(large + "end")));
  EXPECT_THAT(first->etag, HasSubstr("-2"));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->modified, first->modified);
  EXPECT_EQ(Read("k"), large + "end");
  EXPECT_EQ(store_->PutPart(*upload, {.number = 1}, *Blob("")).error().code,
            "NoSuchUpload");
}

TEST_F(ObjectStoreTest, StaleUploadsAreAborted) {
  const auto upload = store_->CreateUpload({.bucket = "bucket", .key = "k"});
  ASSERT_TRUE(
      store_->PutPart(*upload, {.number = 1}, *Blob("part")).has_value());
  EXPECT_EQ(store_->Sweep()->uploads_aborted, 0);

  const auto impatient = Open({.grace = std::chrono::seconds(-1),
                               .upload_lifetime = std::chrono::seconds(-1),
                               .sweep_period = std::chrono::seconds(0)});
  const auto report = impatient->Sweep();

  EXPECT_EQ(report->uploads_aborted, 1);
  EXPECT_EQ(report->blobs_removed, 1);
}

TEST_F(ObjectStoreTest, JobsReachObjectsAsFiles) {
  const auto access = LocalObjects(*store_);
  ASSERT_TRUE(platform::WriteTextFile(folder_.Join("in"), "model").has_value());
  const auto file = platform::OpenForReading(folder_.Join("in"));

  const auto put = access->Put({"bucket", "m/in"}, *file, "text/plain");
  const auto got = access->Get({"bucket", "m/in"}, folder_.Join("out"), 5);

  ASSERT_TRUE(put.has_value());
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->sha256, aws::Hex(aws::Sha256("model")));
  EXPECT_EQ(*platform::ReadTextFile(folder_.Join("out"), 100), "model");
  const auto large = access->Get({"bucket", "m/in"}, folder_.Join("no"), 4);
  EXPECT_EQ(large.error().code(), ErrorCode::kResourceExhausted);
  const auto none = access->Open({"bucket", "none"}, 100);
  EXPECT_EQ(none.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message(), HasSubstr("s3://bucket/none"));
}

// Puts objects until it is killed, and tells each that was acknowledged.
[[noreturn]] void PutForEver(const std::string& folder, int told) {
  const auto database = Database::Open("sqlite:" + folder + "/crash");
  const auto store = ObjectStore::Create(**database, folder + "/crashed");
  (void)(*store)->CreateBucket("bucket");
  for (std::int32_t i = 0;; ++i) {
    const std::string content(1000 + static_cast<std::size_t>(i), 'c');
    auto blob = *(*store)->NewBlob();
    if (!blob->Write(Bytes(content)) || !blob->Seal()) _exit(1);
    if (!(*store)->Put({.bucket = "bucket", .key = std::to_string(i)}, *blob,
                       {})) {
      _exit(1);
    }
    if (write(told, &i, sizeof(i)) != sizeof(i)) _exit(1);
  }
}

// No fixture: it must be a process without threads that forks.
TEST(ObjectStoreCrashTest, WhatWasAcknowledgedSurvivesAKill) {
  const auto folder = *platform::TempDirectory::Create("objects");
  for (int round = 0; round < 3; ++round) {
    int ends[2] = {};
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) PutForEver(folder.path(), ends[1]);
    close(ends[1]);
    std::int32_t last = -1;
    for (int i = 0; i < 20 + round * 7; ++i) {
      ASSERT_EQ(read(ends[0], &last, sizeof(last)),
                static_cast<ssize_t>(sizeof(last)));
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(ends[0], &last, sizeof(last)) > 0) {
    }
    close(ends[0]);

    const auto database = Database::Open("sqlite:" + folder.Join("crash"));
    const auto store = ObjectStore::Create(**database, folder.Join("crashed"));
    for (int i = 0; i <= last; ++i) {
      const auto object = (*store)->Open("bucket", std::to_string(i), "");
      ASSERT_TRUE(object.has_value()) << i;
      EXPECT_EQ(*platform::FileBytes(object->file),
                1000U + static_cast<unsigned>(i));
    }
  }
}

}  // namespace
}  // namespace skerry::cloud
