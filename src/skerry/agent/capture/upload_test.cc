// Captures that go to S3: at once, or from the disk later.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "skerry/agent/capture/capture_test_support.h"
#include "skerry/aws/s3_test_server.h"
#include "skerry/platform/folder.h"

namespace skerry::agent {
namespace {

using aws::S3TestServer;
using std::chrono::steady_clock;
using testing::EndsWith;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kUploadHour[] =
    "/sagemaker-bucket/sme-capture/fleet/detector/"
    "2026/11/24/10/";
constexpr char kPast[] = "20260101T000000.000-gateway7-0123456789abcdef-";

class UploadTest : public testing::Test {
 protected:
  CaptureOptions PeriodicOptions() const {
    CaptureOptions options = fixture_.DiskOptions();
    options.bucket = "sagemaker-bucket";
    options.periodic_upload = true;
    options.periodic_upload_period = std::chrono::seconds(1);
    return options;
  }

  // A file as an earlier run left it.
  void Leave(const std::string& name) const {
    const std::filesystem::path path =
        fixture_.folder() + "/sme-capture/fleet/detector/2026/01/01/00/" + name;
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(platform::WriteTextFile(path, name).has_value());
  }

  // Files may go while one looks.
  bool AwaitFiles(std::size_t wanted) const {
    return Await([&] {
      std::size_t count = 0;
      platform::VisitFiles(fixture_.folder(),
                           [&](std::string_view) { ++count; });
      return count == wanted;
    });
  }

  static void Drain(Capture& capture) {
    capture.Drain(steady_clock::now() + std::chrono::seconds(10));
  }

