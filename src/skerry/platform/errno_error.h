#pragma once

#include <string_view>

#include "skerry/base/error.h"

namespace skerry::platform {

/// The error that the C library's `number` (an `errno`) stands for, with
/// `what` before it: "'a.so': No such file or directory".
Error ErrnoError(int number, std::string_view what);

/// `path` in the quotes that messages have.
std::string Quoted(std::string_view path);

}  // namespace skerry::platform
