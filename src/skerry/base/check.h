#pragma once

namespace skerry::base {

/// Writes "file:line: check failed: condition" to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line,
                              const char* condition);

}  // namespace skerry::base

/// Stops the program if `condition` is false: our own code is wrong. Never
/// for bytes from outside; those get an `Error`.
#define SKERRY_CHECK(condition) \
  (static_cast<bool>(condition) \
       ? static_cast<void>(0)   \
       : ::skerry::base::CheckFailed(__FILE__, __LINE__, #condition))
