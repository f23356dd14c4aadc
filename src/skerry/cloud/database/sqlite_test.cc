// What only a file can meet: crashes, full disks, damage, backups.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "skerry/cloud/database/database_test_support.h"
#include "skerry/platform/file.h"
#include "skerry/platform/folder.h"

namespace skerry::cloud {
namespace {

using testing::HasSubstr;

const std::vector<Migration> kTables = {
    {"test/1", {"CREATE TABLE item (id BIGINT PRIMARY KEY, note TEXT)"}}};

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::move(*platform::TempDirectory::Create("skerry-sqlite-"));
    path_ = folder_->Join("test.db");
  }

  static std::unique_ptr<Database> OpenAt(const std::string& path) {
    Result<std::unique_ptr<Database>> opened = Database::Open("sqlite:" + path);
    if (!opened) {
      ADD_FAILURE() << opened.error().message();
      return nullptr;
    }
    const Result<void> migrated = (*opened)->Migrate(kTables);
    EXPECT_TRUE(migrated) << migrated.error().message();
    return std::move(*opened);
  }

  static Result<void> Insert(Database& database, std::int64_t id,
                             const std::string& note = "") {
    return RunStatement(database, "INSERT INTO item (id, note) VALUES ($1, $2)",
                        {id, note});
  }

  std::optional<platform::TempDirectory> folder_;
  std::string path_;
};

// Writes rows on four threads and tells of each that was acknowledged.
[[noreturn]] void WriteUntilKilled(const std::string& path, int pipe,
                                   std::int64_t first) {
  const auto database = std::move(*Database::Open("sqlite:" + path));
  std::atomic<std::int64_t> next = first;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (true) {
        const std::int64_t id = next++;
        const Result<void> written = RunStatement(
            *database, "INSERT INTO item (id, note) VALUES ($1, $2)",
            {id, std::string(300, 'n')});
        if (!written || write(pipe, &id, sizeof(id)) != sizeof(id)) _exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(1);
}

// The ids that came through the pipe until the writer was killed.
std::set<std::int64_t> ReadUntilKilled(int pipe, pid_t child, int acks) {
  std::set<std::int64_t> ids;
  std::int64_t id = 0;
  while (read(pipe, &id, sizeof(id)) == sizeof(id)) {
    ids.insert(id);
    if (static_cast<int>(ids.size()) == acks) kill(child, SIGKILL);
  }
  return ids;
}

TEST_F(SqliteTest, WhatWasAcknowledgedSurvivesKill) {
  constexpr int kKills = 50;
  {
    ASSERT_NE(OpenAt(path_), nullptr);
  }
  std::set<std::int64_t> acknowledged;
  std::minstd_rand random(7);  // NOLINT(bugprone-random-generator-seed)
  for (int round = 0; round < kKills; ++round) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      WriteUntilKilled(path_, ends[1], 1'000'000LL * round);
    }
    close(ends[1]);
    const int acks = std::uniform_int_distribution<int>(1, 40)(random);
    const std::set<std::int64_t> ids = ReadUntilKilled(ends[0], child, acks);
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round;
    acknowledged.insert(ids.begin(), ids.end());

    const std::unique_ptr<Database> database = OpenAt(path_);
    ASSERT_NE(database, nullptr);
    std::set<std::int64_t> found;
    ASSERT_TRUE(database->Read([&](Transaction& transaction) -> Result<void> {
      SKERRY_ASSIGN_OR_RETURN(
          const std::vector<SqlRow> rows,
          transaction.Query("SELECT id, note FROM item", {}));
      for (const SqlRow& row : rows) {
        EXPECT_EQ(TextOf(row[1]).size(), 300U);
        found.insert(IntOf(row[0]));
      }
      return {};
    }));
    ASSERT_TRUE(std::ranges::includes(found, acknowledged))
        << "round " << round;
  }
  EXPECT_GT(acknowledged.size(), static_cast<std::size_t>(kKills));
}

