#include "skerry/cloud/sagemaker/sql.h"

#include <utility>

namespace skerry::cloud {
namespace {

template <class Run>
ApiResult<void> RunSql(const SqlBody& body, Run run) {
  std::optional<ApiError> refusal;
  const Result<void> done = run([&](Transaction& transaction) -> Result<void> {
    refusal.reset();
    Sql sql(transaction);
    ApiResult<void> outcome = body(sql);
    if (outcome) return {};
    refusal = std::move(outcome).error();
    if (sql.fault()) return *sql.fault();
    return FailedPrecondition("the request was refused");
  });
  if (done) return {};
  if (refusal) return std::unexpected(*std::move(refusal));
  return std::unexpected(InternalApiError(done.error()));
}

}  // namespace

ApiError Sql::Keep(const Error& error) {
  if (!fault_) fault_ = error;
  return InternalApiError(error);
}

ApiResult<std::vector<SqlRow>> Sql::Query(
    std::string_view sql, std::span<const SqlValue> parameters) {
  Result<std::vector<SqlRow>> rows = transaction_.Query(sql, parameters);
  if (!rows) return std::unexpected(Keep(std::move(rows).error()));
  return *std::move(rows);
}

ApiResult<std::int64_t> Sql::Execute(std::string_view sql,
                                     std::span<const SqlValue> parameters) {
  Result<std::int64_t> count = transaction_.Execute(sql, parameters);
  if (!count) return std::unexpected(Keep(std::move(count).error()));
  return *count;
}

ApiResult<std::optional<SqlRow>> Sql::First(
    std::string_view sql, std::initializer_list<SqlValue> parameters) {
  SKERRY_API_ASSIGN_OR_RETURN(std::vector<SqlRow> rows, Query(sql, parameters));
  if (rows.empty()) return std::optional<SqlRow>();
  return std::optional<SqlRow>(std::move(rows.front()));
}

ApiResult<void> ReadSql(Database& database, const SqlBody& body) {
  return RunSql(body,
                [&](const Database::Body& run) { return database.Read(run); });
}

ApiResult<void> WriteSql(Database& database, const SqlBody& body) {
  return RunSql(body,
                [&](const Database::Body& run) { return database.Write(run); });
}

}  // namespace skerry::cloud
