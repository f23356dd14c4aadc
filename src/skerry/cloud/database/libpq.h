#pragma once

#include <libpq-fe.h>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// The functions of PostgreSQL's client library, which is loaded when the
/// first database URL asks for it: who keeps metadata in SQLite needs no
/// libpq5, and its copy of OpenSSL does not meet ours.
///
/// Thread safety: immutable.
struct Libpq {
  decltype(&PQconnectdbParams) connect = nullptr;
  decltype(&PQconninfoParse) parse_url = nullptr;
  decltype(&PQconninfoFree) free_options = nullptr;
  decltype(&PQfreemem) free_memory = nullptr;
  decltype(&PQfinish) finish = nullptr;
  decltype(&PQstatus) status = nullptr;
  decltype(&PQtransactionStatus) transaction_status = nullptr;
  decltype(&PQerrorMessage) error_message = nullptr;
  decltype(&PQsetNoticeProcessor) set_notice_processor = nullptr;
  decltype(&PQexec) exec = nullptr;
  decltype(&PQprepare) prepare = nullptr;
  decltype(&PQexecPrepared) exec_prepared = nullptr;
  decltype(&PQresultStatus) result_status = nullptr;
  decltype(&PQresultErrorField) error_field = nullptr;
  decltype(&PQntuples) row_count = nullptr;
  decltype(&PQnfields) column_count = nullptr;
  decltype(&PQftype) column_type = nullptr;
  decltype(&PQgetisnull) is_null = nullptr;
  decltype(&PQgetvalue) value = nullptr;
  decltype(&PQgetlength) value_bytes = nullptr;
  decltype(&PQcmdTuples) changed_rows = nullptr;
  decltype(&PQclear) clear = nullptr;

  /// Loads it once for the whole program. kFailedPrecondition if it is not
  /// installed.
  static Result<const Libpq*> Get();
};

}  // namespace skerry::cloud
