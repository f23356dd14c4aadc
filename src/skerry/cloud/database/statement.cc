#include "skerry/cloud/database/statement.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "skerry/telemetry/utf8.h"

namespace skerry::cloud {
namespace {

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

// The next word of `sql`, which is cut off from it; signs are skipped.
std::string_view NextWord(std::string_view& sql) {
  const auto* const start = std::ranges::find_if(sql, IsWordCharacter);
  const auto* const end = std::find_if_not(start, sql.end(), IsWordCharacter);
  const std::string_view word(start, end);
  sql = std::string_view(end, sql.end());
  return word;
}

bool NamesTable(std::string_view word) {
  constexpr std::array<std::string_view, 6> kWords = {
      "FROM", "INTO", "UPDATE", "TABLE", "INDEX", "EXISTS"};
  return std::ranges::find(kWords, word) != kWords.end();
}

bool IsText(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) return false;
    const std::size_t bytes =
        byte < 0x80 ? 1 : telemetry::Utf8CharacterBytes(text.substr(i));
    if (bytes == 0) return false;
    i += bytes;
  }
  return true;
}

}  // namespace

std::string StatementPurpose(std::string_view sql) {
  std::string_view rest = sql;
  std::string purpose(NextWord(rest));
  std::string_view before = purpose;
  while (!rest.empty()) {
    const std::string_view word = NextWord(rest);
    if (word == "IF" || word == "NOT") continue;
    if (NamesTable(before) && !NamesTable(word)) {
      if (before != std::string_view(purpose)) {
        (purpose += ' ') += before == "EXISTS" ? "TABLE" : before;
      }
      return (purpose += ' ') += word;
    }
    before = word;
  }
  return purpose;
}

std::size_t ParameterCount(std::string_view sql) {
  constexpr std::size_t kMost = 65535;  // as PostgreSQL
  std::size_t most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'') quoted = !quoted;
    if (quoted || sql[i] != '$') continue;
    std::size_t number = 0;
    while (i + 1 < sql.size() && sql[i + 1] >= '0' && sql[i + 1] <= '9') {
      number = std::min(number * 10 + static_cast<std::size_t>(sql[++i] - '0'),
                        kMost);
    }
    most = std::max(most, number);
  }
  return most;
}

Result<void> CheckParameters(std::string_view sql,
                             std::span<const SqlValue> parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto* text = std::get_if<std::string>(&parameters[i]);
    if (text != nullptr && !IsText(*text)) {
      return InvalidArgument(StatementPurpose(sql) + ": parameter $" +
                             std::to_string(i + 1) +
                             " is not UTF-8 text without zero bytes");
    }
  }
  return {};
}

}  // namespace skerry::cloud
