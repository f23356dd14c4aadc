#include "skerry/cloud/database/sqlite_connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "skerry/cloud/database/statement.h"

namespace skerry::cloud {
namespace {

// Another program that writes (an administrator's) is waited for so long.
constexpr int kBusyMillis = 10'000;

ErrorCode ConstraintCode(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return ErrorCode::kAlreadyExists;
    default:
      return ErrorCode::kFailedPrecondition;
  }
}

// SQLite says SQLITE_FULL only for ENOSPC; quotas and limits of a file's size
// are errors of writing, which at COMMIT it tells no more about.
bool IsFull(int extended, int system_error) {
  if (extended == SQLITE_IOERR_WRITE) return system_error != EIO;
  return system_error == ENOSPC || system_error == EDQUOT;
}

ErrorCode CodeOf(int extended, int system_error) {
  constexpr int kPrimary = 0xFF;
  switch (extended & kPrimary) {
    case SQLITE_CONSTRAINT:
      return ConstraintCode(extended);
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return ErrorCode::kResourceExhausted;
    case SQLITE_IOERR:
      return IsFull(extended, system_error) ? ErrorCode::kResourceExhausted
                                            : ErrorCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kDataLoss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
      return ErrorCode::kUnavailable;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::kPermissionDenied;
    default:
      return ErrorCode::kInternal;
  }
}

int OpenFlags(SqliteMode mode) {
  // No mutex: a connection is used by one thread at a time.
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case SqliteMode::kRead:
      return flags | SQLITE_OPEN_READONLY;
    case SqliteMode::kWrite:
      return flags | SQLITE_OPEN_READWRITE;
    case SqliteMode::kCreate:
      return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return flags;
}

int BindValue(sqlite3_stmt* statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    // The caller's text outlives the step.
    return sqlite3_bind_text64(statement, index, text->data(), text->size(),
                               SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, index);
}

Result<SqlRow> ReadRow(sqlite3_stmt* statement, std::string_view sql) {
  const int count = sqlite3_column_count(statement);
  SqlRow row;
  row.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_NULL:
        row.emplace_back();
        break;
      case SQLITE_INTEGER:
        row.emplace_back(sqlite3_column_int64(statement, i));
        break;
      case SQLITE_TEXT: {
        const auto* text = sqlite3_column_text(statement, i);
        const int bytes = sqlite3_column_bytes(statement, i);
        row.emplace_back(std::string(reinterpret_cast<const char*>(text),
                                     static_cast<std::size_t>(bytes)));
        break;
      }
      default:
        return Internal(StatementPurpose(sql) + ": column " +
                        std::to_string(i + 1) +
                        " is neither an integer nor text");
    }
  }
  return row;
}

// SQLite numbers parameters as they come; ours are numbered by their names.
Result<std::vector<std::size_t>> ParameterOrder(sqlite3_stmt* statement,
                                                std::string_view sql) {
  std::vector<std::size_t> order;
  const int count = sqlite3_bind_parameter_count(statement);
  for (int i = 1; i <= count; ++i) {
    const char* const name = sqlite3_bind_parameter_name(statement, i);
    const std::string_view digits = name == nullptr ? "" : name + 1;
    std::size_t number = 0;
    const auto [end, fault] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (fault != std::errc() || end != digits.data() + digits.size() ||
        number == 0 || *name != '$') {
      return Internal(StatementPurpose(sql) +
                      ": parameters must be $1, $2 and so on");
    }
    order.push_back(number - 1);
  }
  return order;
}

// Lets go of rows, locks and borrowed values when a statement has run.
class Reset {
 public:
  explicit Reset(sqlite3_stmt* statement) : statement_(statement) {}
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;
  ~Reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

void SqliteConnection::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteConnection::~SqliteConnection() {
  by_text_.clear();
  statements_.clear();
  sqlite3_close(database_);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    const std::string& path, SqliteMode mode) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, OpenFlags(mode), nullptr);
  if (handle == nullptr) return ResourceExhausted("no memory for SQLite");
  // Private, so no make_unique.
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  if (code != SQLITE_OK) {
    const int number = sqlite3_system_errno(handle);
    Error error = connection->MakeError(code, "database '" + path + "'");
    if (number == ENOENT) return NotFound(error.message());
    if (number == EACCES || number == EROFS) {
      return PermissionDenied(error.message());
    }
    return error;
  }
  sqlite3_busy_timeout(handle, kBusyMillis);
  // What PostgreSQL would not take: "text" in double quotes.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  for (const std::string_view pragma :
       {"PRAGMA foreign_keys = ON", "PRAGMA case_sensitive_like = ON",
        "PRAGMA cell_size_check = ON", "PRAGMA cache_size = -16384",
        "PRAGMA temp_store = MEMORY"}) {
    if (auto run = connection->Run(pragma); !run) {
      return run.error().WithContext("database '" + path + "'");
    }
  }
  return connection;
}

