#pragma once

#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::cloud {

/// Lists and objects within each other.
inline constexpr int kLiteralDepthMax = 16;

/// JSON text for `text`, which is JSON or a Python literal of dictionaries,
/// lists, tuples, strings (in either quotes), numbers, True, False and None.
/// AWS takes both in DataInputConfig and CompilerOptions. Keys keep their
/// order; a key that comes twice is refused.
///
/// kInvalidArgument says where, what was found and what was wanted.
Result<std::string> LiteralToJson(std::string_view text);

}  // namespace skerry::cloud
