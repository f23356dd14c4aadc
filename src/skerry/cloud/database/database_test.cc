#include "skerry/cloud/database/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <limits>
#include <set>
#include <thread>

#include "skerry/cloud/database/database_test_support.h"

namespace skerry::cloud {
namespace {

using testing::HasSubstr;
using testing::Not;

// What both engines must do alike.
class DatabaseTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RunStatement(*database_,
                             "CREATE TABLE item (id TEXT PRIMARY KEY, "
                             "number BIGINT NOT NULL UNIQUE, note TEXT, "
                             "CHECK (number < 1000000))"));
    ASSERT_TRUE(RunStatement(*database_,
                             "CREATE TABLE part (id TEXT PRIMARY KEY, "
                             "item TEXT NOT NULL REFERENCES item (id))"));
  }

  Result<void> Insert(const std::string& id, std::int64_t number) {
    return RunStatement(*database_,
                        "INSERT INTO item (id, number) VALUES ($1, $2)",
                        {id, number});
  }

  TestDatabase place_{GetParam()};
  std::unique_ptr<Database> database_ = place_.Open();
};

TEST_P(DatabaseTest, KeepsIntegersTextAndNull) {
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const std::string text = "h\xC3\xA9llo 'quoted'\n\\ $1";

  ASSERT_TRUE(RunStatement(
      *database_,
      "INSERT INTO item (note, number, id) VALUES ($3, $1, $2), ($4, 7, 'b')",
      {least, std::string("a"), text, SqlValue()}));

  std::vector<SqlRow> rows;
  ASSERT_TRUE(database_->Read([&](Transaction& transaction) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(
        rows,
        transaction.Query("SELECT id, number, note FROM item ORDER BY id", {}));
    return {};
  }));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], (SqlRow{std::string("a"), least, text}));
  EXPECT_EQ(rows[1], (SqlRow{std::string("b"), std::int64_t{7}, SqlValue()}));
}

TEST_P(DatabaseTest, AParameterMayBeUsedTwice) {
  ASSERT_TRUE(RunStatement(*database_,
                           "INSERT INTO item (id, number, note) "
                           "VALUES ($1, $2, $1)",
                           {std::string("x"), std::int64_t{1}}));

  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM item WHERE note = id"),
            1);
}

TEST_P(DatabaseTest, SumsAndCountsAreIntegers) {
  ASSERT_TRUE(Insert("a", 2));
  ASSERT_TRUE(Insert("b", 3));

  EXPECT_EQ(ReadInt(*database_, "SELECT SUM(number) FROM item"), 5);
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM item"), 2);
  EXPECT_EQ(ReadInt(*database_, "SELECT MAX(number) FROM item"), 3);
}

TEST_P(DatabaseTest, ExecuteTellsHowManyRowsChanged) {
  ASSERT_TRUE(Insert("a", 1));
  ASSERT_TRUE(Insert("b", 2));

  ASSERT_TRUE(database_->Write([&](Transaction& transaction) -> Result<void> {
    const char* const upsert =
        "INSERT INTO item (id, number) VALUES ('a', 9) "
        "ON CONFLICT (id) DO NOTHING";
    EXPECT_EQ(transaction.Execute("UPDATE item SET note = 'n'", {}), 2);
    EXPECT_EQ(transaction.Execute("DELETE FROM item WHERE id = 'none'", {}), 0);
    EXPECT_EQ(transaction.Execute(upsert, {}), 0);
    EXPECT_EQ(transaction.Execute("DELETE FROM item WHERE id = 'b'", {}), 1);
    return {};
  }));
}

TEST_P(DatabaseTest, ReturningGivesRows) {
  ASSERT_TRUE(Insert("a", 1));

  std::vector<SqlRow> rows;
  ASSERT_TRUE(database_->Write([&](Transaction& transaction) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(
        rows, transaction.Query(
                  "UPDATE item SET number = number + $1 RETURNING number",
                  std::vector<SqlValue>{std::int64_t{4}}));
    return {};
  }));

  EXPECT_EQ(rows, (std::vector<SqlRow>{{std::int64_t{5}}}));
}

