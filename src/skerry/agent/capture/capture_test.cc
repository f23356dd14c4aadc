#include "skerry/agent/capture/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "skerry/agent/capture/capture_test_support.h"
#include "skerry/aws/digest.h"

namespace skerry::agent {
namespace {

using Json = nlohmann::json;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

constexpr char kHour[] = "sme-capture/fleet/detector/2026/11/24/10/";

class CaptureTest : public testing::Test {
 protected:
  static void Drain(Capture& capture) {
    capture.Drain(steady_clock::now() + std::chrono::seconds(10));
  }

  ErrorCode Refusal(Capture& capture, CaptureRecord record) {
    const auto accepted = capture.Accept(std::move(record));
    return accepted.has_value() ? ErrorCode::kUnknown : accepted.error().code();
  }

  CaptureFixture fixture_;
};

// No file can grow beyond `bytes` while it lives: the disk is as good as full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes = 16) {
    before_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { End(); }
  void End() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_handler_);
  }

 private:
  rlimit before_{};
  void (*before_handler_)(int) = SIG_DFL;
};

// A file system of 64 KiB, where the user may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    mounted_ =
        mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=64k,mode=700") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }

  const std::string& path() const { return path_; }
  bool mounted() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_ = false;
};

TEST_F(CaptureTest, ALineHasTheDocumentedShape) {
  const auto capture = fixture_.Create(fixture_.DiskOptions());
  CaptureRecord record = MakeRecord("id-1", 2);
  record.outputs.push_back(
      {"score", {DataType::kUint8, Shape({})}, std::string(1, '\7')});
  record.auxiliary_inputs.push_back(
      {"frame", CaptureEncoding::kNone, "\xff\xd8\xff\xe0"});
  record.auxiliary_outputs.push_back(
      {"label", CaptureEncoding::kJson, R"({"a":1})"});
  record.auxiliary_outputs.push_back({"row", CaptureEncoding::kCsv, "1,2"});
  record.auxiliary_outputs.push_back(
      {"mask", CaptureEncoding::kBase64, "AAEC"});

  ASSERT_TRUE(capture->Accept(std::move(record)).has_value());
  Drain(*capture);

  const CapturedFiles files = ReadFolder(fixture_.folder());
  ASSERT_THAT(files.lines, SizeIs(1));
  EXPECT_EQ(files.lines[0], Json::parse(R"({
    "deviceFleetAuxiliaryInputs": [
      {"data": "/9j/4A==", "encoding": "BASE64", "mode": "Input",
       "name": "frame", "observedContentType": "jpg"}],
    "deviceFleetAuxiliaryOutputs": [
      {"data": "{\"a\":1}", "encoding": "JSON", "mode": "Output",
       "name": "label", "observedContentType": "json"},
      {"data": "1,2", "encoding": "CSV", "mode": "Output",
       "name": "row", "observedContentType": "csv"},
      {"data": "AAEC", "encoding": "BASE64", "mode": "Output",
       "name": "mask", "observedContentType": "bin"}],
    "deviceFleetInputs": [
      {"data": "AQEBAQEBAQE=", "encoding": "BASE64", "mode": "Input",
       "name": "image", "observedContentType": "Tensor[float32; 1, 2]"}],
    "deviceFleetOutputs": [
      {"data": "Bw==", "encoding": "BASE64", "mode": "Output",
       "name": "score", "observedContentType": "Tensor[uint8]"}],
    "eventMetadata": {
      "deviceFleetName": "fleet", "deviceId": "gateway7", "eventId": "id-1",
      "inferenceTime": "2026-11-24T10:15:30", "modelName": "detector",
      "modelVersion": "1.0"},
    "eventVersion": "0"})"));
}

TEST_F(CaptureTest, FilesLieInTheFolderOfTheirModelAndHour) {
  const auto capture = fixture_.Create(fixture_.DiskOptions());
  CaptureRecord later = MakeRecord("b");
  later.inference_time += std::chrono::hours(14);
  CaptureRecord other = MakeRecord("c");
  other.model_name = "other";
  ASSERT_TRUE(capture->Accept(MakeRecord("a")).has_value());
  if (later.inference_time < system_clock::now()) {
    ASSERT_TRUE(capture->Accept(std::move(later)).has_value());
  }
  ASSERT_TRUE(capture->Accept(std::move(other)).has_value());
  Drain(*capture);

  std::vector<std::string> folders;
  for (const auto& [key, content] : ReadFolder(fixture_.folder()).contents) {
    folders.push_back(key.substr(0, key.rfind('/')));
    EXPECT_THAT(key, MatchesRegex(".*/[0-9]{8}T[0-9]{6}[.][0-9]{3}-gateway7-"
                                  "[0-9a-f]{16}-[0-9]{6}[.]jsonl"));
  }
  EXPECT_THAT(folders,
              testing::IsSupersetOf(
                  {std::string("sme-capture/fleet/detector/2026/11/24/10"),
                   std::string("sme-capture/fleet/other/2026/11/24/10")}));
}

