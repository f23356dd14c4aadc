// What only a server can meet: it goes away, comes back, or is not as wanted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "skerry/cloud/database/database_test_support.h"

namespace skerry::cloud {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PostgresTest, AServerThatGoesIsUnavailableUntilItIsBack) {
  PostgresServer server;
  const std::string url = server.NewDatabase();
  const auto opened = Database::Open(url);
  ASSERT_TRUE(opened) << opened.error().message();
  Database& database = **opened;
  ASSERT_TRUE(RunStatement(database, "CREATE TABLE item (id BIGINT)"));

  server.Stop();
  const Result<void> gone =
      RunStatement(database, "INSERT INTO item (id) VALUES (1)");
  server.Start();
  const Result<void> back =
      RunStatement(database, "INSERT INTO item (id) VALUES (2)");

  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), ErrorCode::kUnavailable)
      << gone.error().message();
  EXPECT_TRUE(back) << back.error().message();
  EXPECT_EQ(ReadInt(database, "SELECT SUM(id) FROM item"), 2);
}

TEST(PostgresTest, AServerThatWasRestartedUnnoticedIsReachedAnew) {
  PostgresServer server;
  const auto opened = Database::Open(server.NewDatabase());
  ASSERT_TRUE(opened);
  ASSERT_TRUE(RunStatement(**opened, "CREATE TABLE item (id BIGINT)"));

  server.Stop();
  server.Start();

  EXPECT_TRUE(RunStatement(**opened, "INSERT INTO item (id) VALUES (1)"));
  EXPECT_EQ(ReadInt(**opened, "SELECT COUNT(*) FROM item"), 1);
}

TEST(PostgresTest, ADatabaseThatSortsOtherwiseIsRefused) {
  PostgresServer server;

  const auto opened = Database::Open(server.NewDatabase(
      "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"));
  const auto encoded = Database::Open(
      server.NewDatabase("TEMPLATE template0 ENCODING 'LATIN1'"));

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(opened.error().message(), HasSubstr("LC_COLLATE 'C'"));
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code(), ErrorCode::kFailedPrecondition);
}

TEST(PostgresTest, AServerThatIsNotThereIsUnavailable) {
  const auto opened = Database::Open(
      "postgresql://user:pass-word@/name?host=/nonexistent-folder");

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().message(), Not(HasSubstr("pass-word")));
}

TEST(PostgresTest, AUrlThatIsNoneIsRefusedWithoutItsPassword) {
  const auto opened = Database::Open("postgresql://u:pass-word@h:1:2/%ZZ");

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(opened.error().message(), Not(HasSubstr("pass-word")));
}

TEST(PostgresTest, BackupIsForPgDump) {
  const TestDatabase place("postgresql");

  EXPECT_EQ(place.Open()->Backup("copy").error().code(),
            ErrorCode::kUnimplemented);
}

// More callers than connections, and more statements than are kept.
TEST(PostgresTest, CallersWaitForAConnection) {
  const TestDatabase place("postgresql");
  const std::unique_ptr<Database> database = place.Open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 30; ++round) {
        const std::int64_t number = i * 1000 + round;
        EXPECT_EQ(ReadInt(*database, "SELECT " + std::to_string(number)),
                  number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_GE(database->counters().reads, 24U * 30U);
}

TEST(PostgresTest, StatementsThatAreNotKeptArePreparedAgain) {
  const TestDatabase place("postgresql");
  const std::unique_ptr<Database> database = place.Open();

  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(ReadInt(*database, "SELECT " + std::to_string(i)), i);
    }
  }
}

}  // namespace
}  // namespace skerry::cloud
