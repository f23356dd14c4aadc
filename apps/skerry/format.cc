#include "format.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace skerry::cli {
namespace {

std::string Print(const char* format, int digits, double value) {
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, digits, value);
  return buffer.data();
}

}  // namespace

std::string FormatBytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {" B", " KiB", " MiB", " GiB",
                                                 " TiB"};
  if (bytes < 1024) return std::to_string(bytes) + kUnits[0];
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return FormatFixed(value, 1) + kUnits[unit];
}

std::string FormatFixed(double value, int digits) {
  return Print("%.*f", digits, value);
}

std::string FormatNumber(double value, int digits) {
  return Print("%.*g", digits, value);
}

std::string FormatTable(const std::vector<std::vector<std::string>>& rows,
                        const std::vector<std::size_t>& right) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      const std::string space(widths[i] - row[i].size(), ' ');
      line +=
          std::ranges::count(right, i) > 0 ? space + row[i] : row[i] + space;
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string Wrap(const std::string& text, std::size_t columns) {
  std::string wrapped;
  std::size_t column = 0;
  for (const std::string& word : Split(text, ' ')) {
    const bool fits = column + 1 + word.size() <= columns;
    if (!wrapped.empty()) wrapped += fits ? ' ' : '\n';
    column = wrapped.empty() || !fits ? word.size() : column + 1 + word.size();
    wrapped += word;
  }
  return wrapped;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

}  // namespace skerry::cli