TEST_F(CaptureTest, LargePayloadsGetFilesOfTheirOwn) {
  const auto capture = fixture_.Create(fixture_.DiskOptions());
  CaptureRecord record = MakeRecord("a", 3072 / 4);  // the limit itself
  record.outputs.push_back(
      {"big", {DataType::kUint8, Shape({3073})}, std::string(3073, '\2')});
  record.auxiliary_outputs.push_back(
      {"photo", CaptureEncoding::kNone, std::string(5000, '\3')});
  ASSERT_TRUE(capture->Accept(std::move(record)).has_value());
  Drain(*capture);

  const CapturedFiles files = ReadFolder(fixture_.folder());
  ASSERT_THAT(files.lines, SizeIs(1));
  EXPECT_THAT(files.faults, IsEmpty());
  EXPECT_THAT(files.contents, SizeIs(3));
  EXPECT_TRUE(files.lines[0]["deviceFleetInputs"][0].contains("data"));
  const Json& big = files.lines[0]["deviceFleetOutputs"][0];
  EXPECT_FALSE(big.contains("data"));
  const std::string reference = big["data-ref"];
  EXPECT_THAT(reference, testing::StartsWith("raw-data/output-tensors/"));
  EXPECT_EQ(files.contents.at(kHour + reference), std::string(3073, '\2'));
  const Json& photo = files.lines[0]["deviceFleetAuxiliaryOutputs"][0];
  EXPECT_EQ(photo["encoding"], "NONE");
}

TEST_F(CaptureTest, NamesThatAreNotUtf8DoNotBreakTheLine) {
  const auto capture = fixture_.Create(fixture_.DiskOptions());
  CaptureRecord record = MakeRecord("a");
  record.inputs[0].name = "caf\xe9\n";
  record.auxiliary_inputs.push_back(
      {"x", CaptureEncoding::kCsv, "\x80\xff,\n\"2\""});
  ASSERT_TRUE(capture->Accept(std::move(record)).has_value());
  Drain(*capture);

  const CapturedFiles files = ReadFolder(fixture_.folder());
  EXPECT_THAT(files.faults, IsEmpty());
  ASSERT_THAT(files.lines, SizeIs(1));
  EXPECT_EQ(files.lines[0]["deviceFleetInputs"][0]["name"],
            "caf\xef\xbf\xbd\n");
}

