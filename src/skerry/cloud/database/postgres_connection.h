#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "skerry/cloud/database/database.h"
#include "skerry/cloud/database/libpq.h"

namespace skerry::cloud {

/// What came of a statement that did not succeed.
enum class PostgresTrouble : std::uint8_t {
  kNone,
  kRetry,  ///< a conflict with another transaction (40001, 40P01)
  kLost,   ///< the connection is gone
};

/// One connection to PostgreSQL, with the statements it has prepared.
///
/// Thread safety: thread-compatible.
class PostgresConnection {
 public:
  /// Statements that are kept; the one used longest ago goes first.
  static constexpr std::size_t kStatementsMax = 256;

  /// `url` has been checked. kUnavailable, without its password.
  static Result<std::unique_ptr<PostgresConnection>> Open(
      const Libpq& pq, const std::string& url);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection();

  /// As `Transaction` has them.
  Result<std::vector<SqlRow>> Query(std::string_view sql,
                                    std::span<const SqlValue> parameters);
  Result<std::int64_t> Execute(std::string_view sql,
                               std::span<const SqlValue> parameters);

  /// A statement without parameters and rows, not prepared: BEGIN.
  Result<void> Run(const char* sql);

  /// What stood in the way of the last call that failed since `Clear`.
  PostgresTrouble trouble() const { return trouble_; }
  void Clear() { trouble_ = PostgresTrouble::kNone; }

  /// Whether another transaction can begin here.
  bool idle() const;

 private:
  struct Free {
    const Libpq* pq;
    void operator()(PGresult* result) const { pq->clear(result); }
  };
  using Answer = std::unique_ptr<PGresult, Free>;
  struct Statement {
    std::string key;   // types and text
    std::string name;  // of the server's
  };
  using Entries = std::list<Statement>;  // the one used last is first

  PostgresConnection(const Libpq& pq, PGconn* connection)
      : pq_(pq), connection_(connection) {}

  Answer Own(PGresult* result) const { return {result, Free{&pq_}}; }
  Result<std::string> Prepare(std::string_view sql,
                              std::span<const SqlValue> parameters);
  Result<Answer> Ask(std::string_view sql,
                     std::span<const SqlValue> parameters);
  Result<SqlValue> ReadValue(PGresult* answer, int row, int column) const;
  /// Nothing if `answer` is a success.
  Result<void> Check(PGresult* answer, std::string_view what);

  const Libpq& pq_;
  PGconn* const connection_;
  PostgresTrouble trouble_ = PostgresTrouble::kNone;
  std::uint64_t next_name_ = 0;
  Entries statements_;
  std::unordered_map<std::string_view, Entries::iterator> by_key_;
};

}  // namespace skerry::cloud
