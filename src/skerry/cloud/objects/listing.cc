#include <algorithm>
#include <array>

#include "skerry/cloud/objects/store_impl.h"

namespace skerry::cloud {
namespace {

// Hexadecimal digits are below 'g' in every collation, so all keys that begin
// with `hex` are below this, and all others after `hex` above.
std::string EndOf(const std::string& hex) { return hex + 'g'; }

// The first text after `hex` itself that a longer key may have.
std::string After(const std::string& hex) { return hex + '0'; }

// A page while it grows.
class Scan {
 public:
  Scan(Transaction& transaction, const ListQuery& query, bool versions)
      : transaction_(transaction),
        query_(query),
        versions_(versions),
        count_max_(std::clamp(query.count_max, 0, kListCountMax)),
        end_(EndOf(KeyHex(query.prefix))) {}

  Result<ListPage> Run() {
    if (count_max_ == 0) return page_;
    std::string from = Start();
    if (versions_ && !query_.after_version.empty()) {
      SKERRY_RETURN_IF_ERROR(RestOfKey());
    }
    while (!page_.truncated) {
      SKERRY_ASSIGN_OR_RETURN(const auto rows, Query(from));
      if (rows.empty()) break;
      SKERRY_ASSIGN_OR_RETURN(from, Take(rows));
    }
    return std::move(page_);
  }

 private:
  std::string Start() const {
    const std::string prefix = KeyHex(query_.prefix);
    if (query_.after.empty()) return prefix;
    const std::string after = KeyHex(query_.after);
    const std::string next =
        IsCommonPrefix(query_.after) ? EndOf(after) : After(after);
    return std::max(prefix, next);
  }

  bool IsCommonPrefix(const std::string& key) const {
    return !query_.delimiter.empty() && CommonPrefixOf(key) == key;
  }

  // What `key` is told as instead of itself; empty: itself.
  std::string CommonPrefixOf(const std::string& key) const {
    if (query_.delimiter.empty() || !key.starts_with(query_.prefix)) return {};
    const std::size_t found = key.find(query_.delimiter, query_.prefix.size());
    if (found == std::string::npos) return {};
    return key.substr(0, found + query_.delimiter.size());
  }

  Result<std::vector<SqlRow>> Query(const std::string& from) {
    std::string sql = "SELECT ";
    sql.append(kInfoColumns)
        .append(
            " FROM object_versions WHERE bucket = $1 AND key_hex >= $2"
            " AND key_hex < $3 ");
    sql += versions_ ? "ORDER BY bucket, key_hex, row_id DESC"
                     : "AND latest = 1 AND delete_marker = 0 "
                       "ORDER BY bucket, key_hex";
    sql += " LIMIT $4";
    const int wanted = count_max_ - count() + 1;
    return transaction_.Query(sql,
                              std::array<SqlValue, 4>{query_.bucket, from, end_,
                                                      std::int64_t{wanted}});
  }

  // The versions of the key of the last page that it had no room for.
  Result<void> RestOfKey() {
    std::string sql = "SELECT ";
    sql.append(kInfoColumns)
        .append(
            " FROM object_versions WHERE bucket = $1 AND key_hex = $2"
            " ORDER BY row_id DESC");
    SKERRY_ASSIGN_OR_RETURN(
        const auto rows,
        transaction_.Query(
            sql, std::array<SqlValue, 2>{query_.bucket, KeyHex(query_.after)}));
    const auto version_at = [](const SqlRow& row) { return TextOf(row.at(1)); };
    auto row = std::ranges::find(rows, query_.after_version, version_at);
    // Where it is gone: those older than it, by its time; of "null" all.
    constexpr std::size_t kRowIdColumn = 10;
    if (row != rows.end()) {
      ++row;
    } else {
      row = std::ranges::find_if(rows, [this](const SqlRow& candidate) {
        return query_.after_version == "null" ||
               TextOf(candidate.at(kRowIdColumn)) < query_.after_version;
      });
    }
    for (; row != rows.end() && !page_.truncated; ++row) {
      Add(InfoOf(query_.bucket, *row));
    }
    return {};
  }

  // Adds rows up to the first of a new common prefix; gives where to go on.
  Result<std::string> Take(const std::vector<SqlRow>& rows) {
    for (const SqlRow& row : rows) {
      ObjectInfo info = InfoOf(query_.bucket, row);
      const std::string common = CommonPrefixOf(info.key);
      if (common.empty()) {
        Add(std::move(info));
        if (page_.truncated) return std::string();
        continue;
      }
      if (IsFull()) return std::string();
      page_.prefixes.push_back(common);
      page_.next = common;
      page_.next_version.clear();
      return EndOf(KeyHex(common));
    }
    const std::string& last = TextOf(rows.back().at(0));
    return After(last);
  }

  void Add(ObjectInfo info) {
    if (IsFull()) return;
    page_.next = info.key;
    page_.next_version = info.version_id;
    page_.objects.push_back(std::move(info));
  }

  bool IsFull() {
    if (count() >= count_max_) page_.truncated = true;
    return page_.truncated;
  }

  int count() const {
    return static_cast<int>(page_.objects.size() + page_.prefixes.size());
  }

  Transaction& transaction_;
  const ListQuery& query_;
  const bool versions_;
  const int count_max_;
  const std::string end_;
  ListPage page_;
};

ApiResult<ListPage> ListFrom(Database& database, const ListQuery& query,
                             bool versions) {
  return ReadStore<ListPage>(
      database,
      [&](Transaction& transaction, Refusal& refusal) -> Result<ListPage> {
        SKERRY_ASSIGN_OR_RETURN(const BucketInfo bucket,
                                FindBucket(transaction, refusal, query.bucket));
        (void)bucket;
        return ScanObjects(transaction, query, versions);
      });
}

}  // namespace

Result<ListPage> ScanObjects(Transaction& transaction, const ListQuery& query,
                             bool versions) {
  return Scan(transaction, query, versions).Run();
}

ApiResult<ListPage> ObjectStoreImpl::List(const ListQuery& query) {
  return ListFrom(database_, query, false);
}

ApiResult<ListPage> ObjectStoreImpl::ListVersions(const ListQuery& query) {
  return ListFrom(database_, query, true);
}

}  // namespace skerry::cloud
