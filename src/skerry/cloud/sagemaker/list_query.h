#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/cloud/sagemaker/call.h"

namespace skerry::cloud {

/// Entries of a page where the request does not say.
inline constexpr std::int64_t kPageSize = 100;

struct Page {
  std::vector<SqlRow> rows;
  std::string next_token;  ///< "" on the last page
};

/// Builds the query of a List operation from its request, page by page. A page
/// begins behind the last entry of the page before (by sorted value and key),
/// so that entries that come and go in between neither repeat nor hide others.
///
/// A token holds that position, and a digest of the request that it continues:
/// with another request's, or damaged, it is refused.
///
/// Thread safety: thread-compatible.
class ListQuery {
 public:
  /// Selects `columns` of `from`; `key` is a column without equal values.
  ListQuery(const Call& call, std::string_view columns, std::string_view from,
            std::string_view key);

  /// Adds a condition; "?" stands for `value`.
  void Where(std::string_view condition, SqlValue value);
  /// A condition where the request has `member`, a text: `column` equals it,
  /// or contains it.
  void Equals(std::string_view column, std::string_view member);
  void Contains(std::string_view column, std::string_view member);
  /// By `member`After and `member`Before, both exclusive.
  void Between(std::string_view column, std::string_view member);

  /// Sorts by `column`, in the request's SortOrder; ascending by default.
  void SortBy(std::string_view column) { sort_ = column; }

  /// Entries of a page where the request has no MaxResults.
  void set_page_size(std::int64_t size) { page_size_ = size; }

  /// A page. The rows have two more columns behind those asked for.
  ///
  /// Errors: ValidationException for a token that is none of this request's.
  ApiResult<Page> Run(Sql& sql);

 private:
  ApiResult<void> StartBehind(const std::string& token);
  std::string TokenAt(const SqlRow& row) const;
  std::string Binding() const;

  const Call& call_;
  std::string columns_;
  std::string from_;
  std::string key_;
  std::string sort_;
  std::string where_;
  std::vector<SqlValue> values_;
  std::int64_t page_size_ = kPageSize;
  bool descending_ = false;
};

}  // namespace skerry::cloud
