#include "skerry/cloud/jobs/input_config.h"

#include <nlohmann/json.hpp>

#include "skerry/cloud/jobs/literal.h"

namespace skerry::cloud {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kDimMax = std::int64_t{1} << 31;
constexpr const char* kForms =
    R"(want {"NAME": [1, 3, 224, 224], ...} or [[1, 3, 224, 224], ...])";

std::string Text(const Json& json) {
  constexpr std::size_t kShownMax = 80;
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  return text;
}

// Whether a dimension is one that AWS lets be open: None, -1, "1..10".
bool IsOpen(const Json& dim) {
  return dim.is_null() || dim.is_string() ||
         (dim.is_number_integer() && dim == -1);
}

Result<std::vector<std::int64_t>> ParseDims(const Json& json) {
  if (!json.is_array() || json.empty() || json.size() > kInputDimsMax) {
    return InvalidArgument("got " + Text(json) + ", want a list of 1 to " +
                           std::to_string(kInputDimsMax) + " dimensions");
  }
  std::vector<std::int64_t> dims;
  for (const Json& dim : json) {
    if (IsOpen(dim) || dim.is_array()) {
      return Unimplemented(
          "dimension " + Text(dim) + " of " + Text(json) +
          " is not fixed; models are compiled for one shape, so state each "
          "dimension as a number");
    }
    if (!dim.is_number_integer() || dim < 1 || dim > kDimMax) {
      return InvalidArgument("dimension " + Text(dim) + " of " + Text(json) +
                             " is no whole number of at least 1");
    }
    dims.push_back(dim.get<std::int64_t>());
  }
  return dims;
}

// A list of dimensions, or Core ML's object around one.
Result<std::vector<std::int64_t>> ParseShape(const Json& json) {
  if (!json.is_object()) return ParseDims(json);
  for (const auto& [key, value] : json.items()) {
    if (key == "shape") continue;
    if (key == "type" && value == "Tensor") continue;
    return Unimplemented("key '" + key + "' (" + Text(value) +
                         ") is for Core ML; only 'shape' is supported");
  }
  if (!json.contains("shape")) {
    return InvalidArgument("got " + Text(json) + ", want a key 'shape'");
  }
  return ParseDims(json["shape"]);
}

Result<InputShape> ParseInput(const std::string& name, const Json& json) {
  auto dims = ParseShape(json);
  if (!dims) return dims.error().WithContext("input '" + name + "'");
  return InputShape{name, *std::move(dims)};
}

}  // namespace

Result<std::vector<InputShape>> ParseDataInputConfig(std::string_view text) {
  SKERRY_ASSIGN_OR_RETURN(const std::string literal, LiteralToJson(text));
  const Json json = Json::parse(literal, nullptr, /*allow_exceptions=*/false);
  const bool is_container = json.is_object() || json.is_array();
  if (!is_container || json.empty() || json.size() > kInputShapesMax) {
    const std::string found =
        json.is_discarded() ? "bytes that are no UTF-8" : Text(json);
    return InvalidArgument("got " + found + ", " + kForms);
  }
  std::vector<InputShape> shapes;
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      if (name.empty()) return InvalidArgument("an input has no name");
      SKERRY_ASSIGN_OR_RETURN(InputShape shape, ParseInput(name, value));
      shapes.push_back(std::move(shape));
    }
    return shapes;
  }
  if (json[0].is_number()) {
    return InvalidArgument("got " + Text(json) + ", " + kForms);
  }
  for (const Json& value : json) {
    const std::string name = "input" + std::to_string(shapes.size());
    SKERRY_ASSIGN_OR_RETURN(InputShape shape, ParseInput(name, value));
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

std::string PrintDataInputConfig(const std::vector<InputShape>& shapes) {
  Json json = Json::object();
  for (const InputShape& shape : shapes) json[shape.name] = shape.dims;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace skerry::cloud
