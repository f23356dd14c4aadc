#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "skerry/cloud/api/api_error.h"
#include "skerry/cloud/database/database.h"

#define SKERRY_API_CONCAT_INNER(a, b) a##b
#define SKERRY_API_CONCAT(a, b) SKERRY_API_CONCAT_INNER(a, b)

/// Returns from the calling function if `expression` holds an `ApiError`.
#define SKERRY_API_RETURN_IF_ERROR(expression)                \
  if (auto skerry_status = (expression); !skerry_status) {    \
    return std::unexpected(std::move(skerry_status).error()); \
  }                                                           \
  static_assert(true)

/// Declares `declaration` from the value of `expression`, or returns its
/// `ApiError`.
#define SKERRY_API_ASSIGN_OR_RETURN(declaration, expression) \
  SKERRY_API_ASSIGN_OR_RETURN_INNER(                         \
      SKERRY_API_CONCAT(skerry_result_, __LINE__), declaration, expression)
#define SKERRY_API_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                              \
  if (!result) return std::unexpected(std::move(result).error());          \
  declaration = *std::move(result)

namespace skerry::cloud {

/// A transaction whose faults are errors of the API. It keeps the first fault
/// of the database, which `ReadSql` and `WriteSql` hand back to it.
///
/// Thread safety: thread-compatible.
class Sql {
 public:
  explicit Sql(Transaction& transaction) : transaction_(transaction) {}

  ApiResult<std::vector<SqlRow>> Query(std::string_view sql,
                                       std::span<const SqlValue> parameters);
  ApiResult<std::vector<SqlRow>> Query(
      std::string_view sql, std::initializer_list<SqlValue> parameters) {
    return Query(sql, std::span(parameters.begin(), parameters.size()));
  }
  ApiResult<std::int64_t> Execute(std::string_view sql,
                                  std::span<const SqlValue> parameters);
  ApiResult<std::int64_t> Execute(std::string_view sql,
                                  std::initializer_list<SqlValue> parameters) {
    return Execute(sql, std::span(parameters.begin(), parameters.size()));
  }

  /// The first row; none.
  ApiResult<std::optional<SqlRow>> First(
      std::string_view sql, std::initializer_list<SqlValue> parameters);

  /// What an error of another user of the transaction is to the client.
  ApiError Keep(const Error& error);

  Transaction& transaction() { return transaction_; }
  const std::optional<Error>& fault() const { return fault_; }

 private:
  Transaction& transaction_;
  std::optional<Error> fault_;
};

using SqlBody = std::function<ApiResult<void>(Sql&)>;

/// `Database::Read` and `Database::Write`. An error of `body` rolls back, and
/// is returned. `body` may run again.
ApiResult<void> ReadSql(Database& database, const SqlBody& body);
ApiResult<void> WriteSql(Database& database, const SqlBody& body);

}  // namespace skerry::cloud
