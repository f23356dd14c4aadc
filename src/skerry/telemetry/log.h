#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "skerry/base/result.h"

namespace skerry::telemetry {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// What a line says beyond its event: a name, and a value as text.
struct LogField {
  LogField(std::string_view field_name, std::string_view field_value)
      : name(field_name), value(field_value) {}
  LogField(std::string_view field_name, const char* field_value)
      : name(field_name), value(field_value) {}
  LogField(std::string_view field_name, bool field_value)
      : name(field_name), value(field_value ? "true" : "false"), bare(true) {}
  template <std::integral T>
  LogField(std::string_view field_name, T field_value)
      : name(field_name), value(std::to_string(field_value)), bare(true) {}
  LogField(std::string_view field_name, double field_value);

  std::string_view name;
  std::string value;
  bool bare = false;  ///< a number or truth value, unquoted in JSON
};

enum class LogFormat {
  /// {"version":"0.1.0"}[2026-11-24T10:42:01.531][I] event name=value ...
  /// (the time is UTC; values with spaces, quotes, control characters or
  /// bytes that are no UTF-8 are quoted, with \n, \", \\ and \xHH inside)
  kText,
  /// {"time":"...Z","level":"info","event":"...","name":"value",...}
  kJson,
};

/// Bytes of a value, or of an event, that a line holds; the rest is cut off.
inline constexpr std::size_t kLogValueBytesMax = 4096;

/// Writes a program's events, a line each, to a file descriptor. Whatever
/// bytes an event or a value holds, a line stays one line, and JSON stays
/// JSON. A line that cannot be written is lost.
///
/// Thread safety: thread-safe; a line is one write.
class Logger {
 public:
  struct Options {
    LogFormat format = LogFormat::kText;
    LogLevel level = LogLevel::kInfo;  ///< lines below are dropped
    int descriptor = 1;                ///< not owned
    std::string version;               ///< of the program
  };

  explicit Logger(Options options);

  /// Whether lines of `level` are written: to save the work of making them.
  bool Logs(LogLevel level) const { return level >= options_.level; }

  void Debug(std::string_view event,
             std::initializer_list<LogField> fields = {}) const;
  void Info(std::string_view event,
            std::initializer_list<LogField> fields = {}) const;
  void Warning(std::string_view event,
               std::initializer_list<LogField> fields = {}) const;
  void Error(std::string_view event,
             std::initializer_list<LogField> fields = {}) const;

 private:
  void Write(LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields) const;

  Options options_;
};

/// The level called "debug", "info", "warning" or "error"; the format called
/// "text" or "json". kInvalidArgument lists what there is.
Result<LogLevel> ParseLogLevel(std::string_view name);
Result<LogFormat> ParseLogFormat(std::string_view name);

}  // namespace skerry::telemetry
