#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skerry::cli {

/// "512 B", "13.4 KiB", "14.1 MiB".
std::string FormatBytes(std::uint64_t bytes);

/// `value` with `digits` after the point.
std::string FormatFixed(double value, int digits);

/// `value` with about `digits` significant ones: "0.974", "3.2e-07".
std::string FormatNumber(double value, int digits = 4);

/// Rows of cells as lines, in columns two spaces apart. The first row is the
/// heading. Columns whose index is in `right` are aligned to the right.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows,
                        const std::vector<std::size_t>& right = {});

/// `text` with line ends in place of spaces, so that lines have at most
/// `columns` characters where words allow.
std::string Wrap(const std::string& text, std::size_t columns);

/// `text` with `separator`s taken as the ends of its parts; an empty text has
/// one empty part.
std::vector<std::string> Split(const std::string& text, char separator);

}  // namespace skerry::cli