// What is written in a group is committed once.
TEST_F(SqliteTest, ConcurrentWritesShareACommit) {
  constexpr int kThreads = 16;
  constexpr int kRounds = 20;
  const std::unique_ptr<Database> database = OpenAt(path_);
  const DatabaseCounters before = database->counters();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        EXPECT_TRUE(Insert(*database, i * 1000 + round));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const DatabaseCounters after = database->counters();
  EXPECT_EQ(after.writes - before.writes,
            static_cast<std::uint64_t>(kThreads * kRounds));
  EXPECT_LT(after.commits - before.commits,
            static_cast<std::uint64_t>(kThreads * kRounds / 2));
  EXPECT_EQ(ReadInt(*database, "SELECT COUNT(*) FROM item"),
            kThreads * kRounds);
}

// A member's error takes none of its group with it.
TEST_F(SqliteTest, OneErrorOfAGroupIsOnesOwn) {
  const std::unique_ptr<Database> database = OpenAt(path_);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        // Two threads each want the same rows.
        (Insert(*database, i / 2 * 1000 + round) ? good : bad)++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(good, 120);
  EXPECT_EQ(bad, 120);
  EXPECT_EQ(ReadInt(*database, "SELECT COUNT(*) FROM item"), 120);
}

// Lets no file of this process grow beyond some size, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit before_{};
  sighandler_t old_handler_{};
};

TEST_F(SqliteTest, AFullDiskIsAnErrorAndPasses) {
  const std::unique_ptr<Database> database = OpenAt(path_);
  ASSERT_TRUE(Insert(*database, 1));

  {
    const FileSizeLimit limit(256 << 10);
    const Result<void> full = Insert(*database, 2, std::string(1 << 20, 'x'));
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code(), ErrorCode::kResourceExhausted)
        << full.error().message();
    EXPECT_EQ(ReadInt(*database, "SELECT COUNT(*) FROM item"), 1);
  }

  EXPECT_TRUE(Insert(*database, 3));
  EXPECT_EQ(ReadInt(*database, "SELECT SUM(id) FROM item"), 4);
}

// Some of a group do not fit; the others must not pay for it.
TEST_F(SqliteTest, AFullDiskSparesWhoFits) {
  const std::unique_ptr<Database> database = OpenAt(path_);
  std::atomic<int> wrong = 0;
  {
    const FileSizeLimit limit(2 << 20);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const bool large = i % 2 == 0;
        for (int round = 0; round < 5; ++round) {
          // Beyond the page cache, so that pages are written before COMMIT.
          const Result<void> result =
              Insert(*database, i * 10 + round,
                     large ? std::string(24 << 20, 'x') : "small");
          if (large && result) ++wrong;
          if (large && !result &&
              result.error().code() != ErrorCode::kResourceExhausted) {
            ++wrong;
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(Insert(*database, 1000));
  EXPECT_EQ(
      ReadInt(*database, "SELECT COUNT(*) FROM item WHERE LENGTH(note) > 100"),
      0);
}

TEST_F(SqliteTest, WhatIsNoDatabaseIsDataLoss) {
  ASSERT_TRUE(platform::WriteTextFile(path_, std::string(10000, 'x')));

  const auto opened = Database::Open("sqlite:" + path_);

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kDataLoss);
  EXPECT_THAT(opened.error().message(), HasSubstr(path_));
}

TEST_F(SqliteTest, ADamagedPageIsDataLoss) {
  {
    const std::unique_ptr<Database> database = OpenAt(path_);
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(Insert(*database, i, std::string(500, 'x')));
    }
  }
  auto bytes = platform::ReadFile(path_, 1 << 24);
  ASSERT_TRUE(bytes);
  std::fill(bytes->begin() + 8 * 4096, bytes->end(), std::byte{0x5A});
  ASSERT_TRUE(platform::WriteFile(path_, *bytes));

  const std::unique_ptr<Database> database = OpenAt(path_);
  const Result<void> read =
      database->Read([](Transaction& transaction) -> Result<void> {
        SKERRY_RETURN_IF_ERROR(
            transaction.Query("SELECT SUM(LENGTH(note)) FROM item", {}));
        return {};
      });

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kDataLoss);
}

TEST_F(SqliteTest, AMissingFolderIsNotFound) {
  const auto opened = Database::Open("sqlite:" + folder_->Join("no/test.db"));

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kNotFound);
}

