#include "skerry/cloud/jobs/job_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "skerry/cloud/database/database_test_support.h"
#include "skerry/cloud/jobs/archive_writer.h"
#include "skerry/cloud/jobs/job_messages.h"
#include "skerry/cloud/jobs/job_run_test_support.h"
#include "skerry/cloud/jobs/work_folders.h"

namespace skerry::cloud {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

class JobPoolTest : public testing::Test {
 protected:
  JobPoolTest() {
    EXPECT_TRUE(database_->Migrate(JobMigrations()));
    logs_ = *JobLogs::Create(folder_.Join("logs"));
    objects_.MakeBucket("models");
    const std::string path = folder_.Join("source.tar.gz");
    EXPECT_TRUE(WriteArchive(path, {{.name = "net.onnx", .text = "weights"}}));
    EXPECT_TRUE(objects_.Put({"models", "net.tar.gz"},
                             *platform::OpenForReading(path), ""));
    source_ = LocalJobs(queue_, *logs_);
  }

  void Start(const char* script, int threads = 2) {
    compiler_ = std::make_unique<ScriptedCompiler>(script);
    auto pool = JobPool::Create({.name = "test",
                                 .compile_thread_count = threads,
                                 .work_folder = folder_.Join("work"),
                                 .lease = seconds(30),
                                 .renew_every = milliseconds(50),
                                 .poll_every = milliseconds(100)},
                                *source_, objects_, &compiler_->sandbox(),
                                {.database = database_.get()}, log_, metrics_);
    ASSERT_TRUE(pool) << pool.error().message();
    pool_ = *std::move(pool);
  }

  void Submit(const std::string& name) {
    const std::string spec =
        R"({"InputConfig": {"S3Uri": "s3://models/net.tar.gz",
            "Framework": "ONNX"}, "OutputConfig": {"TargetDevice": "ml_c5",
            "S3OutputLocation": "s3://models/)" +
        name + R"("}, "StoppingCondition": {"MaxRuntimeInSeconds": 60}})";
    ASSERT_TRUE(database_->Write([&](Transaction& transaction) {
      return queue_.Submit(transaction, JobKind::kCompilation, name, spec);
    }));
    if (pool_) pool_->Wake();
  }
  Job Get(const std::string& name) {
    Job job;
    EXPECT_TRUE(database_->Read([&](Transaction& transaction) -> Result<void> {
      SKERRY_ASSIGN_OR_RETURN(
          job, queue_.Get(transaction, JobKind::kCompilation, name));
      return {};
    }));
    return job;
  }
  // Waits for a state; false: it took too long.
  bool Await(const std::string& name, JobState state) {
    const auto deadline = steady_clock::now() + seconds(60);
    while (steady_clock::now() < deadline) {
      if (Get(name).state == state) return true;
      std::this_thread::yield();
    }
    return false;
  }

  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("job-pool-test");
  TestDatabase place_{"sqlite"};
  std::unique_ptr<Database> database_ = place_.Open();
  JobQueue queue_{*database_};
  std::unique_ptr<JobLogs> logs_;
  FolderObjects objects_;
  std::unique_ptr<JobSource> source_;
  telemetry::Logger log_{
      {telemetry::LogFormat::kText, telemetry::LogLevel::kError, 1, "test"}};
  telemetry::Registry metrics_;
  std::unique_ptr<ScriptedCompiler> compiler_;
  std::unique_ptr<JobPool> pool_;
};

TEST_F(JobPoolTest, EveryJobIsDoneAndLogged) {
  Start("echo working; cp $PREMADE $4");
  for (int i = 0; i < 10; ++i) Submit("job-" + std::to_string(i));

  for (int i = 0; i < 10; ++i) {
    const std::string name = "job-" + std::to_string(i);
    EXPECT_TRUE(Await(name, JobState::kCompleted)) << Get(name).failure_reason;
    EXPECT_NE(objects_.Content("models", name + "/net-ml_c5.tar.gz"), "");
    const auto log = logs_->Read(JobKind::kCompilation, name, 0, 1 << 20);
    ASSERT_TRUE(log) << log.error().message();
    EXPECT_THAT(log->text, HasSubstr("working\n"));
  }
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM job_artifacts"), 10);
  pool_->Shutdown(steady_clock::now() + seconds(20));
  EXPECT_THAT(metrics_.RenderPrometheus(),
              HasSubstr("skerry_jobs_total{end=\"completed\","
                        "kind=\"compilation\"} 10"));
  pool_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.Join("work")));
}

TEST_F(JobPoolTest, AJobThatIsStoppedEndsStopped) {
  Start("sleep 60");
  Submit("job");
  ASSERT_TRUE(Await("job", JobState::kInProgress));

  ASSERT_TRUE(database_->Write([&](Transaction& transaction) {
    return queue_.RequestStop(transaction, JobKind::kCompilation, "job");
  }));

  EXPECT_TRUE(Await("job", JobState::kStopped));
}

TEST_F(JobPoolTest, AtTheEndWhatRunsIsGivenBack) {
  Start("sleep 60");
  Submit("job");
  ASSERT_TRUE(Await("job", JobState::kInProgress));
  const auto start = steady_clock::now();

  pool_->Shutdown(steady_clock::now() + milliseconds(200));

  EXPECT_LT(steady_clock::now() - start, seconds(20));
  EXPECT_EQ(Get("job").state, JobState::kStarting);
  EXPECT_EQ(ReadInt(*database_, "SELECT attempt_count FROM jobs"), 0);
}

TEST_F(JobPoolTest, AtTheEndWhatRunsMayEnd) {
  Start("sleep 0.5; cp $PREMADE $4");
  Submit("job");
  ASSERT_TRUE(Await("job", JobState::kInProgress));

  pool_->Shutdown(steady_clock::now() + seconds(60));

  EXPECT_EQ(Get("job").state, JobState::kCompleted);
}

