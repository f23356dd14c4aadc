#include "skerry/cloud/database/libpq.h"

#include <memory>
#include <utility>

#include "skerry/platform/dynamic_library.h"

namespace skerry::cloud {
namespace {

struct Loaded {
  platform::DynamicLibrary library;
  Libpq functions;
};

template <class Function>
Result<void> Find(const platform::DynamicLibrary& library, const char* name,
                  Function& function) {
  SKERRY_ASSIGN_OR_RETURN(void* const address, library.Find(name));
  function = reinterpret_cast<Function>(address);
  return {};
}

Result<std::unique_ptr<Loaded>> Load() {
  auto opened = platform::DynamicLibrary::OpenSystem("libpq.so.5");
  if (!opened) {
    return opened.error().WithContext(
        "PostgreSQL needs its client library (package libpq5)");
  }
  auto loaded = std::make_unique<Loaded>();
  loaded->library = std::move(*opened);
  Libpq& pq = loaded->functions;
  const auto find = [&](const char* name, auto& function) {
    return Find(loaded->library, name, function);
  };
  SKERRY_RETURN_IF_ERROR(find("PQconnectdbParams", pq.connect));
  SKERRY_RETURN_IF_ERROR(find("PQconninfoParse", pq.parse_url));
  SKERRY_RETURN_IF_ERROR(find("PQconninfoFree", pq.free_options));
  SKERRY_RETURN_IF_ERROR(find("PQfreemem", pq.free_memory));
  SKERRY_RETURN_IF_ERROR(find("PQfinish", pq.finish));
  SKERRY_RETURN_IF_ERROR(find("PQstatus", pq.status));
  SKERRY_RETURN_IF_ERROR(find("PQtransactionStatus", pq.transaction_status));
  SKERRY_RETURN_IF_ERROR(find("PQerrorMessage", pq.error_message));
  SKERRY_RETURN_IF_ERROR(find("PQsetNoticeProcessor", pq.set_notice_processor));
  SKERRY_RETURN_IF_ERROR(find("PQexec", pq.exec));
  SKERRY_RETURN_IF_ERROR(find("PQprepare", pq.prepare));
  SKERRY_RETURN_IF_ERROR(find("PQexecPrepared", pq.exec_prepared));
  SKERRY_RETURN_IF_ERROR(find("PQresultStatus", pq.result_status));
  SKERRY_RETURN_IF_ERROR(find("PQresultErrorField", pq.error_field));
  SKERRY_RETURN_IF_ERROR(find("PQntuples", pq.row_count));
  SKERRY_RETURN_IF_ERROR(find("PQnfields", pq.column_count));
  SKERRY_RETURN_IF_ERROR(find("PQftype", pq.column_type));
  SKERRY_RETURN_IF_ERROR(find("PQgetisnull", pq.is_null));
  SKERRY_RETURN_IF_ERROR(find("PQgetvalue", pq.value));
  SKERRY_RETURN_IF_ERROR(find("PQgetlength", pq.value_bytes));
  SKERRY_RETURN_IF_ERROR(find("PQcmdTuples", pq.changed_rows));
  SKERRY_RETURN_IF_ERROR(find("PQclear", pq.clear));
  return loaded;
}

}  // namespace

Result<const Libpq*> Libpq::Get() {
  // Never unloaded: connections may end with the program.
  static const Result<std::unique_ptr<Loaded>>* const kLoaded =
      new Result<std::unique_ptr<Loaded>>(Load());
  if (!*kLoaded) return kLoaded->error();
  return &(**kLoaded)->functions;
}

}  // namespace skerry::cloud
