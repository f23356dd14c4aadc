#include "skerry/cloud/jobs/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "skerry/cloud/database/database_test_support.h"
#include "skerry/cloud/jobs/lineage.h"

namespace skerry::cloud {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr JobKind kCompilation = JobKind::kCompilation;

class JobQueueTest : public testing::TestWithParam<const char*> {
 protected:
  JobQueueTest() : place_(GetParam()), database_(place_.Open()) {}

  void SetUp() override {
    ASSERT_NE(database_, nullptr);
    const auto migrated = database_->Migrate(JobMigrations());
    ASSERT_TRUE(migrated) << migrated.error().message();
    queue_ = std::make_unique<JobQueue>(*database_);
  }

  Result<void> Submit(const std::string& name, JobKind kind = kCompilation) {
    return database_->Write([&](Transaction& transaction) {
      return queue_->Submit(transaction, kind, name, "{\"a\":1}");
    });
  }
  Job Get(const std::string& name) {
    Job job;
    const auto read =
        database_->Read([&](Transaction& transaction) -> Result<void> {
          SKERRY_ASSIGN_OR_RETURN(job,
                                  queue_->Get(transaction, kCompilation, name));
          return {};
        });
    EXPECT_TRUE(read) << read.error().message();
    return job;
  }
  Result<void> Stop(const std::string& name) {
    return database_->Write([&](Transaction& transaction) {
      return queue_->RequestStop(transaction, kCompilation, name);
    });
  }
  Result<void> Remove(const std::string& name) {
    return database_->Write([&](Transaction& transaction) {
      return queue_->Remove(transaction, kCompilation, name);
    });
  }
  LeasedJob Lease(seconds duration = seconds(60)) {
    const auto leased = queue_->Lease("worker", duration);
    EXPECT_TRUE(leased) << leased.error().message();
    EXPECT_TRUE(leased && leased->has_value());
    return leased && *leased ? **leased : LeasedJob();
  }
  bool Idle() {
    const auto leased = queue_->Lease("worker", seconds(60));
    return leased && !leased->has_value();
  }

  TestDatabase place_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<JobQueue> queue_;
};

TEST_P(JobQueueTest, JobsAreHandedOutInTheirOrder) {
  ASSERT_TRUE(Submit("b"));
  ASSERT_TRUE(Submit("a"));

  const LeasedJob first = Lease();
  const LeasedJob second = Lease();

  EXPECT_EQ(first.job.name, "b");
  EXPECT_EQ(first.job.spec, "{\"a\":1}");
  EXPECT_EQ(second.job.name, "a");
  EXPECT_TRUE(Idle());
  EXPECT_EQ(Get("b").state, JobState::kInProgress);
  EXPECT_GT(Get("b").started, 0);
}

TEST_P(JobQueueTest, ANameIsTakenOncePerKind) {
  ASSERT_TRUE(Submit("a"));

  const auto again = Submit("a");

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(Submit("a", JobKind::kPackaging));
}

TEST_P(JobQueueTest, AWorkerMayAskForOneKind) {
  ASSERT_TRUE(Submit("a", JobKind::kPackaging));

  const auto leased = queue_->Lease("worker", seconds(60), kCompilation);

  ASSERT_TRUE(leased);
  EXPECT_FALSE(leased->has_value());
}

TEST_P(JobQueueTest, ACompletedJobKeepsItsResultAndWhatIsDoneWithIt) {
  ASSERT_TRUE(Submit("a"));
  const LeasedJob job = Lease();

  const auto done =
      queue_->Complete(job, "{\"made\":true}", [&](Transaction& transaction) {
        return RecordArtifact(transaction, {.uri = "s3://b/k",
                                            .sha256 = "12",
                                            .job_name = "a",
                                            .lineage = "{}",
                                            .created = 1});
      });

  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(Get("a").state, JobState::kCompleted);
  EXPECT_EQ(Get("a").result, "{\"made\":true}");
  EXPECT_GE(Get("a").ended, Get("a").started);
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM job_artifacts"), 1);
  EXPECT_TRUE(Idle());
}

TEST_P(JobQueueTest, WhatIsDoneWithAJobIsUndoneIfTheJobIsLost) {
  ASSERT_TRUE(Submit("a"));
  LeasedJob job = Lease();
  job.lease = "another";

  const auto done = queue_->Complete(job, "{}", [](Transaction& transaction) {
    return RecordArtifact(transaction, {.uri = "s3://b/k"});
  });

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kAborted);
  EXPECT_EQ(Get("a").state, JobState::kInProgress);
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM job_artifacts"), 0);
}

