#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "skerry/cloud/api/api_error.h"

namespace skerry::cloud {

using Json = nlohmann::json;

/// Bytes of a request's JSON, how deep it nests, and how many faults a refusal
/// lists.
inline constexpr std::size_t kRequestBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kRequestDepthMax = 64;
inline constexpr std::size_t kFaultCountMax = 20;
/// Code points of a value that a refusal quotes.
inline constexpr std::size_t kQuotedPointsMax = 256;

/// Whether `text`, JSON or not, nests deeper than `kRequestDepthMax`; to be
/// asked before a parser is.
bool NestsTooDeep(std::string_view text);

/// A request's body as a JSON object; an empty body is an empty object.
///
/// Errors: SerializationException for what is no JSON object or nests too
/// deep, RequestEntityTooLarge.
ApiResult<Json> ParseRequest(std::string_view body);

/// Checks `input` against the shape `shape` (shape_table.h), as AWS does before
/// it runs an operation. Members that the shape does not have pass unseen, and
/// are of no effect; a null counts as absent.
///
/// Errors: SerializationException for a value of another type;
/// ValidationException lists every broken constraint in AWS's words:
/// "1 validation error detected: Value 'x_' at 'deviceFleetName' failed to
/// satisfy constraint: Member must satisfy regular expression pattern: ...".
ApiResult<void> CheckRequest(const Json& input, int shape);

/// How many code points `text` (UTF-8) has.
std::size_t CodePointCount(std::string_view text);

}  // namespace skerry::cloud