TEST_F(CaptureTest, AFullBatchIsWrittenAtOnceAndTheRestAfterThePeriod) {
  CaptureOptions options = fixture_.DiskOptions();
  options.batch_size = 3;
  options.push_period = std::chrono::seconds(1);
  const auto capture = fixture_.Create(options);

  const auto start = steady_clock::now();
  for (const char* const id : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(capture->Accept(MakeRecord(id)).has_value());
  }

  ASSERT_TRUE(
      Await([&] { return capture->Status("c") == CaptureStatus::kSuccess; }));
  EXPECT_EQ(capture->Status("d"), CaptureStatus::kInProgress);
  ASSERT_TRUE(
      Await([&] { return capture->Status("d") == CaptureStatus::kSuccess; }));
  EXPECT_GE(steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(fixture_.Metric("skerry_capture_accepted_total"), 4);
  EXPECT_EQ(fixture_.Metric("skerry_capture_files_total"), 2);
  EXPECT_EQ(fixture_.Metric("skerry_capture_pending"), 0);
}

TEST_F(CaptureTest, WhatIsAcceptedIsWrittenBeforeTheEnd) {
  {
    const auto capture = fixture_.Create(fixture_.DiskOptions());
    ASSERT_TRUE(capture->Accept(MakeRecord("a")).has_value());
  }
  EXPECT_THAT(ReadFolder(fixture_.folder()).lines, SizeIs(1));
}

TEST_F(CaptureTest, ARecordThatCannotBeIsRefusedWithItsReason) {
  const auto capture = fixture_.Create(fixture_.DiskOptions());
  ASSERT_TRUE(capture->Accept(MakeRecord("a")).has_value());

  EXPECT_EQ(Refusal(*capture, MakeRecord("a")), ErrorCode::kAlreadyExists);
  for (const std::string& id : {std::string(), std::string("a/b"),
                                std::string("a\n"), std::string(257, 'a')}) {
    EXPECT_EQ(Refusal(*capture, MakeRecord(id)), ErrorCode::kInvalidArgument);
  }
  CaptureRecord record = MakeRecord("b");
  record.inference_time = system_clock::now() + std::chrono::seconds(90);
  EXPECT_EQ(Refusal(*capture, record), ErrorCode::kOutOfRange);
  record = MakeRecord("b");
  record.inputs[0].bytes.pop_back();
  EXPECT_EQ(Refusal(*capture, record), ErrorCode::kInvalidArgument);
  record = MakeRecord("b");
  record.model_name = "..";
  EXPECT_EQ(Refusal(*capture, record), ErrorCode::kInvalidArgument);

  EXPECT_EQ(capture->Status("b"), CaptureStatus::kNotFound);
  EXPECT_EQ(
      fixture_.Metric("skerry_capture_rejected_total{reason=\"invalid\"}"), 6);
  EXPECT_EQ(fixture_.Metric("skerry_capture_rejected_total{reason=\"time\"}"),
            1);
  EXPECT_EQ(
      fixture_.Metric("skerry_capture_rejected_total{reason=\"duplicate\"}"),
      1);
}

TEST_F(CaptureTest, ARecordWithoutATimeIsOfNow) {
  const auto capture = fixture_.Create(fixture_.DiskOptions());
  CaptureRecord record = MakeRecord("a");
  record.inference_time = {};
  ASSERT_TRUE(capture->Accept(std::move(record)).has_value());
  Drain(*capture);

  const CapturedFiles files = ReadFolder(fixture_.folder());
  ASSERT_THAT(files.lines, SizeIs(1));
  const std::string time = files.lines[0]["eventMetadata"]["inferenceTime"];
  EXPECT_GT(time, "2020");
}

TEST_F(CaptureTest, OptionsThatCannotBeAreNamed) {
  telemetry::Registry metrics;
  const telemetry::Logger log({});
  const auto problem = [&](const std::function<void(CaptureOptions&)>& edit) {
    CaptureOptions options = fixture_.DiskOptions();
    edit(options);
    auto made = Capture::Create(options, nullptr, metrics, log);
    return made.has_value() ? std::string() : made.error().message();
  };

  EXPECT_EQ(problem([](auto&) {}), "");
  EXPECT_THAT(problem([](auto& o) { o.disk_path = "relative"; }),
              HasSubstr("disk_path"));
  EXPECT_THAT(problem([](auto& o) { o.folder_prefix = "a/../b"; }),
              HasSubstr("folder_prefix"));
  EXPECT_THAT(problem([](auto& o) { o.batch_size = o.buffer_size; }),
              HasSubstr("batch_size"));
  EXPECT_THAT(problem([](auto& o) { o.base64_embed_bytes_max = 3073; }),
              HasSubstr("embed_limit"));
  EXPECT_THAT(problem([](auto& o) { o.device_name = "a/b"; }),
              HasSubstr("device name"));
  EXPECT_THAT(problem([](auto& o) { o.fleet_name = ".."; }),
              HasSubstr("fleet name"));
  EXPECT_THAT(problem([](auto& o) { o.periodic_upload = true; }),
              HasSubstr("s3_bucket_name"));
  EXPECT_THAT(problem([](auto& o) {
                o.destination = CaptureOptions::Destination::kCloud;
                o.bucket = "b";
              }),
              HasSubstr("provider"));
  EXPECT_THAT(problem([](auto& o) { o.disk_path = "/proc/nothing"; }),
              HasSubstr("/proc/nothing"));
}

TEST_F(CaptureTest, OnAFullDiskRecordsStayAndNewOnesAreRefused) {
  CaptureOptions options = fixture_.DiskOptions();
  options.buffer_size = 4;
  options.batch_size = 2;
  const auto capture = fixture_.Create(options);
  FullDisk full(std::size_t{1} << 10);
  for (const char* const id : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(capture->Accept(MakeRecord(id, 700)).has_value());
  }

  EXPECT_EQ(Refusal(*capture, MakeRecord("e")), ErrorCode::kResourceExhausted);
  ASSERT_TRUE(
      Await([&] { return fixture_.LogCount("capture_write_failed") > 0; }));
  EXPECT_EQ(capture->Status("a"), CaptureStatus::kInProgress);
  EXPECT_THAT(ReadFolder(fixture_.folder()).contents, IsEmpty());
  capture->Drain(steady_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(capture->Status("a"), CaptureStatus::kInProgress);

  full.End();
  Drain(*capture);
  EXPECT_EQ(capture->Status("d"), CaptureStatus::kSuccess);
  EXPECT_TRUE(capture->Accept(MakeRecord("e")).has_value());
  EXPECT_THAT(ReadFolder(fixture_.folder()).lines, SizeIs(4));
  EXPECT_EQ(fixture_.LogCount("capture_write_failed"), 1);
  EXPECT_EQ(fixture_.LogCount("capture_write_recovered"), 1);
}

TEST_F(CaptureTest, ADiskThatFillsUpTearsNoFileAndGoesOnWhenThereIsRoom) {
  const SmallDisk disk(fixture_.folder() + "/disk");
  if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount";
  CaptureOptions options = fixture_.DiskOptions();
  options.disk_path = disk.path();
  options.batch_size = 2;
  const auto capture = fixture_.Create(options);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(
        capture->Accept(MakeRecord(std::to_string(i), 5000)).has_value());
  }

  ASSERT_TRUE(
      Await([&] { return fixture_.LogCount("No space left on device") == 1; }));
  const CapturedFiles full = ReadFolder(disk.path());
  EXPECT_THAT(full.faults, IsEmpty());
  EXPECT_FALSE(full.ids().contains("5"));
  for (const auto& line : full.lines) {
    const std::string id = line["eventMetadata"]["eventId"];
    ASSERT_TRUE(
        Await([&] { return capture->Status(id) == CaptureStatus::kSuccess; }));
  }

  // Somebody takes files away until all is written.
  ASSERT_TRUE(Await([&] {
    for (const auto& [key, content] : ReadFolder(disk.path()).contents) {
      if (!key.ends_with(".jsonl")) {
        std::filesystem::remove(disk.path() + '/' + key);
      }
    }
    return capture->Status("5") == CaptureStatus::kSuccess;
  }));
  EXPECT_THAT(ReadFolder(disk.path()).ids(), SizeIs(6));
}

TEST_F(CaptureTest, AFolderThatIsTakenAwayIsMadeAgain) {
  const auto capture = fixture_.Create(fixture_.DiskOptions());
  const std::string prefix = fixture_.folder() + "/sme-capture";
  std::filesystem::remove_all(prefix);
  ASSERT_TRUE(capture->Accept(MakeRecord("a")).has_value());
  Drain(*capture);
  EXPECT_EQ(capture->Status("a"), CaptureStatus::kSuccess);

  // A file in its place is an episode that ends.
  std::filesystem::remove_all(prefix);
  ASSERT_TRUE(platform::WriteTextFile(prefix, "").has_value());
  ASSERT_TRUE(capture->Accept(MakeRecord("b")).has_value());
  capture->Drain(steady_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(capture->Status("b"), CaptureStatus::kInProgress);
  std::filesystem::remove(prefix);
  Drain(*capture);
  EXPECT_EQ(capture->Status("b"), CaptureStatus::kSuccess);
}

TEST_F(CaptureTest, WhatAKilledAgentLeftHalfWrittenIsRemoved) {
  const std::string hour = fixture_.folder() + '/' + kHour;
  std::filesystem::create_directories(hour + "raw-data/input-tensors");
  for (const char* const name :
       {"a.jsonl.partial-1-0", "raw-data/input-tensors/a-0.bin.partial-1-1",
        "a.jsonl", "notes.partial-1"}) {
    ASSERT_TRUE(platform::WriteTextFile(hour + name, "{}").has_value());
  }

  const auto capture = fixture_.Create(fixture_.DiskOptions());

  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(hour)) {
    if (entry.is_regular_file()) names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("a.jsonl", "notes.partial-1"));
}

TEST_F(CaptureTest, ManyThreadsLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kRecords = 100;
  CaptureOptions options = fixture_.DiskOptions();
  options.buffer_size = 40;
  const auto capture = fixture_.Create(options);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRecords; ++i) {
        const std::string id = std::to_string(t) + '-' + std::to_string(i);
        ASSERT_TRUE(Await([&] {
          return capture->Accept(MakeRecord(id, i % 2 == 0 ? 4 : 800))
              .has_value();
        }));
        ASSERT_NE(capture->Status(id), CaptureStatus::kNotFound);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Drain(*capture);

  const CapturedFiles files = ReadFolder(fixture_.folder());
  EXPECT_THAT(files.faults, IsEmpty());
  EXPECT_THAT(files.ids(), SizeIs(kThreads * kRecords));
  EXPECT_THAT(files.lines, SizeIs(kThreads * kRecords));
  EXPECT_EQ(fixture_.Metric("skerry_capture_pending"), 0);
}

}  // namespace
}  // namespace skerry::agent
