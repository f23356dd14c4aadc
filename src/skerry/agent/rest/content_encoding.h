#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::agent {

/// Undoes the content encoding called `encoding` ("gzip", "deflate",
/// "identity" or nothing).
///
/// Errors: kUnimplemented (another encoding), kInvalidArgument (damaged, or
/// cut short), kResourceExhausted (more than `bytes_max`).
Result<std::string> DecodeContent(std::string body, std::string_view encoding,
                                  std::size_t bytes_max);

}  // namespace skerry::agent
