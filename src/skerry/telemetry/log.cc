#include "skerry/telemetry/log.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "skerry/telemetry/utf8.h"

namespace skerry::telemetry {
namespace {

struct LevelName {
  LogLevel level;
  std::string_view name;
  char letter;
};

constexpr auto kLevels = std::to_array<LevelName>({
    {LogLevel::kDebug, "debug", 'D'},
    {LogLevel::kInfo, "info", 'I'},
    {LogLevel::kWarning, "warning", 'W'},
    {LogLevel::kError, "error", 'E'},
});

const LevelName& NameOf(LogLevel level) {
  return kLevels[static_cast<std::size_t>(level)];
}

// "2026-11-24T10:42:01.531", in UTC.
std::string Now() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now());
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(second);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  std::size_t used =
      std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  used += static_cast<std::size_t>(
      std::snprintf(text.data() + used, text.size() - used, ".%03d",
                    static_cast<int>((now - second).count())));
  return {text.data(), used};
}

// At most kLogValueBytesMax bytes, and no half character at the end.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kLogValueBytesMax) return text;
  std::size_t end = kLogValueBytesMax;
  const auto continues = [text](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  while (end > kLogValueBytesMax - 3 && continues(end)) --end;
  return text.substr(0, end);
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

void AppendHexByte(std::string& out, std::string_view prefix, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += prefix;
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// As in C, but for the quote.
void AppendControl(std::string& out, std::string_view hex_prefix, char c) {
  switch (c) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      AppendHexByte(out, hex_prefix, c);
  }
}

void AppendText(std::string& out, std::string_view text, bool quoted) {
  while (!text.empty()) {
    const std::size_t bytes = Utf8CharacterBytes(text);
    const char c = text.front();
    if (bytes == 0) {
      AppendHexByte(out, "\\x", c);
    } else if (IsControl(c)) {
      AppendControl(out, "\\x", c);
    } else {
      if (quoted && (c == '"' || c == '\\')) out += '\\';
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  while (!text.empty()) {
    const std::size_t bytes = Utf8CharacterBytes(text);
    const char c = text.front();
    if (bytes == 0 || IsControl(c) || c == ' ' || c == '"' || c == '\\' ||
        c == '=') {
      return true;
    }
    text.remove_prefix(bytes);
  }
  return false;
}

void AppendTextValue(std::string& out, std::string_view value) {
  const bool quoted = NeedsQuotes(value);
  if (quoted) out += '"';
  AppendText(out, Cut(value), quoted);
  if (quoted) out += '"';
}

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : ReplaceInvalidUtf8(Cut(text))) {
    if (IsControl(c)) {
      AppendControl(out, "\\u00", c);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

std::string TextLine(const Logger::Options& options, LogLevel level,
                     std::string_view event,
                     std::initializer_list<LogField> fields) {
  std::string line = "{\"version\":";
  AppendJsonString(line, options.version);
  line += "}[" + Now() + "][";
  line += NameOf(level).letter;
  line += "] ";
  AppendText(line, Cut(event), /*quoted=*/false);
  for (const LogField& field : fields) {
    line += ' ';
    AppendText(line, Cut(field.name), /*quoted=*/false);
    line += '=';
    AppendTextValue(line, field.value);
  }
  return line += '\n';
}

std::string JsonLine(const Logger::Options& options, LogLevel level,
                     std::string_view event,
                     std::initializer_list<LogField> fields) {
  std::string line = "{\"time\":\"" + Now() + "Z\",\"level\":\"";
  line += NameOf(level).name;
  line += "\",\"event\":";
  AppendJsonString(line, event);
  line += ",\"version\":";
  AppendJsonString(line, options.version);
  for (const LogField& field : fields) {
    line += ',';
    AppendJsonString(line, field.name);
    line += ':';
    if (field.bare) {
      line += field.value;
    } else {
      AppendJsonString(line, field.value);
    }
  }
  return line += "}\n";
}

// One call writes a line whole to a file or pipe, unless a disk or a pipe is
// full; then the rest follows, or is lost.
void WriteLine(int descriptor, std::string_view line) {
  while (!line.empty()) {
    const ssize_t count = write(descriptor, line.data(), line.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return;
    }
    line.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string ShortestDecimal(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.begin(), text.end(), value);
  return {text.begin(), end.ptr};
}

}  // namespace

// JSON has no words for what is not finite: those are text.
LogField::LogField(std::string_view field_name, double field_value)
    : name(field_name),
      value(ShortestDecimal(field_value)),
      bare(std::isfinite(field_value)) {}

Logger::Logger(Options options) : options_(std::move(options)) {}

void Logger::Debug(std::string_view event,
                   std::initializer_list<LogField> fields) const {
  Write(LogLevel::kDebug, event, fields);
}

void Logger::Info(std::string_view event,
                  std::initializer_list<LogField> fields) const {
  Write(LogLevel::kInfo, event, fields);
}

void Logger::Warning(std::string_view event,
                     std::initializer_list<LogField> fields) const {
  Write(LogLevel::kWarning, event, fields);
}

void Logger::Error(std::string_view event,
                   std::initializer_list<LogField> fields) const {
  Write(LogLevel::kError, event, fields);
}

void Logger::Write(LogLevel level, std::string_view event,
                   std::initializer_list<LogField> fields) const {
  if (!Logs(level)) return;
  WriteLine(options_.descriptor,
            options_.format == LogFormat::kJson
                ? JsonLine(options_, level, event, fields)
                : TextLine(options_, level, event, fields));
}

Result<LogLevel> ParseLogLevel(std::string_view name) {
  for (const LevelName& level : kLevels) {
    if (level.name == name) return level.level;
  }
  return InvalidArgument("there is no log level '" + std::string(name) +
                         "'; there are debug, info, warning and error");
}

Result<LogFormat> ParseLogFormat(std::string_view name) {
  if (name == "text") return LogFormat::kText;
  if (name == "json") return LogFormat::kJson;
  return InvalidArgument("there is no log format '" + std::string(name) +
                         "'; there are text and json");
}

}  // namespace skerry::telemetry
