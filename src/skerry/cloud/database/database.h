#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// NULL, INTEGER/BIGINT, or TEXT. Truth values are 0 and 1, times are
/// microseconds since 1970 (UTC), JSON and digests (hexadecimal) are text.
using SqlValue = std::variant<std::monostate, std::int64_t, std::string>;
using SqlRow = std::vector<SqlValue>;

/// The value as what it should be; NULL is 0 or "".
std::int64_t IntOf(const SqlValue& value);
const std::string& TextOf(const SqlValue& value);

/// A transaction that is under way.
///
/// SQL is the subset that SQLite, PostgreSQL and YugabyteDB share: parameters
/// $1, $2, ...; TEXT and BIGINT columns; keys made by the program (UUIDv7);
/// INSERT ... ON CONFLICT; no serials, no LISTEN, no advisory locks. The
/// README has the details. Text is UTF-8 without zero bytes, and sorts and
/// compares by its bytes.
///
/// A statement's error ends the transaction, as PostgreSQL has it: further
/// statements fail, and all is rolled back, even if the body returns no error
/// (`Write` then returns the statement's). Where a row may be there already,
/// use ON CONFLICT DO NOTHING and look at the count.
///
/// Thread safety: thread-compatible.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// The rows that `sql` gives. Errors: kAlreadyExists for a broken UNIQUE or
  /// PRIMARY KEY, kFailedPrecondition for another broken constraint,
  /// kResourceExhausted (disk full), kUnavailable (database gone), kDataLoss
  /// (a broken file), kInvalidArgument (text that is no UTF-8), kInternal. The
  /// message tells what the statement does, and nothing of its data.
  virtual Result<std::vector<SqlRow>> Query(
      std::string_view sql, std::span<const SqlValue> parameters) = 0;

  /// How many rows `sql` changed. Errors: as `Query`.
  virtual Result<std::int64_t> Execute(
      std::string_view sql, std::span<const SqlValue> parameters) = 0;

  /// " FOR UPDATE SKIP LOCKED" where the engine has it, or "": what a query
  /// ends with that takes work from a queue.
  virtual std::string_view skip_locked() const = 0;
};

/// A step of a schema's life. Steps are never changed once released.
struct Migration {
  std::string_view name;  ///< "objects/1"
  std::vector<std::string_view> statements;
};

/// What a database has done since it was opened.
struct DatabaseCounters {
  std::uint64_t writes = 0;   ///< calls of `Write` that have ended
  std::uint64_t commits = 0;  ///< of transactions that wrote: flushes to disk
  std::uint64_t retries = 0;  ///< transactions that had to run again
  std::uint64_t reads = 0;    ///< calls of `Read` that have ended
};

/// The metadata of a control plane.
///
/// Thread safety: thread-safe; may block.
class Database {
 public:
  using Body = std::function<Result<void>(Transaction&)>;

  /// `url`: "sqlite:PATH" or "postgresql://USER:PASSWORD@HOST:PORT/NAME".
  ///
  /// Errors: kInvalidArgument for another URL; kNotFound, kPermissionDenied,
  /// kDataLoss for a file; kUnavailable if the server cannot be reached;
  /// kFailedPrecondition if it lacks what we need. None holds the password.
  static Result<std::unique_ptr<Database>> Open(const std::string& url);

  virtual ~Database() = default;

  /// Applies those of `migrations` that the database has not seen, in order,
  /// each in a transaction; programs that start together do not collide.
  ///
  /// Errors: kFailedPrecondition if a step was changed after it was applied,
  /// or if a newer program has been here: the database has seen a step of one
  /// of these modules (what is before the '/') that is not among them.
  virtual Result<void> Migrate(std::span<const Migration> migrations) = 0;

  /// Runs `body` on one consistent state; it changes nothing.
  virtual Result<void> Read(const Body& body) = 0;

  /// Runs `body` in a transaction that is on the disk when this returns, or
  /// rolled back if `body` returned an error. Concurrent calls share a commit.
  /// `body` may run again (serialisation failures), so it must not have other
  /// effects. It must not call the database itself.
  virtual Result<void> Write(const Body& body) = 0;

  /// Writes a consistent copy to the new file `path` while others go on, and
  /// flushes it to the disk. kAlreadyExists if there is such a file;
  /// kUnimplemented for PostgreSQL, which has pg_dump.
  virtual Result<void> Backup(const std::string& path) = 0;

  virtual DatabaseCounters counters() const = 0;
};

/// Makes the SQLite file `to` hold what the backup `from` holds. `from` is
/// checked first, wholly; `to` is replaced at once or stays as it was.
///
/// Errors: kNotFound; kDataLoss if `from` is broken or no SQLite file;
/// kFailedPrecondition if it is no database of ours, or `to` is in use.
Result<void> RestoreSqlite(const std::string& from, const std::string& to);

/// A key for a row: UUIDv7, so that later ones sort after earlier ones.
std::string NewRowId();

/// Now, in microseconds since 1970.
std::int64_t NowMicros();

}  // namespace skerry::cloud