TEST_P(DatabaseTest, TextSortsAndMatchesByBytes) {
  for (const char* const id : {"b", "B", "a/b", "a-b", "\xC3\xA4", "a_"}) {
    ASSERT_TRUE(Insert(
        id, static_cast<std::int64_t>(std::hash<std::string>{}(id) % 100000)));
  }

  EXPECT_EQ(ReadTexts(*database_, "SELECT id FROM item ORDER BY id"),
            "B,a-b,a/b,a_,b,\xC3\xA4");
  EXPECT_EQ(ReadTexts(*database_, "SELECT id FROM item WHERE id LIKE 'b%'"),
            "b");
  EXPECT_EQ(ReadTexts(*database_,
                      "SELECT id FROM item WHERE id > 'a/' AND id < 'a0'"),
            "a/b");
}

TEST_P(DatabaseTest, ABrokenKeyIsAlreadyExistsAndTellsNoData) {
  ASSERT_TRUE(Insert("secret-value", 1));

  const Result<void> same_id = Insert("secret-value", 2);
  const Result<void> same_number = Insert("other", 1);

  ASSERT_FALSE(same_id);
  EXPECT_EQ(same_id.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(same_id.error().message(), HasSubstr("INSERT INTO item"));
  EXPECT_THAT(same_id.error().message(), Not(HasSubstr("secret-value")));
  ASSERT_FALSE(same_number);
  EXPECT_EQ(same_number.error().code(), ErrorCode::kAlreadyExists);
}

TEST_P(DatabaseTest, OtherConstraintsAreFailedPrecondition) {
  const Result<void> check = Insert("a", 1000000);
  const Result<void> null =
      RunStatement(*database_, "INSERT INTO item (id, number) VALUES ('a', $1)",
                   {SqlValue()});
  const Result<void> foreign = RunStatement(
      *database_, "INSERT INTO part (id, item) VALUES ('p', 'nowhere')");

  for (const Result<void>& result : {check, null, foreign}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kFailedPrecondition)
        << result.error().message();
  }
}

TEST_P(DatabaseTest, TextThatIsNoUtf8IsRefused) {
  const Result<void> bad = Insert("caf\xE9", 1);
  const Result<void> zero = Insert(std::string("a\0b", 3), 1);

  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(bad.error().message(), HasSubstr("parameter $1"));
  ASSERT_FALSE(zero);
  EXPECT_EQ(zero.error().code(), ErrorCode::kInvalidArgument);
}

TEST_P(DatabaseTest, WrongStatementsAreInternalErrors) {
  const Result<void> syntax = RunStatement(*database_, "INSRT INTO item");
  const Result<void> table = RunStatement(*database_, "DELETE FROM nonesuch");
  const Result<void> parameters =
      RunStatement(*database_, "DELETE FROM item WHERE id = $1",
                   {std::string("a"), std::string("b")});

  for (const Result<void>& result : {syntax, table, parameters}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kInternal)
        << result.error().message();
  }
  EXPECT_THAT(table.error().message(), HasSubstr("DELETE FROM nonesuch"));
}

TEST_P(DatabaseTest, ABodysErrorRollsItBack) {
  const Result<void> result =
      database_->Write([&](Transaction& transaction) -> Result<void> {
        SKERRY_RETURN_IF_ERROR(transaction.Execute(
            "INSERT INTO item (id, number) VALUES ('a', 1)", {}));
        return NotFound("no such fleet");
      });

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message(), "no such fleet");
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM item"), 0);
}

TEST_P(DatabaseTest, AStatementsErrorEndsTheTransaction) {
  ASSERT_TRUE(Insert("a", 1));

  const Result<void> result =
      database_->Write([&](Transaction& transaction) -> Result<void> {
        const char* const insert =
            "INSERT INTO item (id, number) VALUES ($1, $2)";
        SKERRY_RETURN_IF_ERROR(transaction.Execute(
            insert, std::vector<SqlValue>{std::string("b"), std::int64_t{2}}));
        EXPECT_FALSE(transaction.Execute(
            insert, std::vector<SqlValue>{std::string("a"), std::int64_t{3}}));
        EXPECT_FALSE(transaction.Query("SELECT id FROM item", {}));
        return {};  // which does not help
      });

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(ReadTexts(*database_, "SELECT id FROM item"), "a");
}

