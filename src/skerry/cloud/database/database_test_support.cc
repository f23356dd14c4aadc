#include "skerry/cloud/database/database_test_support.h"

#include <gtest/gtest.h>

#include "skerry/base/check.h"

namespace skerry::cloud {
namespace {

platform::TempDirectory NewFolder() {
  Result<platform::TempDirectory> folder =
      platform::TempDirectory::Create("skerry-database-");
  SKERRY_CHECK(folder);
  return std::move(*folder);
}

}  // namespace

TestDatabase::TestDatabase(const std::string& engine) : folder_(NewFolder()) {
  SKERRY_CHECK(engine == "sqlite");
  url_ = "sqlite:" + folder_.Join("test.db");
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
