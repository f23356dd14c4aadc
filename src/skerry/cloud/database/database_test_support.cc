#include "skerry/cloud/database/database_test_support.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <utility>

#include "skerry/base/check.h"
#include "skerry/platform/subprocess.h"

namespace skerry::cloud {
namespace {

const std::string kPrograms = "/usr/lib/postgresql/15/bin/";

platform::TempDirectory NewFolder() {
  Result<platform::TempDirectory> folder =
      platform::TempDirectory::Create("skerry-database-");
  SKERRY_CHECK(folder);
  return std::move(*folder);
}

void RunOrStop(const std::vector<std::string>& arguments) {
  const auto result = platform::RunCommand({.arguments = arguments});
  if (!result || result->exit_code != 0) {
    ADD_FAILURE() << arguments.back() << ": "
                  << (result ? result->out + result->err
                             : result.error().message());
  }
  SKERRY_CHECK(result && result->exit_code == 0);
}

}  // namespace

PostgresServer::PostgresServer() : folder_(NewFolder()) {
  if (geteuid() == 0) {
    // PostgreSQL refuses to run as root.
    const passwd* const nobody = getpwnam("nobody");
    SKERRY_CHECK(nobody != nullptr);
    SKERRY_CHECK(
        chown(folder_.path().c_str(), nobody->pw_uid, nobody->pw_gid) == 0);
    as_user_ = {"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup",
                "--clear-groups", "--"};
  }
  Run({kPrograms + "initdb", "--auth=trust", "--username=skerry",
       "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata",
       folder_.Join("data")});
  Start();
}

PostgresServer::~PostgresServer() { Stop(); }

void PostgresServer::Run(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = as_user_;
  all.insert(all.end(), arguments.begin(), arguments.end());
  RunOrStop(all);
}

void PostgresServer::Start() {
  // Reached by its socket only, so that no port can be taken.
  Run({kPrograms + "pg_ctl", "--wait", "--pgdata", folder_.Join("data"),
       "--log", folder_.Join("log"), "--options",
       "-c listen_addresses='' -c fsync=off -c max_connections=100 "
       "-c unix_socket_directories=" +
           folder_.path(),
       "start"});
  running_ = true;
}

void PostgresServer::Stop() {
  if (!running_) return;
  Run({kPrograms + "pg_ctl", "--wait", "--mode=immediate", "--pgdata",
       folder_.Join("data"), "stop"});
  running_ = false;
}

std::string PostgresServer::Url(const std::string& name) const {
  return "postgresql://skerry@/" + name + "?host=" + folder_.path();
}

std::string PostgresServer::NewDatabase(const std::string& options) {
  const std::string name = "test" + std::to_string(++database_count_);
  RunOrStop({kPrograms + "psql", "--quiet", Url("postgres"), "--command",
             "CREATE DATABASE " + name + " " + options});
  return Url(name);
}

TestDatabase::TestDatabase(const std::string& engine) : folder_(NewFolder()) {
  if (engine == "sqlite") {
    url_ = "sqlite:" + folder_.Join("test.db");
    return;
  }
  SKERRY_CHECK(engine == "postgresql");
  // One server for all tests of the program, a database for each.
  static PostgresServer server;
  url_ = server.NewDatabase();
}

std::unique_ptr<Database> TestDatabase::Open() const {
  Result<std::unique_ptr<Database>> opened = Database::Open(url_);
  if (!opened) ADD_FAILURE() << opened.error().message();
  SKERRY_CHECK(opened);
  return std::move(*opened);
}

Result<void> RunStatement(Database& database, const std::string& sql,
                          const std::vector<SqlValue>& parameters) {
  return database.Write([&](Transaction& transaction) -> Result<void> {
    SKERRY_RETURN_IF_ERROR(transaction.Execute(sql, parameters));
    return {};
  });
}

std::int64_t ReadInt(Database& database, const std::string& sql) {
  std::int64_t number = -1;
  const Result<void> read =
      database.Read([&](Transaction& transaction) -> Result<void> {
        SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                                transaction.Query(sql, {}));
        number = rows.size() == 1 ? IntOf(rows[0][0]) : -1;
        return {};
      });
  if (!read) ADD_FAILURE() << read.error().message();
  return number;
}

std::string ReadTexts(Database& database, const std::string& sql) {
  std::string texts;
  const Result<void> read =
      database.Read([&](Transaction& transaction) -> Result<void> {
        SKERRY_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                                transaction.Query(sql, {}));
        for (const SqlRow& row : rows) {
          if (!texts.empty()) texts += ',';
          texts += TextOf(row[0]);
        }
        return {};
      });
  if (!read) ADD_FAILURE() << read.error().message();
  return texts;
}

}  // namespace skerry::cloud