TEST_P(DatabaseTest, ReadCannotChangeAnything) {
  const Result<void> result =
      database_->Read([&](Transaction& transaction) -> Result<void> {
        SKERRY_RETURN_IF_ERROR(transaction.Execute(
            "INSERT INTO item (id, number) VALUES ('a', 1)", {}));
        return {};
      });

  EXPECT_FALSE(result);
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM item"), 0);
}

TEST_P(DatabaseTest, AReadSeesOneState) {
  ASSERT_TRUE(Insert("a", 1));

  ASSERT_TRUE(database_->Read([&](Transaction& transaction) -> Result<void> {
    const char* const count = "SELECT COUNT(*) FROM item";
    SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> before,
                            transaction.Query(count, {}));
    std::thread([&] { EXPECT_TRUE(Insert("b", 2)); }).join();
    SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> after,
                            transaction.Query(count, {}));
    EXPECT_EQ(before, after);
    return {};
  }));
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM item"), 2);
}

TEST_P(DatabaseTest, ABodyThatCallsTheDatabaseIsRefused) {
  Result<void> inner;
  ASSERT_TRUE(database_->Write([&](Transaction&) -> Result<void> {
    inner = database_->Read([](Transaction&) -> Result<void> { return {}; });
    return {};
  }));

  EXPECT_FALSE(inner);
}

// Each adds to what it read: a lost update would show in the sum.
TEST_P(DatabaseTest, WritesAreSerial) {
  constexpr int kThreads = 6;
  constexpr int kRounds = 25;
  ASSERT_TRUE(Insert("sum", 0));
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;

  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        const Result<void> result =
            database_->Write([](Transaction& transaction) -> Result<void> {
              SKERRY_ASSIGN_OR_RETURN(
                  const std::vector<SqlRow> rows,
                  transaction.Query("SELECT number FROM item WHERE id = 'sum'",
                                    {}));
              SKERRY_RETURN_IF_ERROR(transaction.Execute(
                  "UPDATE item SET number = $1 WHERE id = 'sum'",
                  std::vector<SqlValue>{IntOf(rows.at(0).at(0)) + 1}));
              return {};
            });
        if (!result) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failed, 0);
  EXPECT_EQ(ReadInt(*database_, "SELECT number FROM item"), kThreads * kRounds);
  EXPECT_EQ(database_->counters().writes,
            static_cast<std::uint64_t>(kThreads * kRounds) + 3U);
}

// Two servers, three workers each, take work from one queue.
TEST_P(DatabaseTest, TwoServersTakeEachJobOnce) {
  constexpr int kJobs = 60;
  for (int i = 0; i < kJobs; ++i) {
    ASSERT_TRUE(Insert(NewRowId(), i));
  }
  const std::unique_ptr<Database> other = place_.Open();
  std::mutex mutex;
  std::multiset<std::string> taken;
  int failed = 0;
  const auto work = [&](Database& database) {
    while (true) {
      std::string id;
      const Result<void> result =
          database.Write([&](Transaction& transaction) -> Result<void> {
            id.clear();
            SKERRY_ASSIGN_OR_RETURN(
                const std::vector<SqlRow> rows,
                transaction.Query(
                    "SELECT id FROM item WHERE note IS NULL ORDER BY number "
                    "LIMIT 1" +
                        std::string(transaction.skip_locked()),
                    {}));
            if (rows.empty()) return {};
            id = TextOf(rows[0][0]);
            SKERRY_RETURN_IF_ERROR(transaction.Execute(
                "UPDATE item SET note = 'taken' WHERE id = $1", rows[0]));
            return {};
          });
      const std::scoped_lock lock(mutex);
      if (!result) ++failed;
      if (!result || id.empty()) return;
      taken.insert(id);
    }
  };

  std::vector<std::thread> workers;
  for (int i = 0; i < 6; ++i) {
    workers.emplace_back(work, std::ref(i % 2 == 0 ? *database_ : *other));
  }
  for (std::thread& worker : workers) worker.join();

  EXPECT_EQ(failed, 0);
  EXPECT_EQ(taken.size(), static_cast<std::size_t>(kJobs));
  EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(),
            static_cast<std::size_t>(kJobs));
}