  CaptureFixture fixture_;
  S3TestServer server_;
};

TEST_F(UploadTest, CloudCapturesArePutUnderTheirKeys) {
  const auto capture =
      fixture_.Create(fixture_.CloudOptions(), server_.NewClient());
  ASSERT_TRUE(capture->Accept(MakeRecord("a", 1000)).has_value());
  Drain(*capture);

  EXPECT_EQ(capture->Status("a"), CaptureStatus::kSuccess);
  const auto order = server_.order();
  ASSERT_THAT(order, SizeIs(2));
  EXPECT_THAT(order[0],
              StartsWith(std::string(kUploadHour) + "raw-data/input-tensors/"));
  EXPECT_EQ(server_.objects()[order[0]], std::string(4000, '\1'));
  EXPECT_THAT(order[1], StartsWith(kUploadHour));
  EXPECT_THAT(order[1], EndsWith(".jsonl"));
  EXPECT_EQ(
      fixture_.Metric("skerry_capture_uploads_total{outcome=\"success\"}"), 2);
}

TEST_F(UploadTest, WithoutNetworkCloudCapturesAreRefusedUntilItIsBack) {
  server_.GoOffline();
  const auto capture =
      fixture_.Create(fixture_.CloudOptions(), server_.NewClient());
  ASSERT_TRUE(capture->Accept(MakeRecord("a")).has_value());
  capture->Drain(steady_clock::now() + std::chrono::milliseconds(100));
  ASSERT_TRUE(
      Await([this] { return fixture_.LogCount("capture_write_failed") == 1; }));

  const auto refused = capture->Accept(MakeRecord("b"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(capture->Status("a"), CaptureStatus::kInProgress);

  server_.set_intercept(nullptr);
  Drain(*capture);
  EXPECT_EQ(capture->Status("a"), CaptureStatus::kSuccess);
  EXPECT_TRUE(capture->Accept(MakeRecord("c")).has_value());
  EXPECT_EQ(fixture_.LogCount("capture_write_failed"), 1);
}

TEST_F(UploadTest, ABusyS3IsAskedAgainAndPayloadsAreNotSentTwice) {
  int refusals = 3;
  server_.set_intercept(
      [&](const std::string& target) -> std::optional<S3TestServer::Reply> {
        if (!target.ends_with(".jsonl") || refusals-- <= 0) return {};
        return S3TestServer::Refusal("503 Slow Down", "SlowDown");
      });
  const auto capture =
      fixture_.Create(fixture_.CloudOptions(), server_.NewClient());
  ASSERT_TRUE(capture->Accept(MakeRecord("a", 1000)).has_value());
  Drain(*capture);

  EXPECT_EQ(capture->Status("a"), CaptureStatus::kSuccess);
  EXPECT_EQ(server_.request_count(), 5);
  EXPECT_THAT(server_.order(), SizeIs(2));
}

TEST_F(UploadTest, WhatCannotBeSentBeforeTheEndIsAFailureAndCounted) {
  server_.set_intercept([](const std::string&) {
    return S3TestServer::Refusal("403 Forbidden", "AccessDenied");
  });
  {
    const auto capture =
        fixture_.Create(fixture_.CloudOptions(), server_.NewClient());
    ASSERT_TRUE(capture->Accept(MakeRecord("a")).has_value());
    capture->Drain(steady_clock::now() + std::chrono::milliseconds(100));
    ASSERT_TRUE(server_.AwaitRequests(1));
    // A refusal is no lack of network.
    EXPECT_TRUE(capture->Accept(MakeRecord("b")).has_value());
  }
  EXPECT_GE(fixture_.LogCount("capture_lost"), 1);
}

TEST_F(UploadTest, FilesOnTheDiskAreMovedToS3) {
  const auto capture = fixture_.Create(PeriodicOptions(), server_.NewClient());
  ASSERT_TRUE(capture->Accept(MakeRecord("a", 1000)).has_value());
  Drain(*capture);
  EXPECT_EQ(capture->Status("a"), CaptureStatus::kSuccess);

  ASSERT_TRUE(server_.AwaitObjects(2));
  EXPECT_TRUE(AwaitFiles(0));
  // No empty folders stay either, but that of the prefix.
  EXPECT_TRUE(Await([this] {
    return std::filesystem::is_empty(fixture_.folder() + "/sme-capture");
  }));
  ASSERT_TRUE(capture->Accept(MakeRecord("b")).has_value());
  Drain(*capture);
  EXPECT_TRUE(server_.AwaitObjects(3));
}

TEST_F(UploadTest, FilesOfAnEarlierRunAreUploadedOldestFirst) {
  const std::string stem = kPast;
  Leave(stem + "000002.jsonl");
  Leave(stem + "000001.jsonl");
  Leave("raw-data/input-tensors/" + stem + "000002-0.bin");
  Leave("notes.txt");

  const auto capture = fixture_.Create(PeriodicOptions(), server_.NewClient());

  ASSERT_TRUE(server_.AwaitObjects(3));
  const auto order = server_.order();
  EXPECT_THAT(order[0], EndsWith("000001.jsonl"));
  EXPECT_THAT(order[1], EndsWith("000002-0.bin"));
  EXPECT_THAT(order[2], EndsWith("000002.jsonl"));
  EXPECT_TRUE(AwaitFiles(1)) << "what is not ours stays";
}

TEST_F(UploadTest, AFileStaysUntilS3HasIt) {
  server_.set_intercept([](const std::string&) {
    return S3TestServer::Refusal("500 Internal", "InternalError");
  });
  const std::string name = std::string(kPast) + "000001.jsonl";
  Leave(name);
  auto capture = fixture_.Create(PeriodicOptions(), server_.NewClient());

  ASSERT_TRUE(server_.AwaitRequests(3));
  EXPECT_THAT(ReadFolder(fixture_.folder()).contents, SizeIs(1));
  EXPECT_EQ(fixture_.LogCount("capture_upload_failed"), 1);
  capture.reset();
  EXPECT_THAT(ReadFolder(fixture_.folder()).contents, SizeIs(1));

  server_.set_intercept(nullptr);
  capture = fixture_.Create(PeriodicOptions(), server_.NewClient());
  EXPECT_TRUE(AwaitFiles(0));
  EXPECT_THAT(server_.objects(), SizeIs(1));
}

TEST_F(UploadTest, AFileThatS3RefusesDoesNotHoldUpTheOthers) {
  server_.set_intercept(
      [](const std::string& target) -> std::optional<S3TestServer::Reply> {
        if (!target.ends_with("000001.jsonl")) return {};
        return S3TestServer::Refusal("400 Bad Request", "InvalidRequest");
      });
  Leave(std::string(kPast) + "000001.jsonl");
  Leave(std::string(kPast) + "000002.jsonl");

  const auto capture = fixture_.Create(PeriodicOptions(), server_.NewClient());

  ASSERT_TRUE(server_.AwaitObjects(1));
  EXPECT_THAT(server_.order()[0], EndsWith("000002.jsonl"));
}

TEST_F(UploadTest, ThousandsOfFilesAreMovedInOrder) {
  constexpr int kFiles = 2500;
  for (int i = kFiles; i > 0; --i) {
    std::string serial = std::to_string(i);
    serial.insert(0, 6 - serial.size(), '0');
    const std::filesystem::path path =
        fixture_.folder() + "/sme-capture/" + kPast + serial + ".jsonl";
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path.c_str()) << i;
  }

  const auto capture = fixture_.Create(PeriodicOptions(), server_.NewClient());

  ASSERT_TRUE(server_.AwaitObjects(kFiles));
  EXPECT_TRUE(std::ranges::is_sorted(server_.order()));
  EXPECT_TRUE(AwaitFiles(0));
}

}  // namespace
}  // namespace skerry::agent
