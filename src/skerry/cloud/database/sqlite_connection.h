#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "skerry/cloud/database/database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace skerry::cloud {

/// How a file is opened. All but `kCreate` want it to be there.
enum class SqliteMode : std::uint8_t { kRead, kWrite, kCreate };

/// One connection to a SQLite file, with the statements it has prepared.
///
/// Thread safety: thread-compatible.
class SqliteConnection {
 public:
  /// Statements that are kept; the one used longest ago goes first.
  static constexpr std::size_t kStatementsMax = 256;

  static Result<std::unique_ptr<SqliteConnection>> Open(const std::string& path,
                                                        SqliteMode mode);
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection();

  /// As `Transaction` has them; an error does not end the transaction here.
  Result<std::vector<SqlRow>> Query(std::string_view sql,
                                    std::span<const SqlValue> parameters);
  Result<std::int64_t> Execute(std::string_view sql,
                               std::span<const SqlValue> parameters);

  /// A statement whose rows do not matter: BEGIN, a PRAGMA.
  Result<void> Run(std::string_view sql);

  /// Whether a transaction is open: SQLite ends it by itself on some errors.
  bool in_transaction() const;
  /// Whether the open transaction has changed anything.
  bool has_written() const;

  sqlite3* handle() const { return database_; }

  /// What `code` stands for, with the connection's words.
  Error MakeError(int code, std::string_view what) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Statement {
    std::string sql;
    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    std::vector<std::size_t> order;  // the value of each parameter
  };
  using Entries = std::list<Statement>;  // the one used last is first

  explicit SqliteConnection(sqlite3* database) : database_(database) {}

  Result<Statement*> Prepare(std::string_view sql);
  Result<Statement*> Bind(std::string_view sql,
                          std::span<const SqlValue> parameters);

  sqlite3* database_;
  Entries statements_;
  std::unordered_map<std::string_view, Entries::iterator> by_text_;
};

}  // namespace skerry::cloud
