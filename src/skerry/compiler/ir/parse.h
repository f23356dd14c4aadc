#pragma once

#include <cstddef>
#include <string_view>

#include "skerry/base/result.h"
#include "skerry/compiler/ir/graph.h"

namespace skerry::compiler {

/// Texts longer than this are refused.
inline constexpr std::size_t kGraphTextBytesMax = std::size_t{1} << 31;
/// All constants of one graph take at most this many bytes.
inline constexpr std::int64_t kGraphConstantBytesMax = std::int64_t{1} << 31;

/// Reads the text form of `PrintGraph`. Values are numbered in the order in
/// which the text defines them. The result passes `Graph::Verify`; operators
/// and types are not checked against each other.
///
/// Errors: kInvalidArgument as "line 3, column 7: found ')', want a value".
Result<Graph> ParseGraph(std::string_view text);

}  // namespace skerry::compiler
