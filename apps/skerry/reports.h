#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "skerry/model/manifest.h"

namespace skerry::cli {

/// Objects keep the order in which their members were added.
using Json = nlohmann::ordered_json;

/// {"name", "type", "shape"}
Json ToJson(const TensorSpec& spec);
Json ToJson(const std::vector<TensorSpec>& specs);

/// {"name", "op", "kernel", "type", "shape", "flops", "bytes", "offset"}
Json ToJson(const LayerSpec& layer);

/// All of a manifest, with "layers".
Json ToJson(const Manifest& manifest);

/// `json` on standard output, indented, with a line end. Bytes that are no
/// UTF-8 become U+FFFD.
void PrintJson(const Json& json);
std::string JsonText(const Json& json);

}  // namespace skerry::cli