TEST_F(JobPoolTest, AJobThatIsLostIsLeftAlone) {
  Start("sleep 60");
  Submit("job");
  ASSERT_TRUE(Await("job", JobState::kInProgress));

  // As if the lease had run out and another had taken the job.
  ASSERT_TRUE(RunStatement(*database_,
                           "UPDATE jobs SET lease = 'x', worker = 'other'"));
  pool_->Shutdown(steady_clock::now() + seconds(20));

  EXPECT_EQ(Get("job").state, JobState::kInProgress);
  EXPECT_EQ(ReadTexts(*database_, "SELECT worker FROM jobs"), "other");
}

TEST(JobLogsTest, ALogIsReadInPartsAndBounded) {
  const auto folder = platform::TempDirectory::Create("job-log-test");
  const auto logs = JobLogs::Create(folder->Join("logs"));
  ASSERT_TRUE(logs);
  const JobKind kind = JobKind::kCompilation;
  ASSERT_TRUE((*logs)->Append(kind, "a", "hello "));
  ASSERT_TRUE((*logs)->Append(kind, "a", "world"));

  EXPECT_EQ((*logs)->Read(kind, "a", 0, 5)->text, "hello");
  EXPECT_EQ((*logs)->Read(kind, "a", 5, 100)->text, " world");
  EXPECT_EQ((*logs)->Read(kind, "a", 5, 100)->next_offset, 11U);
  EXPECT_EQ((*logs)->Read(kind, "a", 12, 1).error().code(),
            ErrorCode::kOutOfRange);
  EXPECT_EQ((*logs)->Read(kind, "b", 0, 1).error().code(),
            ErrorCode::kNotFound);
  for (const char* const name : {"", "../a", "a/b", "a.b"}) {
    EXPECT_EQ((*logs)->Append(kind, name, "x").error().code(),
              ErrorCode::kInvalidArgument);
  }
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE((*logs)->Append(kind, "a", std::string(kJobLogBytesMax, 'x')));
  }
  const auto whole = (*logs)->Read(kind, "a", 0, 2 * kJobLogBytesMax);
  EXPECT_LT(whole->byte_count, kJobLogBytesMax + 100);
  EXPECT_THAT(whole->text, HasSubstr("the log is full"));
}

TEST(JobMessagesTest, WhatIsPrintedIsReadAgain) {
  JobMessage message;
  message.worker = "w";
  message.seconds = 30;
  message.job.job = {.kind = JobKind::kCompilation, .name = "job"};
  message.job.lease = "lease";
  message.job.lease_end = 12;
  message.text = "text";
  message.outcome = {.end = JobOutcome::End::kCompleted,
                     .result = "{}",
                     .artifact_uri = "s3://b/k",
                     .artifact_sha256 = "00",
                     .lineage = "{\"a\":1}"};
  for (const char* const call :
       {"lease", "renew", "log", "fail", "complete", "stopped", "release"}) {
    const auto read = ParseJobMessage(call, PrintJobMessage(call, message));
    ASSERT_TRUE(read) << call << ": " << read.error().message();
    EXPECT_EQ(PrintJobMessage(call, *read), PrintJobMessage(call, message));
  }
  LeasedJob job = message.job;
  job.job.spec = "{}";
  job.stop_requested = true;
  const auto leased = ParseLeasedJob(PrintLeasedJob(job));
  ASSERT_TRUE(leased && leased->has_value());
  EXPECT_TRUE((*leased)->stop_requested);
  EXPECT_EQ((*leased)->lease, "lease");
  EXPECT_FALSE(ParseLeasedJob("{}")->has_value());
}

TEST(JobMessagesTest, WhatIsWrongIsSaid) {
  EXPECT_THAT(ParseJobMessage("lease", "[]").error().message(),
              HasSubstr("no JSON object"));
  EXPECT_THAT(ParseJobMessage("lease", R"({"worker":"w","seconds":0})")
                  .error()
                  .message(),
              HasSubstr("want 1 to 3600"));
  EXPECT_THAT(ParseJobMessage("renew", R"({"kind":"x"})").error().message(),
              HasSubstr("no kind of job"));
  EXPECT_EQ(
      ParseJobError(409, PrintJobError({ErrorCode::kAborted, "gone"})).code(),
      ErrorCode::kAborted);
  EXPECT_EQ(ParseJobError(502, "<html>").code(), ErrorCode::kUnavailable);
}

TEST(WorkFoldersTest, WhatIsLeftOfPoolsThatAreGoneIsRemoved) {
  const auto folder = *platform::TempDirectory::Create("work-folders-test");
  const std::string left = folder.Join("job-gone-pool.x");
  std::filesystem::create_directories(left + "/in");
  std::filesystem::create_directories(folder.Join("other"));
  std::ofstream(folder.Join("pool-gone-pool.lock")) << "";

  auto one = WorkFolders::Open(folder.path());
  ASSERT_TRUE(one.has_value()) << one.error().message();
  const std::string used = (*one)->NewPath();
  std::filesystem::create_directories(used);
  const auto two = WorkFolders::Open(folder.path());

  ASSERT_TRUE(two.has_value()) << two.error().message();
  EXPECT_NE((*two)->NewPath(), (*two)->NewPath());
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_FALSE(std::filesystem::exists(folder.Join("pool-gone-pool.lock")));
  EXPECT_TRUE(std::filesystem::exists(folder.Join("other")));
  EXPECT_TRUE(std::filesystem::exists(used));
  one->reset();
  const auto three = WorkFolders::Open(folder.path());
  EXPECT_FALSE(std::filesystem::exists(used));
}

}  // namespace
}  // namespace skerry::cloud
