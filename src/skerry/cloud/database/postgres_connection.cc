#include "skerry/cloud/database/postgres_connection.h"

#include <array>
#include <charconv>
#include <system_error>

#include "skerry/cloud/database/statement.h"

namespace skerry::cloud {
namespace {

// Types as the server numbers them (pg_type.dat).
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kNumeric = 1700;

Oid TypeOf(const SqlValue& value) {
  if (std::holds_alternative<std::int64_t>(value)) return kInt8;
  if (std::holds_alternative<std::string>(value)) return kText;
  return 0;  // NULL: of whatever type is wanted
}

bool IsNumber(Oid type) {
  return type == kInt8 || type == kInt4 || type == kInt2 || type == kNumeric;
}

ErrorCode CodeOf(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  if (state == "23505") return ErrorCode::kAlreadyExists;
  // Two sessions that make one table at the same moment.
  if (state == "42P07" || state == "42710") return ErrorCode::kAlreadyExists;
  if (kind == "23") return ErrorCode::kFailedPrecondition;
  if (state == "22021") return ErrorCode::kInvalidArgument;
  if (state == "53100" || state == "53200") {
    return ErrorCode::kResourceExhausted;  // disk full, no memory
  }
  if (state == "08P01") return ErrorCode::kInternal;  // our own fault
  // Connections, resources, shutdown, conflicts, and waits that took too long.
  if (kind == "08" || kind == "53" || kind == "57" || kind == "40" ||
      state == "55P03" || state == "25P03") {
    return ErrorCode::kUnavailable;
  }
  if (kind == "XX" && state != "XX000") return ErrorCode::kDataLoss;
  if (kind == "58") return ErrorCode::kUnavailable;
  return ErrorCode::kInternal;
}

// The server's words may quote values, as in 'invalid input syntax for type
// bigint: "..."'; of errors in the data only the state is told.
bool MayQuoteData(std::string_view state) {
  return state.starts_with("22") || state.starts_with("P0");
}

void IgnoreNotice(void* /*argument*/, const char* /*message*/) {}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const Libpq& pq, const std::string& url) {
  // What is told is on the disk of the server whatever its own settings are;
  // a server that is gone is noticed, and what it held is let go.
  const std::array<const char*, 11> keywords = {"dbname",
                                                "connect_timeout",
                                                "keepalives_idle",
                                                "keepalives_count",
                                                "keepalives_interval",
                                                "tcp_user_timeout",
                                                "client_encoding",
                                                "application_name",
                                                "options",
                                                "fallback_application_name",
                                                nullptr};
  const std::array<const char*, 11> values = {
      url.c_str(),
      "5",
      "10",
      "3",
      "5",
      "20000",
      "UTF8",
      "skerry-cloud",
      "-c synchronous_commit=on -c statement_timeout=60000 "
      "-c lock_timeout=20000 -c idle_in_transaction_session_timeout=60000",
      "skerry-cloud",
      nullptr};
  PGconn* const handle = pq.connect(keywords.data(), values.data(), 1);
  if (handle == nullptr) return ResourceExhausted("no memory for libpq");
  // Private, so no make_unique.
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(pq, handle));
  pq.set_notice_processor(handle, IgnoreNotice, nullptr);
  if (pq.status(handle) != CONNECTION_OK) {
    std::string message = pq.error_message(handle);
    while (message.ends_with('\n')) message.pop_back();
    return Unavailable("PostgreSQL: " + message);
  }
  return connection;
}

PostgresConnection::~PostgresConnection() { pq_.finish(connection_); }

bool PostgresConnection::idle() const {
  return pq_.status(connection_) == CONNECTION_OK &&
         pq_.transaction_status(connection_) == PQTRANS_IDLE;
}

Result<void> PostgresConnection::Check(PGresult* answer,
                                       std::string_view what) {
  const ExecStatusType status = pq_.result_status(answer);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  const auto field = [&](int number) {
    const char* const text =
        answer == nullptr ? nullptr : pq_.error_field(answer, number);
    return std::string(text == nullptr ? "" : text);
  };
  const std::string state = field(PG_DIAG_SQLSTATE);
  const bool lost = pq_.status(connection_) != CONNECTION_OK;
  if (lost || state.empty()) {
    trouble_ = PostgresTrouble::kLost;
    return Unavailable(std::string(what) +
                       ": the connection to PostgreSQL is lost");
  }
  if (state == "40001" || state == "40P01") {
    trouble_ = PostgresTrouble::kRetry;
  }
  std::string message(what);
  message += ": ";
  message += MayQuoteData(state) ? "bad data" : field(PG_DIAG_MESSAGE_PRIMARY);
  return Error(CodeOf(state), message + " (" + state + ")");
}

