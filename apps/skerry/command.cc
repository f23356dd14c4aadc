#include "command.h"

#include <cstdio>

namespace skerry::cli {

ExitCode ExitCodeOf(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kOutOfRange:
    case ErrorCode::kUnimplemented:
    case ErrorCode::kDataLoss:
      return kExitUsage;
    default:
      return kExitFailure;
  }
}

Error BlameFile(const Error& error, std::string_view path) {
  const std::string quoted = "'" + std::string(path) + "'";
  // A message that begins with the path has said it already.
  const Error located =
      error.message().starts_with(quoted) ? error : error.WithContext(quoted);
  if (error.code() != ErrorCode::kFailedPrecondition) return located;
  return InvalidArgument(located.message());
}

void PrintError(std::string_view message) {
  std::string text = "skerry: error: ";
  while (message.ends_with('\n')) message.remove_suffix(1);
  for (const char c : message) {
    text += c;
    if (c == '\n') text += "  ";
  }
  std::fprintf(stderr, "%s\n", text.c_str());
}

void AddExamples(CLI::App& command, std::string_view lines) {
  command.footer("Examples:\n" + std::string(lines));
}

}  // namespace skerry::cli