Error SqliteConnection::MakeError(int code, std::string_view what) const {
  const int number = sqlite3_system_errno(database_);
  std::string message(what);
  // Names tables, columns and constraints, never values.
  message.append(": ").append(sqlite3_errmsg(database_));
  const int primary = code & 0xFF;
  if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) && number != 0) {
    message.append(" (")
        .append(std::generic_category().message(number))
        .append(")");
  }
  return {CodeOf(code, number), std::move(message)};
}

Result<SqliteConnection::Statement*> SqliteConnection::Prepare(
    std::string_view sql) {
  if (const auto known = by_text_.find(sql); known != by_text_.end()) {
    statements_.splice(statements_.begin(), statements_, known->second);
    return &statements_.front();
  }
  Statement statement;
  statement.sql = sql;
  sqlite3_stmt* handle = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(
      database_, statement.sql.data(), static_cast<int>(statement.sql.size()),
      SQLITE_PREPARE_PERSISTENT, &handle, &tail);
  statement.handle.reset(handle);
  if (code != SQLITE_OK) return MakeError(code, StatementPurpose(sql));
  const std::string_view rest(tail,
                              statement.sql.data() + statement.sql.size());
  if (handle == nullptr || rest.find_first_not_of(" \n;") != rest.npos) {
    return Internal(StatementPurpose(sql) + ": want one statement");
  }
  SKERRY_ASSIGN_OR_RETURN(statement.order, ParameterOrder(handle, sql));

  if (statements_.size() == kStatementsMax) {
    by_text_.erase(statements_.back().sql);
    statements_.pop_back();
  }
  statements_.push_front(std::move(statement));
  by_text_[statements_.front().sql] = statements_.begin();
  return &statements_.front();
}

Result<SqliteConnection::Statement*> SqliteConnection::Bind(
    std::string_view sql, std::span<const SqlValue> parameters) {
  SKERRY_RETURN_IF_ERROR(CheckParameters(sql, parameters));
  SKERRY_ASSIGN_OR_RETURN(Statement* const statement, Prepare(sql));
  if (statement->order.size() != parameters.size()) {
    return Internal(StatementPurpose(sql) + ": wants " +
                    std::to_string(statement->order.size()) +
                    " parameters, got " + std::to_string(parameters.size()));
  }
  for (std::size_t i = 0; i < statement->order.size(); ++i) {
    const std::size_t value = statement->order[i];
    if (value >= parameters.size()) {
      return Internal(StatementPurpose(sql) + ": there is no parameter $" +
                      std::to_string(value + 1));
    }
    const int code = BindValue(statement->handle.get(), static_cast<int>(i + 1),
                               parameters[value]);
    if (code != SQLITE_OK) return MakeError(code, StatementPurpose(sql));
  }
  return statement;
}

Result<std::vector<SqlRow>> SqliteConnection::Query(
    std::string_view sql, std::span<const SqlValue> parameters) {
  SKERRY_ASSIGN_OR_RETURN(Statement* const statement, Bind(sql, parameters));
  sqlite3_stmt* const handle = statement->handle.get();
  const Reset reset(handle);
  std::vector<SqlRow> rows;
  int code = sqlite3_step(handle);
  for (; code == SQLITE_ROW; code = sqlite3_step(handle)) {
    SKERRY_ASSIGN_OR_RETURN(SqlRow row, ReadRow(handle, sql));
    rows.push_back(std::move(row));
  }
  if (code != SQLITE_DONE) return MakeError(code, StatementPurpose(sql));
  return rows;
}

Result<std::int64_t> SqliteConnection::Execute(
    std::string_view sql, std::span<const SqlValue> parameters) {
  SKERRY_ASSIGN_OR_RETURN(Statement* const statement, Bind(sql, parameters));
  sqlite3_stmt* const handle = statement->handle.get();
  const Reset reset(handle);
  // sqlite3_changes tells of the last change, even if this is none.
  const std::int64_t before = sqlite3_total_changes64(database_);
  int code = sqlite3_step(handle);
  while (code == SQLITE_ROW) code = sqlite3_step(handle);
  if (code != SQLITE_DONE) return MakeError(code, StatementPurpose(sql));
  if (sqlite3_total_changes64(database_) == before) return 0;
  return sqlite3_changes64(database_);
}

Result<void> SqliteConnection::Run(std::string_view sql) {
  SKERRY_RETURN_IF_ERROR(Execute(sql, {}));
  return {};
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(database_) == 0;
}

bool SqliteConnection::has_written() const {
  return sqlite3_txn_state(database_, "main") == SQLITE_TXN_WRITE;
}

}  // namespace skerry::cloud
