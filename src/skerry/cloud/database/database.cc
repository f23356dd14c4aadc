#include "skerry/cloud/database/database.h"

#include "skerry/cloud/database/postgres_database.h"
#include "skerry/cloud/database/sqlite_database.h"

namespace skerry::cloud {

Result<std::unique_ptr<Database>> Database::Open(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    return OpenSqlite(url.substr(kSqlite.size()));
  }
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return OpenPostgres(url);
  }
  // Not quoted: there may be a password in it.
  return InvalidArgument(
      "database URL: want 'sqlite:PATH' or "
      "'postgresql://USER:PASSWORD@HOST:PORT/NAME'");
}

}  // namespace skerry::cloud
