#include <algorithm>
#include <limits>

#include "skerry/cloud/identity/identity.h"

namespace skerry::cloud {
namespace {

/// Entries of one page.
constexpr int kPageMax = 10'000;

// What a client sent may be any bytes; the log must take it all the same.
std::string Printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kBytesMax = 2048;
  std::string printable;
  for (const char c : text.substr(0, kBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      printable += c;
      continue;
    }
    printable += "\\x";
    printable += kDigits[byte >> 4U];
    printable += kDigits[byte & 15U];
  }
  return printable;
}

}  // namespace

Result<void> WriteAudit(Transaction& transaction, const AuditEntry& entry) {
  SKERRY_RETURN_IF_ERROR(transaction.Execute(
      "INSERT INTO audit_log (id, time, access_key_id, name, peer, action, "
      "resource, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      std::vector<SqlValue>{
          NewRowId(), entry.time == 0 ? NowMicros() : entry.time,
          Printable(entry.access_key_id), Printable(entry.name),
          Printable(entry.peer), Printable(entry.action),
          Printable(entry.resource), Printable(entry.outcome)}));
  return {};
}

Result<std::vector<AuditEntry>> ReadAudit(Database& database, int count,
                                          std::int64_t before,
                                          const std::string& before_id) {
  if (before == 0) before = std::numeric_limits<std::int64_t>::max();
  const std::int64_t limit = std::clamp(count, 0, kPageMax);
  std::vector<SqlRow> rows;
  SKERRY_RETURN_IF_ERROR(
      database.Read([&](Transaction& transaction) -> Result<void> {
        SKERRY_ASSIGN_OR_RETURN(
            rows,
            transaction.Query(
                "SELECT id, time, access_key_id, name, peer, action, resource, "
                "outcome FROM audit_log "
                "WHERE time < $1 OR (time = $1 AND id < $2) "
                "ORDER BY time DESC, id DESC LIMIT $3",
                std::vector<SqlValue>{before, before_id, limit}));
        return {};
      }));
  std::vector<AuditEntry> entries;
  entries.reserve(rows.size());
  for (const SqlRow& row : rows) {
    entries.push_back({.time = IntOf(row[1]),
                       .access_key_id = TextOf(row[2]),
                       .name = TextOf(row[3]),
                       .peer = TextOf(row[4]),
                       .action = TextOf(row[5]),
                       .resource = TextOf(row[6]),
                       .outcome = TextOf(row[7]),
                       .id = TextOf(row[0])});
  }
  return entries;
}

}  // namespace skerry::cloud
