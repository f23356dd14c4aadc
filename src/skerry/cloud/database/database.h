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
/// INSERT ... ON CONFLICT; no serials, no LISTEN, no advisory locks.
///
/// Thread safety: thread-compatible.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// The rows that `sql` gives. Errors: kAlreadyExists for a broken UNIQUE or
  /// PRIMARY KEY, kFailedPrecondition for another broken constraint,
  /// kResourceExhausted (disk full), kUnavailable (database gone), kInternal.
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

/// The metadata of a control plane.
///
/// Thread safety: thread-safe; may block.
class Database {
 public:
  using Body = std::function<Result<void>(Transaction&)>;

  /// `url`: "sqlite:PATH" or "postgresql://USER:PASSWORD@HOST:PORT/NAME".
  static Result<std::unique_ptr<Database>> Open(const std::string& url);

  virtual ~Database() = default;

  /// Applies those of `migrations` that the database has not seen, in order,
  /// each in a transaction; programs that start together do not collide.
  virtual Result<void> Migrate(std::span<const Migration> migrations) = 0;

  /// Runs `body` on one consistent state; it changes nothing.
  virtual Result<void> Read(const Body& body) = 0;

  /// Runs `body` in a transaction that is on the disk when this returns, or
  /// rolled back if `body` returned an error. Concurrent calls share a commit.
  /// `body` may run again (serialisation failures), so it must not have other
  /// effects. It must not call the database itself.
  virtual Result<void> Write(const Body& body) = 0;

  /// Writes a consistent copy to the new file `path` while others go on.
  /// kUnimplemented for PostgreSQL, which has pg_dump.
  virtual Result<void> Backup(const std::string& path) = 0;
};

/// A key for a row: UUIDv7, so that later ones sort after earlier ones.
std::string NewRowId();

/// Now, in microseconds since 1970.
std::int64_t NowMicros();

}  // namespace skerry::cloud