const Migration kFirst = {"shop/1",
                          {"CREATE TABLE shop (id TEXT PRIMARY KEY)",
                           "INSERT INTO shop (id) VALUES ('one')"}};
constexpr const char* kAddColumn = "ALTER TABLE shop ADD COLUMN town TEXT";

TEST_P(DatabaseTest, MigrationsAreAppliedOnceAndInOrder) {
  const std::vector<Migration> first = {kFirst};
  const std::vector<Migration> both = {kFirst, {"shop/2", {kAddColumn}}};

  ASSERT_TRUE(database_->Migrate(first));
  ASSERT_TRUE(database_->Migrate(both));
  ASSERT_TRUE(database_->Migrate(both));

  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM shop"), 1);
  EXPECT_EQ(ReadTexts(*database_,
                      "SELECT name FROM schema_migrations "
                      "ORDER BY applied"),
            "shop/1,shop/2");
}

TEST_P(DatabaseTest, AFailedMigrationLeavesNothing) {
  const std::vector<Migration> wrong = {
      {"shop/1", {"CREATE TABLE shop (id TEXT PRIMARY KEY)", "nonsense"}}};

  const Result<void> result = database_->Migrate(wrong);

  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("migration 'shop/1'"));
  EXPECT_TRUE(database_->Migrate(std::vector<Migration>{kFirst}));
}

TEST_P(DatabaseTest, AChangedOrUnknownMigrationIsRefused) {
  ASSERT_TRUE(database_->Migrate(
      std::vector<Migration>{kFirst, {"shop/2", {kAddColumn}}}));

  const Result<void> changed = database_->Migrate(std::vector<Migration>{
      kFirst, {"shop/2", {"ALTER TABLE shop ADD COLUMN other TEXT"}}});
  const Result<void> older = database_->Migrate(std::vector<Migration>{kFirst});
  const Result<void> other_module = database_->Migrate(
      std::vector<Migration>{{"bank/1", {"CREATE TABLE bank (id TEXT)"}}});

  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code(), ErrorCode::kFailedPrecondition);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(older.error().message(), HasSubstr("newer version"));
  EXPECT_TRUE(other_module);
}

TEST_P(DatabaseTest, ServersThatStartTogetherDoNotCollide) {
  constexpr int kServers = 4;
  const std::vector<Migration> migrations = {kFirst, {"shop/2", {kAddColumn}}};
  std::barrier start(kServers);
  std::vector<std::thread> servers;
  std::vector<std::string> problems(kServers);

  for (std::size_t i = 0; i < kServers; ++i) {
    servers.emplace_back([&, i] {
      const std::unique_ptr<Database> database = place_.Open();
      start.arrive_and_wait();
      if (auto result = database->Migrate(migrations); !result) {
        problems[i] = result.error().message();
      }
    });
  }
  for (std::thread& server : servers) server.join();

  EXPECT_THAT(problems, testing::Each(""));
  EXPECT_EQ(ReadInt(*database_, "SELECT COUNT(*) FROM shop"), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseTest,
                         testing::Values("sqlite", "postgresql"),
                         [](const auto& parameter) { return parameter.param; });

TEST(DatabaseUrlTest, WhatIsNoDatabaseIsRefusedWithoutItsPassword) {
  for (const char* const url : {"", "sqlite:", "mysql://u:secret@h/d"}) {
    const auto opened = Database::Open(url);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(opened.error().message(), Not(HasSubstr("secret")));
  }
}

TEST(RowIdTest, IsAVersion7UuidOfNow) {
  const std::int64_t before = NowMicros() / 1000;

  const std::string id = NewRowId();

  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-"
                                        "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  const std::int64_t millis =
      std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  EXPECT_GE(millis, before);
  EXPECT_LE(millis, NowMicros() / 1000 + 10);
}

TEST(RowIdTest, LaterOnesSortAfterEarlierOnes) {
  std::vector<std::string> ids(20000);
  for (std::string& id : ids) id = NewRowId();

  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

}  // namespace
}  // namespace skerry::cloud
