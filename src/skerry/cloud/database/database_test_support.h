#pragma once

#include <memory>
#include <string>
#include <vector>

#include "skerry/cloud/database/database.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::cloud {

/// A PostgreSQL server in a temporary folder, as a user who is not root.
///
/// Thread safety: thread-compatible.
class PostgresServer {
 public:
  PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  void Start();
  /// At once, as if it had crashed.
  void Stop();

  /// The URL of a new, empty database.
  std::string NewDatabase(const std::string& options = "");

 private:
  void Run(const std::vector<std::string>& arguments);
  std::string Url(const std::string& name) const;

  platform::TempDirectory folder_;
  std::vector<std::string> as_user_;
  bool running_ = false;
  int database_count_ = 0;
};

/// A place for one test's database, of the engine "sqlite" or "postgresql".
/// PostgreSQL's server is started by the first test that needs it, and ends
/// with the test program.
///
/// Thread safety: thread-compatible.
class TestDatabase {
 public:
  explicit TestDatabase(const std::string& engine);

  /// Opens it once more: as another server does.
  std::unique_ptr<Database> Open() const;

  const std::string& url() const { return url_; }

 private:
  platform::TempDirectory folder_;
  std::string url_;
};

/// Statements in a transaction of their own.
Result<void> RunStatement(Database& database, const std::string& sql,
                          const std::vector<SqlValue>& parameters = {});
/// One integer, -1 for an error.
std::int64_t ReadInt(Database& database, const std::string& sql);
/// The texts of the first column, between commas.
std::string ReadTexts(Database& database, const std::string& sql);

}  // namespace skerry::cloud
