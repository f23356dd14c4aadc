#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "skerry/agent/rest/http_message.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// Bytes of a body that is no inference request.
inline constexpr std::size_t kControlBodyBytesMax = std::size_t{1} << 20;

/// Reads a body as a JSON object; nothing counts as an empty one.
/// kInvalidArgument.
Result<nlohmann::json> ReadJsonBody(std::string_view body);

/// The member `key` of `object`, or `otherwise` if there is none.
/// kInvalidArgument if it is of another kind.
Result<std::string> JsonText(const nlohmann::json& object,
                             const std::string& key,
                             const std::string& otherwise);
Result<std::uint64_t> JsonCount(const nlohmann::json& object,
                                const std::string& key,
                                std::uint64_t otherwise);
Result<bool> JsonTruth(const nlohmann::json& object, const std::string& key,
                       bool otherwise);

/// Answers with `json`.
HttpResponse JsonResponse(const nlohmann::ordered_json& json, int status = 200);

}  // namespace skerry::agent