Result<void> PostgresConnection::Run(const char* sql) {
  const Answer answer = Own(pq_.exec(connection_, sql));
  return Check(answer.get(), StatementPurpose(sql));
}

// The name of the prepared statement.
Result<std::string> PostgresConnection::Prepare(
    std::string_view sql, std::span<const SqlValue> parameters) {
  std::string key;
  std::vector<Oid> types;
  for (const SqlValue& value : parameters) {
    types.push_back(TypeOf(value));
    key += static_cast<char>('0' + value.index());
  }
  (key += ':') += sql;
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    statements_.splice(statements_.begin(), statements_, known->second);
    return statements_.front().name;
  }
  // The server takes more than it needs.
  if (ParameterCount(sql) != parameters.size()) {
    return Internal(StatementPurpose(sql) + ": wants " +
                    std::to_string(ParameterCount(sql)) + " parameters, got " +
                    std::to_string(parameters.size()));
  }
  if (statements_.size() == kStatementsMax) {
    SKERRY_RETURN_IF_ERROR(
        Run(("DEALLOCATE " + statements_.back().name).c_str()));
    by_key_.erase(statements_.back().key);
    statements_.pop_back();
  }
  std::string name = "s" + std::to_string(next_name_++);
  const Answer answer =
      Own(pq_.prepare(connection_, name.c_str(), std::string(sql).c_str(),
                      static_cast<int>(types.size()), types.data()));
  SKERRY_RETURN_IF_ERROR(Check(answer.get(), StatementPurpose(sql)));
  statements_.push_front({std::move(key), name});
  by_key_[statements_.front().key] = statements_.begin();
  return name;
}

Result<PostgresConnection::Answer> PostgresConnection::Ask(
    std::string_view sql, std::span<const SqlValue> parameters) {
  SKERRY_RETURN_IF_ERROR(CheckParameters(sql, parameters));
  SKERRY_ASSIGN_OR_RETURN(const std::string name, Prepare(sql, parameters));
  std::vector<std::string> numbers;
  numbers.reserve(parameters.size());  // they are pointed into
  std::vector<const char*> values;
  for (const SqlValue& value : parameters) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      values.push_back(numbers.emplace_back(std::to_string(*number)).c_str());
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      values.push_back(text->c_str());
    } else {
      values.push_back(nullptr);
    }
  }
  Answer answer = Own(pq_.exec_prepared(connection_, name.c_str(),
                                        static_cast<int>(values.size()),
                                        values.data(), nullptr, nullptr, 0));
  SKERRY_RETURN_IF_ERROR(Check(answer.get(), StatementPurpose(sql)));
  return answer;
}

Result<SqlValue> PostgresConnection::ReadValue(PGresult* answer, int row,
                                               int column) const {
  if (pq_.is_null(answer, row, column) != 0) return SqlValue();
  const std::string_view text(
      pq_.value(answer, row, column),
      static_cast<std::size_t>(pq_.value_bytes(answer, row, column)));
  const Oid type = pq_.column_type(answer, column);
  if (type == kBool) return SqlValue(std::int64_t{text == "t" ? 1 : 0});
  if (!IsNumber(type)) return SqlValue(std::string(text));
  std::int64_t number = 0;
  const auto [end, fault] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) {
    return Internal("column " + std::to_string(column + 1) +
                    " is no integer of 64 bits");
  }
  return SqlValue(number);
}

Result<std::vector<SqlRow>> PostgresConnection::Query(
    std::string_view sql, std::span<const SqlValue> parameters) {
  SKERRY_ASSIGN_OR_RETURN(const Answer answer, Ask(sql, parameters));
  const int row_count = pq_.row_count(answer.get());
  const int column_count = pq_.column_count(answer.get());
  std::vector<SqlRow> rows(static_cast<std::size_t>(row_count));
  for (int row = 0; row < row_count; ++row) {
    SqlRow& values = rows[static_cast<std::size_t>(row)];
    values.reserve(static_cast<std::size_t>(column_count));
    for (int column = 0; column < column_count; ++column) {
      auto value = ReadValue(answer.get(), row, column);
      if (!value) return value.error().WithContext(StatementPurpose(sql));
      values.push_back(std::move(*value));
    }
  }
  return rows;
}

Result<std::int64_t> PostgresConnection::Execute(
    std::string_view sql, std::span<const SqlValue> parameters) {
  SKERRY_ASSIGN_OR_RETURN(const Answer answer, Ask(sql, parameters));
  const std::string_view digits = pq_.changed_rows(answer.get());
  std::int64_t count = 0;  // stays so for CREATE TABLE
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return count;
}

}  // namespace skerry::cloud
