#include "skerry/cloud/sagemaker/list_query.h"

#include <charconv>
#include <optional>
#include <utility>

#include "skerry/aws/digest.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kDigestDigits = 16;

std::optional<std::string> FromHex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned char byte = 0;
    const char* end = digits.data() + i + 2;
    const auto [stop, fault] =
        std::from_chars(digits.data() + i, end, byte, 16);
    if (fault != std::errc() || stop != end) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string Digest(std::string_view text) {
  return aws::Hex(aws::Sha256(text)).substr(0, kDigestDigits);
}

Json ToJson(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  return TextOf(value);
}

SqlValue FromJson(const Json& json) {
  if (json.is_number_integer()) return json.get<std::int64_t>();
  return json.get<std::string>();
}

bool IsSqlValue(const Json& json) {
  return json.is_number_integer() || json.is_string();
}

}  // namespace

ListQuery::ListQuery(const Call& call, std::string_view columns,
                     std::string_view from, std::string_view key)
    : call_(call),
      columns_(columns),
      from_(from),
      key_(key),
      sort_(key),
      descending_(call.Text("SortOrder") == "Descending") {}

void ListQuery::Where(std::string_view condition, SqlValue value) {
  values_.push_back(std::move(value));
  const std::size_t mark = condition.find('?');
  where_ += where_.empty() ? " WHERE " : " AND ";
  where_ += condition.substr(0, mark);
  where_ += "$" + std::to_string(values_.size());
  where_ += condition.substr(mark + 1);
}

void ListQuery::Equals(std::string_view column, std::string_view member) {
  if (!call_.Has(member)) return;
  Where(std::string(column) + " = ?", call_.Text(member));
}

void ListQuery::Contains(std::string_view column, std::string_view member) {
  if (call_.Text(member).empty()) return;
  // Of what both engines have, and which minds the case in both.
  const std::string name(column);
  Where("replace(" + name + ", ?, '') <> " + name, call_.Text(member));
}

void ListQuery::Between(std::string_view column, std::string_view member) {
  const std::string after = std::string(member) + "After";
  const std::string before = std::string(member) + "Before";
  if (call_.Has(after)) {
    Where(std::string(column) + " > ?", MicrosOf(call_.input.at(after)));
  }
  if (call_.Has(before)) {
    Where(std::string(column) + " < ?", MicrosOf(call_.input.at(before)));
  }
}

// The request without what differs from page to page.
std::string ListQuery::Binding() const {
  Json request = call_.input;
  request.erase("NextToken");
  request.erase("MaxResults");
  return Digest(std::string(call_.operation) + request.dump());
}

std::string ListQuery::TokenAt(const SqlRow& row) const {
  const std::string position =
      Json::array(
          {Binding(), ToJson(row[row.size() - 2]), ToJson(row[row.size() - 1])})
          .dump();
  return Digest(position) + aws::Hex(position);
}

ApiResult<void> ListQuery::StartBehind(const std::string& token) {
  const auto fault = [] {
    return ValidationFault(
        "The NextToken is not one that this request was given.");
  };
  if (token.size() < kDigestDigits) return fault();
  const std::optional<std::string> position =
      FromHex(std::string_view(token).substr(kDigestDigits));
  if (!position || !token.starts_with(Digest(*position))) return fault();
  const Json parts =
      Json::parse(*position, nullptr, /*allow_exceptions=*/false);
  if (!parts.is_array() || parts.size() != 3 || parts[0] != Binding() ||
      !IsSqlValue(parts[1]) || !IsSqlValue(parts[2])) {
    return fault();
  }
  values_.push_back(FromJson(parts[1]));
  values_.push_back(FromJson(parts[2]));
  where_ += where_.empty() ? " WHERE (" : " AND (";
  where_ += sort_ + ", " + key_ + (descending_ ? ") < ($" : ") > ($") +
            std::to_string(values_.size() - 1) + ", $" +
            std::to_string(values_.size()) + ")";
  return {};
}

ApiResult<Page> ListQuery::Run(Sql& sql) {
  const std::int64_t size =
      call_.Has("MaxResults") ? call_.input.at("MaxResults").get<std::int64_t>()
                              : page_size_;
  if (size < 1) {
    return ValidationFault("MaxResults is " + std::to_string(size) +
                           ", and must be 1 or more.");
  }
  if (const std::string token = call_.Text("NextToken"); !token.empty()) {
    SKERRY_API_RETURN_IF_ERROR(StartBehind(token));
  }
  const std::string order = descending_ ? " DESC" : "";
  const std::string text = "SELECT " + columns_ + ", " + sort_ + ", " + key_ +
                           " FROM " + from_ + where_ + " ORDER BY " + sort_ +
                           order + ", " + key_ + order + " LIMIT " +
                           std::to_string(size + 1);
  Page page;
  SKERRY_API_ASSIGN_OR_RETURN(page.rows, sql.Query(text, values_));
  if (page.rows.size() > static_cast<std::size_t>(size)) {
    page.rows.pop_back();
    page.next_token = TokenAt(page.rows.back());
  }
  return page;
}

}  // namespace skerry::cloud