TEST_F(SqliteTest, ABackupIsOneStateWhileOthersWrite) {
  const std::unique_ptr<Database> database = OpenAt(path_);
  std::atomic<bool> ending = false;
  std::thread writer([&] {
    // Two rows at a time: a copy with an odd number would be torn.
    for (std::int64_t i = 0; !ending; i += 2) {
      EXPECT_TRUE(
          database->Write([&](Transaction& transaction) -> Result<void> {
            for (std::int64_t id = i; id < i + 2; ++id) {
              SKERRY_RETURN_IF_ERROR(transaction.Execute(
                  "INSERT INTO item (id, note) VALUES ($1, $2)",
                  std::vector<SqlValue>{id, std::string(2000, 'b')}));
            }
            return {};
          }));
    }
  });

  for (int i = 0; i < 5; ++i) {
    const std::string copy = folder_->Join("copy" + std::to_string(i));
    const Result<void> backup = database->Backup(copy);
    EXPECT_TRUE(backup) << backup.error().message();
    const std::string restored = folder_->Join("restored" + std::to_string(i));
    EXPECT_TRUE(RestoreSqlite(copy, restored));
    EXPECT_EQ(ReadInt(*OpenAt(restored), "SELECT COUNT(*) FROM item") % 2, 0);
  }
  ending = true;
  writer.join();

  const Result<void> again = database->Backup(folder_->Join("copy0"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists);
}

TEST_F(SqliteTest, RestoreReplacesADatabaseThatNobodyUses) {
  const std::string copy = folder_->Join("copy");
  {
    const std::unique_ptr<Database> database = OpenAt(path_);
    ASSERT_TRUE(Insert(*database, 1));
    ASSERT_TRUE(database->Backup(copy));
    ASSERT_TRUE(Insert(*database, 2));

    const Result<void> in_use = RestoreSqlite(copy, path_);
    ASSERT_FALSE(in_use);
    EXPECT_EQ(in_use.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_EQ(ReadInt(*database, "SELECT COUNT(*) FROM item"), 2);
  }

  ASSERT_TRUE(RestoreSqlite(copy, path_));

  EXPECT_EQ(ReadInt(*OpenAt(path_), "SELECT COUNT(*) FROM item"), 1);
}

TEST_F(SqliteTest, RestoreTakesOverAfterDamage) {
  const std::string copy = folder_->Join("copy");
  {
    const std::unique_ptr<Database> database = OpenAt(path_);
    ASSERT_TRUE(Insert(*database, 1));
    ASSERT_TRUE(database->Backup(copy));
  }
  ASSERT_TRUE(platform::WriteTextFile(path_, std::string(9000, 'x')));
  ASSERT_TRUE(platform::WriteTextFile(path_ + "-wal", "left over"));

  ASSERT_TRUE(RestoreSqlite(copy, path_));

  EXPECT_EQ(ReadInt(*OpenAt(path_), "SELECT SUM(id) FROM item"), 1);
}

TEST_F(SqliteTest, RestoreRefusesWhatIsNoBackup) {
  {
    ASSERT_TRUE(Insert(*OpenAt(path_), 1));
  }
  const std::string text = folder_->Join("text");
  const std::string foreign = folder_->Join("foreign");
  ASSERT_TRUE(platform::WriteTextFile(text, std::string(9000, 'x')));
  {
    const auto opened = Database::Open("sqlite:" + foreign);
    ASSERT_TRUE(opened);
    ASSERT_TRUE(RunStatement(**opened, "CREATE TABLE other (id BIGINT)"));
  }

  EXPECT_EQ(RestoreSqlite(text, path_).error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(RestoreSqlite(foreign, path_).error().code(),
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(RestoreSqlite(folder_->Join("none"), path_).error().code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(ReadInt(*OpenAt(path_), "SELECT COUNT(*) FROM item"), 1);
  std::string left;
  platform::VisitFiles(folder_->path(), [&](std::string_view name) {
    if (name.find("partial") != std::string_view::npos) left += name;
  });
  EXPECT_EQ(left, "");
}

}  // namespace
}  // namespace skerry::cloud
