#pragma once

#include <optional>
#include <utility>

#include "skerry/cloud/database/database.h"

namespace skerry::cloud {

/// The transaction that a body sees, over a connection of either engine: it is
/// over after the first error.
///
/// Thread safety: thread-compatible.
template <class Connection>
class BodyTransaction final : public Transaction {
 public:
  BodyTransaction(Connection& connection, std::string_view skip_locked)
      : connection_(connection), skip_locked_(skip_locked) {}

  Result<std::vector<SqlRow>> Query(
      std::string_view sql, std::span<const SqlValue> parameters) override {
    if (error_) return Over();
    return Keep(connection_.Query(sql, parameters));
  }

  Result<std::int64_t> Execute(std::string_view sql,
                               std::span<const SqlValue> parameters) override {
    if (error_) return Over();
    return Keep(connection_.Execute(sql, parameters));
  }

  std::string_view skip_locked() const override { return skip_locked_; }

  /// Of the statement that ended the transaction.
  const std::optional<Error>& error() const { return error_; }

 private:
  Error Over() const { return error_->WithContext("the transaction is over"); }

  template <class T>
  Result<T> Keep(Result<T> result) {
    if (!result) error_ = result.error();
    return result;
  }

  Connection& connection_;
  std::string_view skip_locked_;
  std::optional<Error> error_;
};

/// Whether this thread runs a body: a call of the database from there would
/// wait for itself.
bool InBody();

/// The error of such a call.
Error CalledFromBody();

/// Marks this thread while it lives.
class BodyMark {
 public:
  BodyMark();
  BodyMark(const BodyMark&) = delete;
  BodyMark& operator=(const BodyMark&) = delete;
  ~BodyMark();
};

/// Runs `body`; a statement's error is the outcome even if the body returns
/// none.
template <class Connection>
Result<void> RunBody(const Database::Body& body, Connection& connection,
                     std::string_view skip_locked) {
  const BodyMark mark;
  BodyTransaction<Connection> transaction(connection, skip_locked);
  Result<void> result = body(transaction);
  if (result && transaction.error()) return *transaction.error();
  return result;
}

}  // namespace skerry::cloud
