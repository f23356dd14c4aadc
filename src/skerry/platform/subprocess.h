#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "skerry/base/result.h"

namespace skerry::platform {

/// A program to run. No shell sees any of it.
struct Command {
  /// The program, by path or by a name that is looked up in $PATH, and its
  /// arguments.
  std::vector<std::string> arguments;
  /// Where it runs; empty for the current folder.
  std::string folder = {};
  std::chrono::milliseconds timeout = std::chrono::minutes(10);
  /// Of each output stream, the first so many bytes are kept.
  std::size_t output_bytes_max = std::size_t{16} << 20;
};

/// What a program did.
struct CommandResult {
  int exit_code = 0;
  std::string out;  ///< standard output
  std::string err;  ///< standard error
};

/// Runs a program to its end, with nothing on its standard input. A program
/// that ends with an exit code other than 0 is no error here.
///
/// Thread safety: thread-safe.
///
/// Errors:
///   kNotFound          there is no such program, or no such folder
///   kDeadlineExceeded  it took longer than `timeout` and was killed
///   kAborted           a signal ended it; the message names the signal and
///                      holds the end of its standard error
Result<CommandResult> RunCommand(const Command& command);

}  // namespace skerry::platform