TEST_P(JobQueueTest, AFailedJobSaysWhyInAtMost1024Bytes) {
  ASSERT_TRUE(Submit("a"));
  const LeasedJob job = Lease();

  ASSERT_TRUE(queue_->Fail(job, std::string(1023, 'x') + "\xC3\xA9"));

  EXPECT_EQ(Get("a").state, JobState::kFailed);
  EXPECT_EQ(Get("a").failure_reason, std::string(1023, 'x'));
}

TEST_P(JobQueueTest, AJobWhoseWorkerIsGoneIsHandedOutThreeTimes) {
  ASSERT_TRUE(Submit("a"));

  for (int i = 0; i < kJobAttemptsMax; ++i) Lease(seconds(-1));

  EXPECT_TRUE(Idle());
  EXPECT_EQ(Get("a").state, JobState::kFailed);
  EXPECT_THAT(Get("a").failure_reason,
              HasSubstr("ServerError: 3 workers were lost"));
}

TEST_P(JobQueueTest, AWorkerThatWasThoughtGoneCannotEndTheJob) {
  ASSERT_TRUE(Submit("a"));
  const LeasedJob slow = Lease(seconds(-1));
  const LeasedJob next = Lease();

  EXPECT_EQ(queue_->Complete(slow, "{}").error().code(), ErrorCode::kAborted);
  EXPECT_EQ(queue_->Fail(slow, "x").error().code(), ErrorCode::kAborted);
  EXPECT_EQ(queue_->Release(slow).error().code(), ErrorCode::kAborted);
  EXPECT_EQ(queue_->Renew(slow, seconds(60)).error().code(),
            ErrorCode::kAborted);
  EXPECT_TRUE(queue_->Complete(next, "{}"));
}

TEST_P(JobQueueTest, ALeaseThatIsRenewedHolds) {
  ASSERT_TRUE(Submit("a"));
  const LeasedJob job = Lease(seconds(-1));

  const auto renewed = queue_->Renew(job, seconds(60));

  ASSERT_TRUE(renewed) << renewed.error().message();
  EXPECT_FALSE(renewed->stop_requested);
  EXPECT_GT(renewed->lease_end, NowMicros());
  EXPECT_TRUE(Idle());
}

TEST_P(JobQueueTest, AReleasedJobWaitsAgainWithoutAnAttempt) {
  ASSERT_TRUE(Submit("a"));

  for (int i = 0; i < 2 * kJobAttemptsMax; ++i) {
    ASSERT_TRUE(queue_->Release(Lease()));
    EXPECT_EQ(Get("a").state, JobState::kStarting);
  }

  EXPECT_EQ(Lease().job.name, "a");
}

TEST_P(JobQueueTest, AJobThatWaitsStopsAtOnce) {
  ASSERT_TRUE(Submit("a"));

  ASSERT_TRUE(Stop("a"));

  EXPECT_EQ(Get("a").state, JobState::kStopped);
  EXPECT_TRUE(Idle());
  EXPECT_EQ(Stop("a").error().code(), ErrorCode::kFailedPrecondition);
}

TEST_P(JobQueueTest, AJobThatRunsIsStoppedByItsWorker) {
  ASSERT_TRUE(Submit("a"));
  const LeasedJob job = Lease();

  ASSERT_TRUE(Stop("a"));

  EXPECT_EQ(Get("a").state, JobState::kStopping);
  const auto renewed = queue_->Renew(job, seconds(60));
  ASSERT_TRUE(renewed);
  EXPECT_TRUE(renewed->stop_requested);
  ASSERT_TRUE(queue_->Stopped(job));
  EXPECT_EQ(Get("a").state, JobState::kStopped);
}

TEST_P(JobQueueTest, AJobThatIsToStopDoesNotComplete) {
  ASSERT_TRUE(Submit("a"));
  const LeasedJob job = Lease();
  ASSERT_TRUE(Stop("a"));

  ASSERT_TRUE(queue_->Complete(job, "{}"));

  EXPECT_EQ(Get("a").state, JobState::kStopped);
  EXPECT_EQ(Get("a").result, "");
}

