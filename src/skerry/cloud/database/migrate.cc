#include "skerry/cloud/database/migrate.h"

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "skerry/aws/digest.h"

namespace skerry::cloud {
namespace {

std::string_view ModuleOf(std::string_view name) {
  return name.substr(0, name.find('/'));
}

std::string DigestOf(const Migration& migration) {
  std::string text;
  for (const std::string_view statement : migration.statements) {
    (text += statement) += ';';
  }
  return aws::Hex(aws::Sha256(text));
}

Result<void> RunAll(Transaction& transaction,
                    std::span<const std::string_view> statements) {
  for (const std::string_view statement : statements) {
    SKERRY_RETURN_IF_ERROR(transaction.Execute(statement, {}));
  }
  return {};
}

// Two programs that make the tables at the same moment may collide in
// PostgreSQL's own catalogue in spite of IF NOT EXISTS; once one has made
// them, the other finds them.
Result<void> MakeTables(Database& database) {
  constexpr int kTriesMax = 5;
  static constexpr std::array<std::string_view, 3> kStatements = {
      "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, "
      "digest TEXT NOT NULL, applied BIGINT NOT NULL)",
      "CREATE TABLE IF NOT EXISTS schema_lock (id BIGINT PRIMARY KEY, "
      "turn BIGINT NOT NULL)",
      "INSERT INTO schema_lock (id, turn) VALUES (1, 0) "
      "ON CONFLICT (id) DO NOTHING"};
  Result<void> made;
  for (int i = 0; i < kTriesMax; ++i) {
    made = database.Write([](Transaction& transaction) {
      return RunAll(transaction, kStatements);
    });
    if (made || made.error().code() != ErrorCode::kAlreadyExists) break;
  }
  return made;
}

using Digests = std::map<std::string, std::string>;  // by migration

Result<Digests> ReadSeen(Transaction& transaction) {
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      transaction.Query(
          "SELECT name, digest FROM schema_migrations ORDER BY name", {}));
  Digests seen;
  for (const SqlRow& row : rows) seen[TextOf(row[0])] = TextOf(row[1]);
  return seen;
}

// A program may be older than the database: then it must not touch it.
Result<void> CheckNoneIsUnknown(const Digests& seen,
                                std::span<const Migration> migrations) {
  std::set<std::string_view> modules;
  std::set<std::string_view> names;
  for (const Migration& migration : migrations) {
    modules.insert(ModuleOf(migration.name));
    names.insert(migration.name);
  }
  for (const auto& [name, digest] : seen) {
    if (modules.contains(ModuleOf(name)) && !names.contains(name)) {
      return FailedPrecondition(
          "the database has migration '" + name +
          "', which this program does not know: a newer version has used it; "
          "run that version, or restore a backup");
    }
  }
  return {};
}

Result<void> Apply(Transaction& transaction, const Migration& migration) {
  const std::string digest = DigestOf(migration);
  const std::string name(migration.name);
  SKERRY_RETURN_IF_ERROR(transaction.Execute(
      "UPDATE schema_lock SET turn = turn + 1 WHERE id = 1", {}));
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      transaction.Query("SELECT digest FROM schema_migrations WHERE name = $1",
                        std::vector<SqlValue>{name}));
  if (!rows.empty()) {
    if (TextOf(rows[0][0]) == digest) return {};
    return FailedPrecondition("migration '" + name +
                              "' is not the one that the database has seen");
  }
  SKERRY_RETURN_IF_ERROR(RunAll(transaction, migration.statements));
  SKERRY_RETURN_IF_ERROR(transaction.Execute(
      "INSERT INTO schema_migrations (name, digest, applied) "
      "VALUES ($1, $2, $3)",
      std::vector<SqlValue>{name, digest, NowMicros()}));
  return {};
}

}  // namespace

Result<void> ApplyMigrations(Database& database,
                             std::span<const Migration> migrations) {
  SKERRY_RETURN_IF_ERROR(MakeTables(database));
  Digests seen;
  SKERRY_RETURN_IF_ERROR(
      database.Read([&](Transaction& transaction) -> Result<void> {
        SKERRY_ASSIGN_OR_RETURN(seen, ReadSeen(transaction));
        return CheckNoneIsUnknown(seen, migrations);
      }));
  for (const Migration& migration : migrations) {
    const auto entry = seen.find(std::string(migration.name));
    if (entry != seen.end() && entry->second == DigestOf(migration)) continue;
    const Result<void> applied = database.Write([&](Transaction& transaction) {
      return Apply(transaction, migration);
    });
    if (!applied) {
      return applied.error().WithContext("migration '" +
                                         std::string(migration.name) + "'");
    }
  }
  return {};
}

}  // namespace skerry::cloud