TEST_P(JobQueueTest, AJobThatIsToStopAndWhoseWorkerIsGoneIsStopped) {
  ASSERT_TRUE(Submit("a"));
  Lease(seconds(-1));
  ASSERT_TRUE(Stop("a"));

  EXPECT_TRUE(Idle());

  EXPECT_EQ(Get("a").state, JobState::kStopped);
}

TEST_P(JobQueueTest, OnlyWhatHasEndedIsRemoved) {
  ASSERT_TRUE(Submit("a"));
  EXPECT_EQ(Remove("a").error().code(), ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(Stop("a"));

  EXPECT_TRUE(Remove("a"));

  EXPECT_EQ(Remove("a").error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(Submit("a"));
}

TEST_P(JobQueueTest, AListIsFilteredSortedAndCut) {
  for (const char* const name : {"b-net", "a-net", "other", "c-net"}) {
    ASSERT_TRUE(Submit(name));
  }
  ASSERT_TRUE(Stop("c-net"));
  const auto list = [&](const JobFilter& filter) {
    std::string names;
    EXPECT_TRUE(database_->Read([&](Transaction& transaction) -> Result<void> {
      SKERRY_ASSIGN_OR_RETURN(const std::vector<Job> jobs,
                              queue_->List(transaction, kCompilation, filter));
      for (const Job& job : jobs) names += job.name + " ";
      return {};
    }));
    return names;
  };

  EXPECT_EQ(list({}), "b-net a-net other c-net ");
  EXPECT_EQ(list({.name_contains = "-net", .order = JobFilter::Order::kName}),
            "a-net b-net c-net ");
  EXPECT_EQ(list({.name_contains = "%"}), "");
  EXPECT_EQ(list({.state = JobState::kStopped}), "c-net ");
  EXPECT_EQ(list({.order = JobFilter::Order::kName,
                  .ascending = false,
                  .skip = 1,
                  .count_max = 2}),
            "c-net b-net ");
  EXPECT_EQ(list({.created_after = NowMicros()}), "");
}

TEST_P(JobQueueTest, SeveralServersShareTheJobs) {
  constexpr int kJobCount = 40;
  for (int i = 0; i < kJobCount; ++i) {
    ASSERT_TRUE(Submit("job-" + std::to_string(i)));
  }
  std::array<std::set<std::string>, 4> taken;
  {
    std::vector<std::jthread> workers;
    for (std::set<std::string>& names : taken) {
      workers.emplace_back([&] {
        const auto database = place_.Open();
        JobQueue queue(*database);
        while (true) {
          const auto leased = queue.Lease("worker", seconds(60));
          ASSERT_TRUE(leased) << leased.error().message();
          if (!leased->has_value()) return;
          names.insert((*leased)->job.name);
          ASSERT_TRUE(queue.Complete(**leased, "{}"));
        }
      });
    }
  }
  std::set<std::string> all;
  std::size_t count = 0;
  for (const std::set<std::string>& names : taken) {
    all.insert(names.begin(), names.end());
    count += names.size();
  }
  EXPECT_EQ(all.size(), kJobCount);
  EXPECT_EQ(count, kJobCount) << "a job was handed out twice";
}

TEST_P(JobQueueTest, AModelVersionDoesNotChange) {
  const ModelVersionRecord record{.uri = "s3://b/m-1.tar.gz",
                                  .model_name = "m",
                                  .model_version = "1",
                                  .sha256 = "aa",
                                  .lineage = "{}",
                                  .created = 5};
  const auto put = [&](const ModelVersionRecord& version) {
    return database_->Write([&](Transaction& transaction) {
      return RecordModelVersion(transaction, version);
    });
  };
  ASSERT_TRUE(put(record));
  EXPECT_TRUE(put(record)) << "the same again";
  ModelVersionRecord other = record;
  other.sha256 = "bb";

  const auto changed = put(other);

  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(changed.error().message(), HasSubstr("versions do not change"));
}

INSTANTIATE_TEST_SUITE_P(Engines, JobQueueTest,
                         testing::Values("sqlite", "postgresql"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace skerry::cloud
